import { spawn, type ChildProcess } from "node:child_process";
import { devNull } from "node:os";
import { RuntimeApi, type RuntimeEvent } from "./runtime-api";
import type { RunResult } from "./types";

/** Lambda gives a function ten seconds to load its code. */
const initLimitMs = 10_000;
const responseLimit = 6_291_556;

export interface EnvironmentOptions {
  bootstrap: string;
  env: Record<string, string>;
  taskRoot: string;
  memoryMb: number;
  logDescriptor: number;
}

interface Turn {
  requestId: string;
  answer?: Pick<RunResult, "functionError" | "payload">;
  finish(outcome: "polled" | "exited" | "timeout"): void;
}

const failure = (errorType: string, errorMessage: string): Pick<RunResult, "functionError" | "payload"> => ({
  functionError: "Unhandled",
  payload: Buffer.from(JSON.stringify({ errorType, errorMessage })),
});

/** One execution environment: a Node process that serves one event at a time until it dies or is retired. */
export class Environment {
  /** Set when the function was updated meanwhile: the environment finishes its event and is not used again. */
  retired = false;
  idle = false;
  readonly since = Date.now();
  private turn: Turn | undefined;
  private initError: Buffer | undefined;
  private initDurationMs: number | undefined;
  private firstRun = true;
  private ended = false;
  private killAtStart = false;
  private exitReason = "";
  private api: RuntimeApi | undefined;
  private child: ChildProcess | undefined;
  private readonly exited: Promise<void>;
  private announceExit: () => void = () => undefined;
  private announcePoll: () => void = () => undefined;

  constructor(private readonly options: EnvironmentOptions) {
    this.exited = new Promise((resolve) => (this.announceExit = resolve));
  }

  get alive(): boolean {
    return !this.ended;
  }

  /** Runs one event. The promise is kept in every case; a broken environment is a result, not an exception. */
  async run(event: Omit<RuntimeEvent, "deadlineMs">, timeoutMs: number): Promise<RunResult> {
    this.idle = false;
    if (this.firstRun) {
      const failed = await this.init(event.requestId);
      if (failed !== undefined) return failed;
    }
    const initDurationMs = this.firstRun ? this.initDurationMs : undefined;
    this.firstRun = false;
    const startedAt = performance.now();
    if (this.api === undefined || this.ended) return { ...this.exitFailure(event.requestId), durationMs: 0 };
    const outcome = await new Promise<"polled" | "exited" | "timeout">((resolve) => {
      const timer = setTimeout(() => resolve("timeout"), timeoutMs);
      const finish = (how: "polled" | "exited" | "timeout"): void => {
        clearTimeout(timer);
        resolve(how);
      };
      this.turn = { requestId: event.requestId, finish };
      this.api?.deliver({ ...event, deadlineMs: Date.now() + timeoutMs });
      if (this.killAtStart) this.kill();
    });
    const answer = this.turn?.answer;
    this.turn = undefined;
    const durationMs = outcome === "timeout" ? timeoutMs : performance.now() - startedAt;
    const timing = { durationMs, initDurationMs };
    if (outcome === "timeout") await this.end();
    else this.idle = outcome === "polled";
    if (answer !== undefined) return { ...answer, ...timing };
    if (outcome === "timeout") {
      const text = `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`;
      const note = `${new Date().toISOString()} ${event.requestId} ${text}`;
      return { ...failure("Sandbox.Timedout", `RequestId: ${event.requestId} Error: ${text}`), ...timing, note };
    }
    return { ...this.exitFailure(event.requestId), ...timing };
  }

  /** Before the process exists, this kills it as soon as it has its first event. */
  kill(): void {
    if (this.child === undefined) this.killAtStart = true;
    else this.child.kill("SIGKILL");
  }

  /** Ends the process and waits until it is gone. */
  async end(): Promise<void> {
    this.retired = true;
    this.idle = false;
    if (this.child === undefined) return this.close("");
    this.child.kill("SIGKILL");
    await this.exited;
  }

  private async init(requestId: string): Promise<RunResult | undefined> {
    const startedAt = performance.now();
    const polled = new Promise<"polled">((resolve) => (this.announcePoll = () => resolve("polled")));
    this.api = await RuntimeApi.start({
      polled: () => this.onPoll(startedAt),
      answered: (id, kind, body) => this.onAnswer(id, kind, body),
      initFailed: (body) => (this.initError = body),
    });
    this.spawn(this.api.address);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<"late">((resolve) => (timer = setTimeout(() => resolve("late"), initLimitMs)));
    const outcome = await Promise.race([polled, late, this.exited.then(() => "exited" as const)]);
    clearTimeout(timer);
    if (outcome === "polled") return undefined;
    await this.end();
    const durationMs = performance.now() - startedAt;
    if (this.initError !== undefined) return { functionError: "Unhandled", payload: this.initError, durationMs };
    if (outcome === "exited") return { ...this.exitFailure(requestId), durationMs };
    const text = `Task timed out after ${(initLimitMs / 1000).toFixed(2)} seconds`;
    return { ...failure("Sandbox.Timedout", `RequestId: ${requestId} Error: ${text}`), durationMs, note: text };
  }

  private spawn(address: string): void {
    const { bootstrap, env, taskRoot, memoryMb, logDescriptor } = this.options;
    // Lambda gives the heap most of the memory, and keeps the rest for buffers.
    const child = spawn(process.execPath, [`--max-old-space-size=${Math.floor(memoryMb * 0.9)}`, bootstrap], {
      cwd: taskRoot,
      stdio: ["pipe", logDescriptor, logDescriptor],
      env: {
        ...env,
        AWS_LAMBDA_RUNTIME_API: address,
        PATH: process.env.PATH,
        // There is no home directory in Lambda: the SDK must not read the profile of whoever runs the stack.
        AWS_CONFIG_FILE: devNull,
        AWS_SHARED_CREDENTIALS_FILE: devNull,
      },
    });
    this.child = child;
    child.stdin?.on("error", () => undefined);
    child.once("error", (error) => this.close(`could not start: ${error.message}`));
    child.once("exit", (code, signal) => {
      this.close(signal === null ? (code === 0 ? "" : `exit status ${code}`) : `signal: ${signalText(signal)}`);
    });
  }

  private exitFailure(requestId: string): Pick<RunResult, "functionError" | "payload" | "note"> {
    const text =
      this.exitReason === ""
        ? "Runtime exited without providing a reason"
        : `Runtime exited with error: ${this.exitReason}`;
    const message = `RequestId: ${requestId} Error: ${text}`;
    return { ...failure("Runtime.ExitError", message), note: message };
  }

  private onPoll(startedAt: number): void {
    this.initDurationMs ??= performance.now() - startedAt;
    this.announcePoll();
    if (this.turn?.answer !== undefined) this.turn.finish("polled");
  }

  private onAnswer(requestId: string, kind: "response" | "error", body: Buffer): void {
    if (this.turn?.requestId !== requestId) return;
    if (kind === "error") this.turn.answer = { functionError: "Unhandled", payload: body };
    else if (body.length > responseLimit) {
      const text = `Response payload size exceeded maximum allowed payload size (${responseLimit} bytes).`;
      this.turn.answer = failure("Function.ResponseSizeTooLarge", text);
    } else this.turn.answer = { payload: body };
  }

  private close(reason: string): void {
    if (this.ended) return;
    this.ended = true;
    this.idle = false;
    this.exitReason = reason;
    this.api?.close();
    this.turn?.finish("exited");
    this.announceExit();
  }
}

/** Lambda's own wording. */
const signalText = (signal: NodeJS.Signals): string =>
  ({ SIGKILL: "killed", SIGTERM: "terminated", SIGSEGV: "segmentation fault", SIGABRT: "aborted" })[signal as string] ??
  signal;
