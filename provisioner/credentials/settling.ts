import { setTimeout as sleep } from "node:timers/promises";

const DELAYS_MS = [250, 500, 1_000, 2_000];

/** Repeats what AWS refuses while an earlier change of the same thing has not come to its end there. */
export async function whileSettling<T>(
  run: () => Promise<T>,
  unsettled: (error: unknown) => boolean | Promise<boolean>,
): Promise<T> {
  for (const delay of DELAYS_MS) {
    try {
      return await run();
    } catch (error) {
      if (!(await unsettled(error))) throw error;
      await sleep(delay);
    }
  }
  return run();
}
