import { say } from "./output";

export interface Interruption {
  /** Said at the first Ctrl-C. */
  words: string;
  /** Whether the second one ends the process at once. Without it, what was started is always ended in order. */
  secondEnds?: boolean;
}

/** Runs with a signal that follows Ctrl-C, SIGTERM and a closed terminal. */
export async function interruptible<T>(run: (signal: AbortSignal) => Promise<T>, how: Interruption): Promise<T> {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted && how.secondEnds === true) process.exit(130);
    say(how.words);
    controller.abort();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, stop);
  try {
    return await run(controller.signal);
  } finally {
    for (const signal of signals) process.off(signal, stop);
  }
}
