import { type ChildProcess, fork } from "node:child_process";
import path from "node:path";
import {
  type FromChild,
  type Job,
  type Reason,
  type StackResult,
  type Status,
  type ToChild,
  noCounts,
} from "./messages";

export interface ProcessOptions {
  /** All of it: nothing is inherited. */
  env: Record<string, string>;
  signal: AbortSignal;
  progress: (line: string) => void;
  /** After a cancellation: how long the engine may take to stop in an orderly way. */
  graceSeconds?: number;
}

/**
 * Runs one job in a process of its own, so that a crash, a leak or a stray rejection of one program stays there
 * (inline programs of the Automation API share all three).
 */
export function runInProcess(job: Job, options: ProcessOptions): Promise<StackResult> {
  const started = Date.now();
  const child = start(options.env);
  const tail = lastLine(child);
  return new Promise((resolve) => {
    let result: StackResult | undefined;
    let killer: NodeJS.Timeout | undefined;
    const cancel = (): void => {
      tell(child, { kind: "cancel" });
      killer ??= setTimeout(() => killGroup(child), (options.graceSeconds ?? 120) * 1000);
    };
    child.on("message", (message: FromChild) => {
      if (message.kind === "ready") {
        tell(child, { kind: "job", job });
        if (options.signal.aborted) cancel();
      } else if (message.kind === "progress") options.progress(message.line);
      else result = message.result;
    });
    options.signal.addEventListener("abort", cancel, { once: true });
    const finish = (words: string): void => {
      clearTimeout(killer);
      options.signal.removeEventListener("abort", cancel);
      const said = tail() === "" ? "" : `: ${tail()}`;
      resolve(result ?? lost(started, options.signal.aborted, `${words}${said}`));
    };
    child.once("error", (error) => finish(`The target's process could not be started (${error.message})`));
    child.once("close", (code, signal) =>
      finish(`The target's process ended with ${signal ?? `status ${code}`} before it was done`),
    );
  });
}

function start(env: Record<string, string>): ChildProcess {
  const entry = path.join(__dirname, `child${path.extname(__filename)}`);
  return fork(entry, [], {
    env,
    // From the sources, as the tests run it, the child needs the same translator.
    execArgv: entry.endsWith(".ts") ? ["-r", "ts-node/register/transpile-only"] : [],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    // A process group of its own: Ctrl-C reaches the engine once, through us, and not also from the terminal.
    detached: true,
  });
}

function tell(child: ChildProcess, message: ToChild): void {
  if (child.connected) child.send(message, () => undefined);
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    process.kill(process.platform === "win32" ? child.pid : -child.pid, "SIGKILL");
  } catch {
    // It has ended in the meantime.
  }
}

function lastLine(child: ChildProcess): () => string {
  let text = "";
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (text = (text + chunk).slice(-4000)));
  return () =>
    text
      .trim()
      .split("\n")
      .filter((line) => /Error/.test(line))
      .at(-1)
      ?.trim() ?? "";
}

export function lost(started: number, aborted: boolean, words: string): StackResult {
  const status: Status = aborted ? "cancelled" : "failed";
  const reason: Reason = aborted
    ? { code: "Cancelled", message: "Cancelled." }
    : { code: "ProcessLost", message: words };
  const seconds = Math.round((Date.now() - started) / 100) / 10;
  return { status, seconds, counts: noCounts(), changes: [], messages: [], outputs: {}, reason };
}
