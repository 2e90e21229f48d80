import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  PutLogEventsCommand,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
} from "@aws-sdk/client-cloudwatch-logs";
import type { FunctionConfig } from "../config";

/** An event on its way to the cluster's log group. */
interface Waiting {
  stream: string;
  /** Milliseconds since the epoch. */
  time: number;
  line: string;
}

/** Where the events of one cluster are gathered, and what the names of this function's streams begin with. */
export type AuditPlace = Pick<FunctionConfig, "auditLogGroup" | "purpose">;

/** How long an answer waits for its events: without a way to the service, each one would. */
const PATIENCE_MS = 2_000;
/** What could not be delivered waits for the next invocation, but not for ever. */
const MOST_WAITING = 1_000;
/** PutLogEvents: 10,000 events and 1,048,576 bytes, counting 26 for each event. */
const MOST_BYTES = 1_000_000;
const BYTES_EACH = 26;

let waiting: Waiting[] = [];
let client: CloudWatchLogsClient | undefined;
/** The stream that is known to exist. */
let ready = "";

export const enqueue = (event: Waiting): void => void waiting.push(event);

/**
 * Delivers what has been written since the last time, before the answer. A failure fails nothing: the events are in the
 * function's own log already, and come along the next time. Resolves with how many have not arrived.
 */
export async function deliverAudit({ auditLogGroup: group, purpose }: AuditPlace): Promise<number> {
  const events = waiting;
  waiting = [];
  if (group === undefined || events.length === 0) return 0;
  let delivered = 0;
  try {
    const abortSignal = AbortSignal.timeout(PATIENCE_MS);
    for (const batch of batchesOf(events)) {
      await put(group, purpose, batch, abortSignal);
      delivered += batch.length;
    }
    return 0;
  } catch (error) {
    const left = events.slice(delivered);
    // What the service will never take must not keep others waiting.
    if (!(error instanceof EventsRejected)) waiting = [...left.slice(-MOST_WAITING), ...waiting];
    const reason = error instanceof Error ? error.name : "Error";
    const message = `${left.length} audit events could not be delivered to ${group} (${reason}). They are in this log; the function needs logs:CreateLogStream, logs:PutLogEvents and a way to CloudWatch Logs.`;
    console.error(JSON.stringify({ level: "warn", auditUndelivered: left.length, reason, message }));
    return left.length;
  }
}

function batchesOf(events: readonly Waiting[]): Waiting[][] {
  const batches: Waiting[][] = [];
  let room = 0;
  for (const event of events) {
    const size = Buffer.byteLength(event.line) + BYTES_EACH;
    if (size > room) {
      batches.push([]);
      room = MOST_BYTES;
    }
    batches.at(-1)?.push(event);
    room -= size;
  }
  return batches;
}

async function put(
  logGroupName: string,
  purpose: string,
  batch: readonly Waiting[],
  abortSignal: AbortSignal,
): Promise<void> {
  client ??= new CloudWatchLogsClient({ maxAttempts: 2, requestHandler: { connectionTimeout: PATIENCE_MS } });
  const stream = { logGroupName, logStreamName: `${purpose}/${batch[0].stream}` };
  if (ready !== stream.logStreamName) {
    await client.send(new CreateLogStreamCommand(stream), { abortSignal }).catch((error: unknown) => {
      if (!(error instanceof ResourceAlreadyExistsException)) throw error;
    });
    ready = stream.logStreamName;
  }
  // A clock may have been set back; the service wants them in order, and the sequence says what the order was.
  const logEvents = batch.map(({ time, line }) => ({ timestamp: time, message: line }));
  logEvents.sort((a, b) => a.timestamp - b.timestamp);
  try {
    const { rejectedLogEventsInfo: rejected } = await client.send(new PutLogEventsCommand({ ...stream, logEvents }), {
      abortSignal,
    });
    if (rejected !== undefined) throw new EventsRejected();
  } catch (error) {
    if (error instanceof ResourceNotFoundException) ready = "";
    throw error;
  }
}

/** The service takes no event of a time that is too far from its own. */
class EventsRejected extends Error {
  override name = "EventsRejected";
}
