import { readFileSync } from "node:fs";
import { auditLogGroupNameOf } from "../../components/provisioner/names";
import type { Client } from "../../components/client";
import type { AuditRecord } from "../../provisioner/audit/event";
import type { ProvisionerRef } from "../../provisioner/protocol";
import { CommandFailure, failureMessage } from "../errors";
import type { Head } from "./changes";
import { readExport, type ReadEvents } from "./events";
import { groupBy } from "./groups";
import { readLogGroup } from "./log-group";
import { verifyEvents, type AuditReport } from "./verify";

export interface VerifyOrder {
  /** The provisioner, whose record the changes are compared with. */
  ref?: ProvisionerRef;
  /** An export in place of the log group. */
  file?: string;
  /** Default: the one that the provisioner has made. */
  logGroup?: string;
  logRoleArn?: string;
  /** ISO 8601; earlier events are not looked at. */
  since?: string;
}

/** One report for each cluster whose events there are; with a provisioner, one for its cluster. */
export async function verifyAudit(client: Pick<Client, "inventory">, order: VerifyOrder): Promise<AuditReport[]> {
  const { ref, since } = order;
  const from = since === undefined ? undefined : timeOf(since);
  if (ref === undefined) {
    const groups = groupBy(recent((await readEvents(order, from)).events, from), ({ cluster }) => cluster);
    if (groups.size === 0) throw new CommandFailure("NoEvents", `There are no audit events in ${order.file}.`);
    return [...groups].map(([cluster, events]) => verifyEvents(cluster, events));
  }
  // A change may be made at any time: the log has to hold what was recorded before it was read, and may hold more.
  const before = await headOf(client, ref);
  const { events } = await readEvents(order, from);
  const after = await headOf(client, ref);
  const own = recent(events, from).filter(({ cluster }) => cluster === ref.cluster);
  return [verifyEvents(ref.cluster, own, { before, after })];
}

async function readEvents({ ref, file, logGroup, logRoleArn }: VerifyOrder, since?: number): Promise<ReadEvents> {
  if (file !== undefined) return readExport(textOf(file));
  if (ref === undefined)
    throw new CommandFailure("BadArguments", "Say where the events are: --parameter, --ref, or --file.");
  return readLogGroup({ ref, group: logGroup ?? auditLogGroupNameOf(ref.cluster), since, roleArn: logRoleArn });
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new CommandFailure("BadArguments", `The file ${file} cannot be read: ${failureMessage(error)}.`);
  }
}

const headOf = async (client: Pick<Client, "inventory">, ref: ProvisionerRef): Promise<Head> =>
  (await client.inventory(ref)).audit ?? { number: 0, hash: "" };

const recent = (events: readonly AuditRecord[], since = 0): AuditRecord[] =>
  events.filter(({ time }) => !(Date.parse(time) < since));

function timeOf(text: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time))
    throw new CommandFailure("BadArguments", `--since ${text} is no time; use 2026-01-31 or 2026-01-31T08:00:00Z.`);
  return time;
}
