import { setTimeout as sleep } from "node:timers/promises";
import { DbAccessError } from "../../errors";
import { isCutShort } from "../cut-short";

/** Milliseconds. A restart or a failover often is over by then; whoever sent the request repeats what takes longer. */
const patience = 10_000;
const firstPause = 200;
const longestPause = 2_000;
/** A try with less time than this would fail for want of time, and hide why it was made. */
const tryTime = 200;

/** Starting up, failing over, no free connection: another try may find the server well. A name that is unknown stays so. */
const mayPass = (error: unknown): error is DbAccessError =>
  error instanceof DbAccessError &&
  error.transient &&
  (error.code === "Throttled" || error.code === "ServerReadOnly" || error.code === "NetworkPathDatabase") &&
  error.serverCode !== "ENOTFOUND";

/** Tries again what has changed nothing, with jitter, until there is no patience or no time left; then the last error. */
export async function patiently<T>(deadline: number, attempt: () => Promise<T>): Promise<T> {
  const giveUp = Math.min(deadline, Date.now() + patience);
  let reason: DbAccessError | undefined;
  for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
    try {
      return await attempt();
    } catch (error) {
      if (reason !== undefined && isCutShort(error, deadline)) throw reason;
      const rest = pause * (0.5 + Math.random() / 2);
      if (!mayPass(error) || Date.now() + rest + tryTime >= giveUp) throw error;
      reason = error;
      await sleep(rest);
    }
  }
}
