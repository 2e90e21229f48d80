import type { Fleet, Target } from "../targets/target";
import { childEnvironment } from "./environment";
import { type Operation, type StackResult, noCounts } from "./messages";
import { runInProcess } from "./process";

export interface FanOutOptions {
  operation: Operation;
  signal: AbortSignal;
  /** The folder of the Pulumi command, when it is not on `PATH`. */
  pulumi?: string;
  onStart?: (target: Target) => void;
  onProgress?: (target: Target, line: string) => void;
  onResult?: (result: TargetResult) => void;
  lockSeconds?: number;
  removeStacks?: boolean;
}

export interface TargetResult extends StackResult {
  target: string;
  stack: string;
  operation: Operation;
}

/** Runs one operation over all targets, so many at a time. One target's failure never stops another. */
export async function fanOut(fleet: Fleet, options: FanOutOptions): Promise<TargetResult[]> {
  const results = new Map<Target, TargetResult>();
  const queue = [...fleet.targets];
  const worker = async (): Promise<void> => {
    for (let target = queue.shift(); target !== undefined; target = queue.shift()) {
      const result = await runTarget(fleet, target, options);
      results.set(target, result);
      options.onResult?.(result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(fleet.concurrency, queue.length) }, worker));
  return fleet.targets.flatMap((target) => results.get(target) ?? []);
}

async function runTarget(fleet: Fleet, target: Target, options: FanOutOptions): Promise<TargetResult> {
  const { operation, signal } = options;
  const identity = { target: target.name, stack: target.stack, operation };
  if (signal.aborted) return { ...identity, ...notStarted() };
  options.onStart?.(target);
  const result = await runInProcess(
    {
      operation,
      directory: fleet.project.directory,
      stack: target.stack,
      config: target.config,
      exactConfig: fleet.project.generated,
      lockSeconds: options.lockSeconds ?? 300,
      ...(options.removeStacks === true ? { removeStack: true } : {}),
    },
    {
      env: childEnvironment(target.env, { backend: fleet.backend, pulumi: options.pulumi }),
      signal,
      progress: (line) => options.onProgress?.(target, line),
    },
  );
  return { ...identity, ...result };
}

const notStarted = (): StackResult => ({
  status: "notStarted",
  seconds: 0,
  counts: noCounts(),
  changes: [],
  messages: [],
  outputs: {},
  reason: { code: "Cancelled", message: "Not started: the run was cancelled before its turn." },
});
