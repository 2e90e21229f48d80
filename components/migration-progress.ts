import { setTimeout as sleep } from "node:timers/promises";
import type { MigrationStatus } from "../provisioner/protocol";

/** A file that ends sooner is told when it has ended. */
const EVERY_MS = 10_000;

/**
 * Says which file is running, for as long as something runs: a long one is no reason to wonder. `look` asks the function
 * a second time, beside the run; what cannot be had is not said.
 */
export async function withProgress<T>(
  run: () => Promise<T>,
  look: () => Promise<MigrationStatus>,
  tell: (line: string) => void,
  everyMs = EVERY_MS,
): Promise<T> {
  const ended = new AbortController();
  const watching = watch(look, tell, everyMs, ended.signal);
  try {
    return await run();
  } finally {
    ended.abort();
    await watching;
  }
}

async function watch(
  look: () => Promise<MigrationStatus>,
  tell: (line: string) => void,
  everyMs: number,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      await sleep(everyMs, undefined, { signal });
    } catch {
      return;
    }
    // The run's own failure is what has to be said; and it is not held up by a look that is under way.
    const status = await Promise.race([look().catch(() => undefined), aborted(signal)]);
    if (signal.aborted) return;
    if (status !== undefined) for (const line of runningLines(status)) tell(line);
  }
}

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });

/** Who waits for the lock is told who has it. */
export function runningLines({ holder, history }: MigrationStatus, now = Date.now()): string[] {
  if (holder === undefined) return [];
  const running = history.filter(({ state }) => state === "applying");
  return running.map(({ name, at, statement }) => {
    const seconds = Math.max(0, Math.round((now - Date.parse(at)) / 1000));
    return `${name} is running${statement === undefined ? "" : `, statement ${statement}`} (${seconds} s so far; ${holder})`;
  });
}
