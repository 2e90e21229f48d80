import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { ProvisionerRef } from "../provisioner/protocol";
import { livingProcess } from "./cache";
import type { LocalStack } from "./stack";

export interface LocalEngineState {
  /** As on the command line, for example `postgresql@17`. */
  engine: string;
  ref: ProvisionerRef;
  host: string;
  port: number;
  version: string;
  /** The RDS-like admin, with its password. */
  adminUrl: string;
  adminSecretArn: string;
  caFile: string;
  /** Of the database server. */
  logFile: string;
  /** Of the provisioner's function. */
  functionLogFile: string;
}

/** What `db-access local` knows about the stack in one directory. It holds passwords: its file is private. */
export interface LocalState {
  status: "starting" | "ready" | "failed" | "stopped";
  directory: string;
  /** The daemon, in a form that a later process with the same id does not match. */
  process: string;
  /** By logical cluster name. */
  engines: Record<string, LocalEngineState>;
  /** The endpoint. */
  url?: string;
  /** Variables for a program that shall use this stack instead of AWS. */
  env: Record<string, string>;
  error?: string;
}

export const defaultDirectory = (): string => path.resolve(".db-access");

const fileIn = (directory: string): string => path.join(directory, "state.json");

/** The state as it is now: a daemon that died without saying so counts as stopped. */
export function readState(directory: string): LocalState | undefined {
  let state: LocalState;
  try {
    state = JSON.parse(readFileSync(fileIn(directory), "utf8")) as LocalState;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Error(`The state of the local stack cannot be read: ${fileIn(directory)}`, { cause: error });
  }
  const claimsToRun = state.status === "starting" || state.status === "ready";
  return claimsToRun && livingProcess(state.process) === undefined ? { ...state, status: "stopped" } : state;
}

export function writeState(state: LocalState): void {
  mkdirSync(state.directory, { recursive: true });
  const file = fileIn(state.directory);
  writeFileSync(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** The engines of a running stack, as the state file shows them. */
export function enginesOf(stack: LocalStack): Record<string, LocalEngineState> {
  const engines: Record<string, LocalEngineState> = {};
  for (const [cluster, { ref, server, functionName, adminSecretArn }] of Object.entries(stack.targets)) {
    if (server === undefined) continue;
    const { host, port, version, caFile, logFile, spec, admin } = server;
    const login = `${encodeURIComponent(admin.user)}:${encodeURIComponent(admin.password)}@${host}:${port}`;
    const adminUrl =
      spec.engine === "postgresql"
        ? `postgresql://${login}/postgres?sslmode=verify-full&sslrootcert=${encodeURIComponent(caFile)}`
        : `mysql://${login}/`;
    const functionLogFile = stack.lambda.logFile(functionName);
    const engine = `${spec.engine}@${spec.version}`;
    engines[cluster] = { engine, ref, host, port, version, adminUrl, adminSecretArn, caFile, logFile, functionLogFile };
  }
  return engines;
}
