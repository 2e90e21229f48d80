import { setTimeout as sleep } from "node:timers/promises";

import { DbAccessError } from "../../errors";
import { isCutShort } from "../cut-short";

/** Nobody answers, or a replica does: a failover takes seconds, a wrong route or endpoint stays wrong. */
const unansweredMs = 10_000;
/** The server answers that it is starting up or has no connection left. */
const busyMs = 60_000;

const firstPauseMs = 100;
/** A try with less time than this would fail for want of time, and hide why it was made. */
const tryMs = 200;
const longestPauseMs = 2_000;

const busyStates = new Set(["57P03", "53300"]);

/** What was waited for in vain is not waited for again by whoever asked for the work that asked for it. */
const waitedFor = new WeakSet<Error>();

/** How long it makes sense to wait for an error to pass by itself. */
function patienceFor(error: unknown): number {
  if (!(error instanceof DbAccessError) || !error.transient || waitedFor.has(error)) return 0;
  if (busyStates.has(error.serverCode ?? "")) return busyMs;
  return error.code === "NetworkPathDatabase" || error.code === "ServerReadOnly" ? unansweredMs : 0;
}

/**
 * Repeats what changes nothing (connecting, reading) for as long as the server may be on its way back, and gives up
 * with the reason early enough to say it. What may have changed something is never repeated here.
 */
export async function patiently<T>(
  deadline: number,
  work: () => Promise<T>,
  mayRepeat = (): boolean => true,
): Promise<T> {
  const start = Date.now();
  let reason: unknown;
  for (let pause = firstPauseMs; ; pause = Math.min(longestPauseMs, pause * 2)) {
    try {
      return await work();
    } catch (error) {
      if (reason !== undefined && isCutShort(error, deadline)) throw reason;
      const delay = pause * (0.5 + Math.random() / 2);
      const until = Math.min(deadline, start + patienceFor(error));
      if (Date.now() + delay + tryMs >= until) {
        if (error instanceof DbAccessError) waitedFor.add(error);
        throw error;
      }
      reason = error;
      await sleep(delay);
      // Only now: that a connection is gone is known a little later than the failure of what it was asked.
      if (!mayRepeat()) throw error;
    }
  }
}
