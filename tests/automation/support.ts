import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { ensurePulumi } from "../../local/pulumi";

export const checkout = path.join(__dirname, "..", "..");

/** The real engine with a home, a backend and nothing else of its own. */
export interface Engine {
  directory: string;
  pulumi: string;
  backend: string;
  env: Record<string, string>;
}

export async function startEngine(): Promise<Engine> {
  const directory = mkdtempSync(path.join(os.tmpdir(), "db-access-engine-"));
  const { directory: pulumi } = await ensurePulumi();
  mkdirSync(path.join(directory, "state"));
  return {
    directory,
    pulumi,
    backend: `file://${path.join(directory, "state")}`,
    env: {
      PULUMI_HOME: path.join(directory, "home"),
      PULUMI_CONFIG_PASSPHRASE: "tests",
      PULUMI_SKIP_UPDATE_CHECK: "1",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      PULUMI_NODEJS_TRANSPILE_ONLY: "true",
    },
  };
}

export interface CommandRun {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** The command as a shell would run it: `npm test` has built it. */
export function dbAccess(args: readonly string[], env: Record<string, string> = {}): Promise<CommandRun> {
  const child = spawn(process.execPath, [path.join(checkout, "dist", "automation", "cli.js"), ...args], {
    cwd: checkout,
    env: { ...process.env, NO_COLOR: "1", ...env },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve({ status, stdout, stderr }));
  });
}
