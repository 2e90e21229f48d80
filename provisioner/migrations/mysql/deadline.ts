import { setTimeout as sleep } from "node:timers/promises";
import type { Connection, RowDataPacket } from "mysql2/promise";

/** Kept for writing down how the file ended, before the run itself has no time any more. */
const reserveMs = 3_000;
/** How long the server is waited for when it has been told to end a session. */
const endingMs = 1_000;

/** The file was ended because its run has no time any more. */
export class TimeRanOut extends Error {
  override readonly name = "TimeRanOut";
}

/** When a session's work is ended, in milliseconds since the epoch. */
export const endOf = (deadline: number): number => deadline - reserveMs;

/**
 * Ends what runs in `work` when its time is over. Nothing runs after that: a statement alone could be ended as well, but
 * SLEEP and handlers of routines take that for a result, and the file would go on. A login may end its own sessions.
 */
export async function withinDeadline(
  { record, work, deadline }: { record: Connection; work: Connection; deadline: number },
  run: () => Promise<void>,
): Promise<void> {
  const [[row]] = await work.query<RowDataPacket[]>("SELECT CONNECTION_ID() AS id");
  const settled = new AbortController();
  const running = run().finally(() => settled.abort());
  const expiring = async (): Promise<void> => {
    await sleep(Math.max(0, endOf(deadline) - Date.now()), undefined, { signal: settled.signal });
    await record.query("KILL CONNECTION ?", [Number(row?.id)]).catch(() => work.destroy());
    await Promise.race([running.catch(() => undefined), sleep(endingMs)]);
    throw new TimeRanOut("The run has no time any more.");
  };
  await Promise.race([
    running,
    expiring().catch((error: unknown) => (isAbort(error) ? running : Promise.reject(error))),
  ]);
}

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === "AbortError";
