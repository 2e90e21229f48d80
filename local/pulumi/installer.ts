import * as fs from "node:fs";
import * as path from "node:path";

import { cacheEntry, cached, type Progress } from "../cache";
import { run } from "../servers/command";
import { type PulumiCli, pulumiVersion } from "./path";

const installDeadlineMs = 5 * 60_000;

/**
 * Runs the official installer through the Automation API, in a process of its own: there a request that hangs can be
 * given up, and the first one, for the small install script, tells within 20 s whether there is a network at all.
 */
const installScript = `
  const fetchOnce = globalThis.fetch;
  globalThis.fetch = (url, options) => fetchOnce(url, { ...options, signal: AbortSignal.timeout(20000) });
  const { PulumiCommand } = require(process.argv[1]);
  PulumiCommand.install({ root: process.argv[2] }).catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
`;

/** One failure is remembered for this process only: the network may be there the next time. */
let failed: Error | undefined;

export async function pulumiFromInstaller(progress: Progress): Promise<PulumiCli> {
  if (failed) throw failed;
  try {
    return await install(progress);
  } catch (error) {
    failed = error as Error;
    throw failed;
  }
}

export function installerIsCached(): boolean {
  return cacheEntry("pulumi", entryName()) !== undefined;
}

/** The installer fetches the version of the SDK. */
function sdkVersion(): string {
  const description = fs.readFileSync(require.resolve("@pulumi/pulumi/package.json"), "utf8");
  return (JSON.parse(description) as { version: string }).version;
}

function entryName(): string {
  return `installer-${sdkVersion()}-${process.platform}-${process.arch}`;
}

async function install(progress: Progress): Promise<PulumiCli> {
  const wanted = sdkVersion();
  const fill = async (directory: string) => {
    progress(`fetching the Pulumi CLI ${wanted} with its official installer`);
    const automation = require.resolve("@pulumi/pulumi/automation");
    await run(process.execPath, ["-e", installScript, automation, directory], { timeoutMs: installDeadlineMs });
  };
  const root = await cached("pulumi", entryName(), fill, progress);
  const directory = path.join(root, "bin");
  const version = await pulumiVersion(path.join(directory, "pulumi"));
  if (!version) throw new Error("The installed Pulumi CLI does not run.");
  return { directory, version };
}
