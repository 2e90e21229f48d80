import * as fs from "node:fs";
import * as path from "node:path";

import { findOnPath, isExecutable, run } from "../servers/command";

export interface PulumiCli {
  /** The folder to put first on PATH. */
  directory: string;
  /** Without the leading `v`. */
  version: string;
}

export const minimumVersion = "3.190.0";

/** What a TypeScript program with dynamic resources needs beside the CLI. The official packages have all of it. */
export const companions = ["pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"];

/** The CLI on PATH, when it is recent enough and complete. */
export async function pulumiOnPath(): Promise<PulumiCli | undefined> {
  const pulumi = findOnPath("pulumi");
  if (!pulumi) return undefined;
  const version = await pulumiVersion(pulumi);
  const complete = companions.every((name) => companionOf(pulumi, name) !== undefined);
  return version && isRecentEnough(version) && complete ? { directory: path.dirname(pulumi), version } : undefined;
}

/** A language host or provider of the CLI: beside it, where the engine looks first, or on PATH. */
export function companionOf(pulumi: string, name: string): string | undefined {
  const beside = path.join(path.dirname(fs.realpathSync(pulumi)), name);
  return isExecutable(beside) ? beside : findOnPath(name);
}

export async function pulumiVersion(pulumi: string): Promise<string | undefined> {
  const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
  const output = await run(pulumi, ["version"], { env, timeoutMs: 10_000 }).catch(() => "");
  return /^v?(\d+\.\d+\.\d+\S*)/.exec(output.trim())?.[1];
}

export function isRecentEnough(version: string): boolean {
  const [major, minor] = version.split(".").map(Number);
  const [wantedMajor, wantedMinor] = minimumVersion.split(".").map(Number);
  return major === wantedMajor && minor >= wantedMinor;
}
