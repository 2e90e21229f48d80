import { randomUUID } from "node:crypto";
import { Chain, type Link } from "./chain";
import { enqueue } from "./delivery";
import { contentOf, type AuditEvent, type AuditRecord } from "./event";

/** Of this execution environment: it handles one invocation at a time, and ends with its process. */
const chain = new Chain(randomUUID());

/** Takes the event's place in the stream. Every event that has one has to be written, or it is missed. */
export const chained = (record: Omit<AuditRecord, keyof Link>): AuditRecord => chain.next(record);

/** One line of JSON, now in the function's own log and with the next delivery in the cluster's. */
export function writeRecord(record: AuditRecord): void {
  const line = JSON.stringify(record);
  process.stdout.write(`${line}\n`);
  enqueue({ stream: record.stream, time: Date.parse(record.time), line });
}

/** For what has changed nothing: it is in the stream, and the cluster's chain of changes knows nothing of it. */
export const audit = (event: AuditEvent): void => writeRecord(chained(contentOf(event)));
