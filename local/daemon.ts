import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { livingProcess, silent, withLock, type Progress } from "./cache";
import { formatSpec, parseServerSpec, type ServerSpec } from "./servers";
import { defaultDirectory, readState, writeState, type LocalState } from "./state";

export type { LocalEngineState, LocalState } from "./state";

export interface LocalUpOptions {
  /** Default: those of the last time in this directory, else one of each engine. */
  engines?: ServerSpec[];
  /** Default: `.db-access` in the current directory. */
  directory?: string;
  bundle?: string;
  progress?: Progress;
}

const pollMs = 50;
const endDeadlineMs = 60_000;
const defaultEngines = ["postgresql", "mysql", "mariadb"];

/** Starts the stack in the background, or finds it running, and returns once it can be used. */
export async function localUp(options: LocalUpOptions = {}): Promise<LocalState> {
  const { progress = silent } = options;
  const directory = path.resolve(options.directory ?? defaultDirectory());
  return oneAtATime(directory, progress, async () => {
    const state = readState(directory);
    const earlier = Object.values(state?.engines ?? {}).map(({ engine }) => engine);
    const asked = options.engines?.map(formatSpec);
    const fallback = earlier.length > 0 ? earlier : defaultEngines.map((name) => formatSpec(parseServerSpec(name)));
    const wanted = asked ?? fallback;
    const pid = daemonOf(state);
    if (state?.status === "ready" && pid !== undefined && wanted.every((engine) => earlier.includes(engine))) {
      progress("the local stack is already running");
      return state;
    }
    // A stack with fewer engines is started again with both: data, secrets and addresses stay.
    const engines = pid === undefined ? wanted : [...new Set([...earlier, ...wanted])];
    await endEverything(directory, state);
    return startDaemon(directory, engines, options.bundle, progress);
  });
}

/** Nothing when there never was a stack in the directory. */
export function localStatus(directory: string = defaultDirectory()): LocalState | undefined {
  return readState(path.resolve(directory));
}

/** Ends the stack and keeps its data. False when there was nothing to end. */
export async function localDown(directory: string = defaultDirectory()): Promise<boolean> {
  const full = path.resolve(directory);
  if (!existsSync(full)) return false;
  return oneAtATime(full, silent, async () => {
    const state = readState(full);
    const ended = await endEverything(full, state);
    if (state !== undefined && state.status !== "failed") writeState({ ...state, status: "stopped" });
    return ended;
  });
}

function oneAtATime<T>(directory: string, progress: Progress, run: () => Promise<T>): Promise<T> {
  const name = createHash("sha256").update(directory).digest("hex").slice(0, 16);
  return withLock(`local-${name}`, run, progress);
}

/** The daemon's process id, when that process is alive and really is the daemon of this directory. */
function daemonOf(state: LocalState | undefined): number | undefined {
  const pid = state === undefined ? undefined : livingProcess(state.process);
  return pid !== undefined && state !== undefined && commandLine(pid).includes(state.directory) ? pid : undefined;
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    // Only Linux has /proc.
    return spawnSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" }).stdout ?? "";
  }
}

async function startDaemon(
  directory: string,
  engines: string[],
  bundle: string | undefined,
  progress: Progress,
): Promise<LocalState> {
  mkdirSync(directory, { recursive: true });
  const logFile = path.join(directory, "daemon.log");
  rmSync(logFile, { force: true });
  const log = openSync(logFile, "a", 0o600);
  const fromSources = __filename.endsWith(".ts");
  const loader = fromSources ? ["-r", require.resolve("ts-node/register/transpile-only")] : [];
  const main = path.join(__dirname, `daemon-main${path.extname(__filename)}`);
  const args = [...loader, main, directory, engines.join(","), ...(bundle === undefined ? [] : [path.resolve(bundle)])];
  const project = path.join(__dirname, "..", "tsconfig.json");
  const child = spawn(process.execPath, args, {
    detached: true,
    stdio: ["ignore", log, log],
    env: { ...process.env, ...(fromSources ? { TS_NODE_PROJECT: project } : {}) },
  });
  closeSync(log);
  let ended = false;
  child.once("exit", () => (ended = true));
  child.once("error", () => (ended = true));
  child.unref();
  let told = 0;
  for (;;) {
    const text = readFileSync(logFile, "utf8");
    const lines = text.slice(0, text.lastIndexOf("\n") + 1);
    for (const line of lines.slice(told).split("\n")) if (line !== "") progress(line);
    told = lines.length;
    const state = readState(directory);
    const pid = state === undefined ? 0 : Number.parseInt(state.process, 10);
    if (pid === child.pid && state?.status === "ready") return state;
    if (ended) {
      const reason = pid === child.pid ? state?.error : undefined;
      throw new Error(`The local stack did not start: ${reason ?? text.trim().split("\n").slice(-20).join("\n")}`);
    }
    await sleep(pollMs);
  }
}

/** The daemon first, then servers that outlived a daemon which was killed. */
async function endEverything(directory: string, state: LocalState | undefined): Promise<boolean> {
  const daemon = daemonOf(state);
  if (state !== undefined && daemon !== undefined) await endProcess(daemon, state.process, "SIGTERM");
  const servers = path.join(directory, "servers");
  const owners = existsSync(servers) ? readdirSync(servers).map((name) => path.join(servers, name, "server.pid")) : [];
  const left = owners.filter((owner) => existsSync(owner));
  const ended = await Promise.all(left.map((owner) => endServer(owner)));
  return daemon !== undefined || ended.includes(true);
}

async function endServer(owner: string): Promise<boolean> {
  const identity = readFileSync(owner, "utf8");
  const pid = livingProcess(identity);
  // PostgreSQL waits for its clients at SIGTERM; SIGINT is its fast shutdown. The others have only SIGTERM.
  if (pid !== undefined) await endProcess(pid, identity, commandLine(pid).includes("postgres") ? "SIGINT" : "SIGTERM");
  rmSync(owner, { force: true });
  return pid !== undefined;
}

async function endProcess(pid: number, identity: string, signal: NodeJS.Signals): Promise<void> {
  const deadline = Date.now() + endDeadlineMs;
  for (let next: NodeJS.Signals | 0 = signal; livingProcess(identity) !== undefined; await sleep(pollMs)) {
    process.kill(pid, Date.now() > deadline ? "SIGKILL" : next);
    next = 0;
  }
}
