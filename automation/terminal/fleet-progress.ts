import { Listr } from "listr2";
import { countWords, reasonWords } from "../report/words";
import type { FanOutOptions, TargetResult } from "../run/fan-out";
import type { Fleet } from "../targets/target";
import { say } from "./output";

type Listeners = Pick<FanOutOptions, "onStart" | "onProgress" | "onResult">;

export interface FleetProgress extends Listeners {
  /** Ends when every target has ended. */
  finished: Promise<void>;
}

/** One plain line at each target's start and end: for logs, and beside `--json`. */
export function lineProgress(): FleetProgress {
  return {
    onStart: (target) => say(`${target.name}: started`),
    onResult: (result) => say(resultLine(result)),
    finished: Promise.resolve(),
  };
}

/** A task per target with what it does at the moment: for a person at a terminal. */
export function taskProgress(fleet: Fleet): FleetProgress {
  const watched = new Map(fleet.targets.map((target) => [target.name, watch()]));
  const tasks = new Listr(
    fleet.targets.map((target) => ({
      title: target.name,
      task: async (_, task): Promise<void> => {
        const events = watched.get(target.name);
        if (events === undefined) return;
        events.line = (line) => (task.output = line);
        const result = await events.done;
        task.title = resultLine(result);
        if (result.status !== "succeeded") throw new Error(result.reason?.code ?? result.status);
      },
    })),
    // Without its own listeners, which would end the process before the targets have ended.
    {
      concurrent: true,
      exitOnError: false,
      registerSignalListeners: false,
      rendererOptions: { showErrorMessage: false },
    },
  );
  return {
    onProgress: (target, line) => watched.get(target.name)?.line(line),
    onResult: (result) => watched.get(result.target)?.end(result),
    finished: tasks.run().then(() => undefined),
  };
}

const resultLine = (result: TargetResult): string =>
  result.status === "succeeded"
    ? `${result.target}: ${countWords(result.counts, result.operation)} (${result.seconds.toFixed(1)} s)`
    : result.reason === undefined
      ? `${result.target}: ${result.status}`
      : reasonWords(result);

interface Watched {
  line: (line: string) => void;
  end: (result: TargetResult) => void;
  done: Promise<TargetResult>;
}

function watch(): Watched {
  let end: (result: TargetResult) => void = () => undefined;
  const done = new Promise<TargetResult>((resolve) => (end = resolve));
  return { line: () => undefined, end, done };
}
