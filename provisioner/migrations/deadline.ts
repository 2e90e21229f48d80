import { setTimeout as sleep } from "node:timers/promises";

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
 * Ends the session in which something runs when its time is over, so that nothing goes on unseen. A statement alone
 * could be ended as well, but SLEEP and handlers of routines take that for a result, and the file would go on.
 */
export async function withinDeadline(
  deadline: number,
  endSession: () => Promise<void>,
  run: () => Promise<void>,
): Promise<void> {
  const settled = new AbortController();
  let over = false;
  const running = run()
    .catch((error: unknown) => {
      // Whatever words the driver has for a session that we have ended ourselves.
      throw over ? new TimeRanOut("The run has no time any more.") : error;
    })
    .finally(() => settled.abort());
  const expiring = async (): Promise<void> => {
    await sleep(Math.max(0, endOf(deadline) - Date.now()), undefined, { signal: settled.signal });
    over = true;
    await endSession();
    await Promise.race([running.catch(() => undefined), sleep(endingMs)]);
    throw new TimeRanOut("The run has no time any more.");
  };
  await Promise.race([
    running,
    expiring().catch((error: unknown) => (isAbort(error) ? running : Promise.reject(error))),
  ]);
}

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === "AbortError";
