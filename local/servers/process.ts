import { spawn, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import * as net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import type { AccountCommand } from "./account";
import { lastLines } from "./command";

export interface Launch extends AccountCommand {
  cwd: string;
  env?: NodeJS.ProcessEnv;
  logFile: string;
  stopSignal: NodeJS.Signals;
  isReady(pid: number): Promise<boolean>;
}

export interface ServerProcess {
  pid: number;
  /** Ends the process and waits until it is gone. */
  end(): Promise<void>;
}

const retryMs = 15;
const startDeadlineMs = 30_000;
const stopDeadlineMs = 10_000;

/** The server did not come up. `portTaken` when only its port was in use. */
export class StartFailed extends Error {
  readonly portTaken: boolean;

  constructor(reason: string, log: string) {
    super(`${reason}. The end of its log:\n${lastLines(log, 20)}`);
    this.name = "StartFailed";
    this.portTaken = /address already in use|port: \d+ \?/i.test(log);
  }
}

/** Servers this process started and has not ended yet. */
const running = new Map<ChildProcess, NodeJS.Signals>();

function endWithThisProcess(child: ChildProcess, signal: NodeJS.Signals): void {
  if (running.size === 0) process.once("exit", signalAll);
  running.set(child, signal);
  child.once("exit", () => {
    running.delete(child);
    if (running.size === 0) process.off("exit", signalAll);
  });
}

/** A shutdown signal, not SIGKILL: there is no time to wait, but the data of a kept directory should be whole. */
function signalAll(): void {
  for (const [child, signal] of running) child.kill(signal);
}

/** Starts a server and waits until it takes connections. When it does not, nothing is left running. */
export async function launch(options: Launch): Promise<ServerProcess> {
  const logStart = fs.statSync(options.logFile).size;
  const log = fs.openSync(options.logFile, "a");
  const child = spawn(options.program, options.args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    uid: options.uid,
    gid: options.gid,
    stdio: ["ignore", log, log],
  });
  fs.closeSync(log);
  const logged = () => fs.readFileSync(options.logFile).subarray(logStart).toString("utf8");
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(`could not be started: ${error.message}`));
    child.once("exit", (code, signal) => resolve(`ended at once with ${signal ?? `exit code ${code}`}`));
  });
  const { pid } = child;
  if (pid === undefined) throw new StartFailed(`${options.program} ${await ended}`, logged());
  endWithThisProcess(child, options.stopSignal);
  const failure = await Promise.race([ended, waitUntilReady(child, () => options.isReady(pid))]);
  if (failure !== undefined) {
    await end(child, "SIGKILL");
    throw new StartFailed(`${options.program} ${failure}`, logged());
  }
  // A program that forgets its servers can still finish; the exit handler then ends them.
  child.unref();
  return { pid, end: () => end(child, options.stopSignal) };
}

/** Resolves with undefined when ready, or with why not. */
async function waitUntilReady(child: ChildProcess, isReady: () => Promise<boolean>): Promise<string | undefined> {
  const deadline = Date.now() + startDeadlineMs;
  while (!hasEnded(child)) {
    if (await isReady()) return undefined;
    if (Date.now() > deadline) return `did not take connections within ${startDeadlineMs / 1000} s`;
    await sleep(retryMs);
  }
  return "ended before it took connections";
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return;
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.ref();
  child.kill(signal);
  const force = setTimeout(() => child.kill("SIGKILL"), stopDeadlineMs);
  await gone;
  clearTimeout(force);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** A loopback port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as net.AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
