import { type Progress, silent } from "../cache";
import { findOnPath, firstLine } from "../servers/command";
import { PulumiUnavailable } from "./errors";
import { goBuildIsCached, pulumiFromGo } from "./go-build";
import { installerIsCached, pulumiFromInstaller } from "./installer";
import { minimumVersion, type PulumiCli, pulumiOnPath } from "./path";

export { PulumiUnavailable } from "./errors";

export interface Pulumi extends PulumiCli {
  source: "path" | "installer" | "go";
}

interface Way {
  source: "installer" | "go";
  what: string;
  isCached: () => boolean;
  get: (progress: Progress) => Promise<PulumiCli>;
}

const ways: Way[] = [
  { source: "installer", what: "the official installer", isCached: installerIsCached, get: pulumiFromInstaller },
  { source: "go", what: "building it with Go", isCached: goBuildIsCached, get: pulumiFromGo },
];

/** A Pulumi CLI with the Node.js host and the provider of dynamic resources, all in one folder or on PATH. */
export async function ensurePulumi(progress: Progress = silent): Promise<Pulumi> {
  const own = await pulumiOnPath();
  if (own) return { ...own, source: "path" };
  // What is here already comes before a better way that would have to use the network.
  const cached = ways.filter((way) => way.isCached());
  const reasons: string[] = [];
  for (const { source, what, get } of cached.length ? cached : ways) {
    try {
      return { ...(await get(progress)), source };
    } catch (error) {
      reasons.push(`${what} (${firstLine(error)})`);
    }
  }
  throw new PulumiUnavailable(
    `There is no Pulumi CLI ${minimumVersion} or newer on PATH, and none could be fetched: install it and try again. ` +
      `Tried ${reasons.join(" and ")}.`,
  );
}

export type PulumiFound =
  { found: string; from: "path" | "cache"; directory: string } | { found: null; willFetch: string };

/** Whether a CLI is here, or how it would be had. Fetches nothing. */
export async function inspectPulumi(): Promise<PulumiFound> {
  const own = await pulumiOnPath();
  if (own) return { found: own.version, from: "path", directory: own.directory };
  const cached = ways.find((way) => way.isCached());
  if (cached) {
    const { version, directory } = await cached.get(silent);
    return { found: version, from: "cache", directory };
  }
  const last = findOnPath("go") ? ", else built with Go in about three minutes" : "";
  return { found: null, willFetch: `with its official installer${last}` };
}
