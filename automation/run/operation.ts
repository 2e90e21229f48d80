import { setTimeout as sleep } from "node:timers/promises";
import {
  ConcurrentUpdateError,
  LocalWorkspace,
  type OutputMap,
  type Stack,
  StackNotFoundError,
} from "@pulumi/pulumi/automation";
import { failureMessage } from "../errors";
import { EventCollector } from "./events";
import { type Job, type Operation, type StackResult, noCounts } from "./messages";
import { reasonOf } from "./reason";

type Progress = (line: string) => void;

/** Runs one operation on one stack. Every failure is a result: the only thing thrown is our own mistake. */
export async function runOperation(job: Job, progress: Progress, signal: AbortSignal): Promise<StackResult> {
  const started = Date.now();
  const events = new EventCollector(progress);
  const finish = (rest: Partial<StackResult>): StackResult => ({
    status: "succeeded",
    seconds: Math.round((Date.now() - started) / 100) / 10,
    counts: events.counts(),
    changes: events.changes,
    messages: events.messages,
    outputs: {},
    ...rest,
  });
  try {
    const stack = await openStack(job, progress);
    if (stack === undefined) {
      const reason = { code: "NoStack", message: `There is no stack ${job.stack}; nothing to ${job.operation}.` };
      return finish({ counts: noCounts(), reason });
    }
    const outputs = await patiently(job, progress, signal, () => operate(stack, job.operation, events, signal));
    if (job.operation === "destroy" && job.removeStack === true) await stack.workspace.removeStack(stack.name);
    return finish({ outputs });
  } catch (error) {
    if (signal.aborted) return finish({ status: "cancelled", reason: { code: "Cancelled", message: "Cancelled." } });
    if (error instanceof ConcurrentUpdateError) return finish({ status: "failed", reason: lockedReason(job) });
    return finish({ status: "failed", reason: reasonOf(events.messages, failureMessage(error)) });
  }
}

/** A stack that is only read or taken away is not created for it. */
async function openStack(job: Job, progress: Progress): Promise<Stack | undefined> {
  progress("opening the stack");
  const args = { stackName: job.stack, workDir: job.directory };
  if (job.operation === "up" || job.operation === "preview") {
    const stack = await LocalWorkspace.createOrSelectStack(args);
    await configure(stack, job);
    return stack;
  }
  try {
    return await LocalWorkspace.selectStack(args);
  } catch (error) {
    if (error instanceof StackNotFoundError) return undefined;
    throw error;
  }
}

/** Compares with the settings file first: every call of the command line costs a good part of a second. */
async function configure(stack: Stack, job: Job): Promise<void> {
  const { name: project } = await stack.workspace.projectSettings();
  const settings = await stack.workspace.stackSettings(stack.name);
  const current = settings.config ?? {};
  const wanted = Object.entries(job.config).map(([key, value]): [string, string] => [
    key.includes(":") ? key : `${project}:${key}`,
    value,
  ]);
  const changed = wanted.filter(([key, value]) => current[key] === undefined || String(current[key]) !== value);
  const surplus = Object.keys(current).filter((key) => !wanted.some(([name]) => name === key));
  if (changed.length > 0) await stack.setAllConfig(Object.fromEntries(changed.map(([key, value]) => [key, { value }])));
  if (job.exactConfig && surplus.length > 0) await stack.removeAllConfig(surplus);
}

async function operate(
  stack: Stack,
  operation: Operation,
  events: EventCollector,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  // The SDK ignores a signal that was given before the call.
  signal.throwIfAborted();
  const options = { signal, onEvent: (event: Parameters<EventCollector["take"]>[0]) => events.take(event) };
  switch (operation) {
    case "preview":
      await stack.preview(options);
      return {};
    case "up":
      return plainOutputs((await stack.up(options)).outputs);
    case "refresh":
      await stack.refresh(options);
      return {};
    case "destroy":
      await stack.destroy(options);
      return {};
  }
}

const plainOutputs = (outputs: OutputMap): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(outputs).flatMap(([name, output]): [string, unknown][] =>
      output.secret ? [] : [[name, output.value as unknown]],
    ),
  );

/** Waits for somebody else's update of the same stack, and never cancels it: its owner may well be alive. */
async function patiently<T>(job: Job, progress: Progress, signal: AbortSignal, run: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + job.lockSeconds * 1000;
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      const pause = Math.min(1000 * 2 ** (attempt - 1), 15_000) * (0.5 + Math.random() / 2);
      if (!(error instanceof ConcurrentUpdateError) || Date.now() + pause > deadline) throw error;
      progress(`another update holds the stack; trying again in ${Math.ceil(pause / 1000)} s`);
      await sleep(pause, undefined, { signal });
    }
  }
}

const lockedReason = (job: Job): { code: string; message: string } => ({
  code: "StackLocked",
  message: `Another update held stack ${job.stack} for ${job.lockSeconds} s; wait for it, or run pulumi cancel when its process is dead.`,
});
