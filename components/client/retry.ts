import { ExponentialBackoff, handleWhen, retry } from "cockatiel";
import { CallFailure } from "./failure";

/** How long a call may take and how often it is worth trying. */
export interface Patience {
  requestTimeoutMs: number;
  /** A throttled or pending function is asked again until then. */
  budgetMs: number;
  /** A lost answer is worth so many further calls even when the first took the whole budget. */
  resends: number;
  firstDelayMs: number;
  /**
   * A database that cannot be reached is asked for again until then: the function has waited for it itself, and every
   * resource of a stack would wait in turn.
   */
  unreachableMs: number;
}

/** Decorrelated jitter, cockatiel's default: many hosts that were throttled together do not come back together. */
export const backoff = ({ firstDelayMs, budgetMs }: Patience): ExponentialBackoff<[number, number]> =>
  new ExponentialBackoff({ initialDelay: firstDelayMs, maxDelay: Math.min(10_000, budgetMs / 5) });

/** Repeats what is worth repeating. The claims keep their operation ids, so nothing is done twice. */
export function withRetry<T>(patience: Patience, work: () => Promise<T>): Promise<T> {
  const begun = Date.now();
  let lost = 0;
  const worth = (error: Error): boolean => {
    if (!(error instanceof CallFailure)) return false;
    const inTime = Date.now() - begun < Math.min(patience.budgetMs, error.patienceMs);
    if (error.outcome === "refused") return inTime;
    return error.outcome === "lost" && ((lost += 1) <= patience.resends || inTime);
  };
  const policy = retry(handleWhen(worth), { maxAttempts: Infinity, backoff: backoff(patience) });
  return policy.execute(work);
}
