import path from "node:path";
import type { LoadedFleet } from "../config/load";
import type { FleetFile, ProvisionerEntry, TargetEntry } from "../config/schema";
import { fileBackend } from "../config/checks";
import { suggestion } from "../config/suggest";
import { CommandFailure } from "../errors";
import { projectFolder } from "./project";
import type { Fleet, Target } from "./target";

const DEFAULT_CONCURRENCY = 4;

export function resolveFleet({ directory, file }: LoadedFleet): Fleet {
  return {
    project: projectFolder(path.resolve(directory, file.program), file.project, directory),
    backend: file.backend === undefined ? undefined : backendUrl(file.backend, directory),
    concurrency: file.concurrency ?? DEFAULT_CONCURRENCY,
    targets: file.targets.map((entry) => resolveTarget(entry, file.defaults)),
  };
}

export function resolveTarget(entry: TargetEntry, defaults: FleetFile["defaults"] = {}): Target {
  const provisioner = provisionerOf(entry.provisioner, defaults.provisioner);
  return {
    name: entry.name,
    stack: entry.stack ?? entry.name,
    config: { ...texts({ ...defaults.config, ...entry.config }), ...provisioner.config },
    env: { ...provisioner.env, ...defaults.env, ...entry.env },
  };
}

/** A target's own ref replaces an inherited parameter, and the other way round; single keys are inherited otherwise. */
function provisionerOf(own: ProvisionerEntry = {}, inherited: ProvisionerEntry = {}): Pick<Target, "config" | "env"> {
  const ref = own.ref ?? (own.parameter === undefined ? inherited.ref : undefined);
  if (ref !== undefined) return { config: { provisionerRef: JSON.stringify(ref) }, env: { AWS_REGION: ref.region } };
  const { parameter, region, endpointUrl } = { ...inherited, ...own };
  return {
    config: parameter === undefined ? {} : { provisioner: parameter },
    env: {
      ...(region === undefined ? {} : { AWS_REGION: region }),
      ...(endpointUrl === undefined ? {} : { AWS_ENDPOINT_URL_SSM: endpointUrl }),
    },
  };
}

const texts = (config: Record<string, string | number | boolean>): Record<string, string> =>
  Object.fromEntries(Object.entries(config).map(([key, value]) => [key, String(value)]));

/** The engine reads a relative `file://` from its working directory, which is not where the fleet file is. */
function backendUrl(url: string, directory: string): string {
  const folder = fileBackend(url, directory);
  return folder === undefined ? url : `file://${folder}`;
}

/** The named targets in the file's order; all of them when none is named. */
export function chosenTargets(targets: readonly Target[], names: readonly string[]): Target[] {
  for (const name of names) {
    if (targets.some((target) => target.name === name)) continue;
    const known = targets.map((target) => target.name);
    const meant = suggestion(name, known);
    const fix = meant === undefined ? `known targets: ${known.join(", ")}` : `did you mean ${meant}?`;
    throw new CommandFailure("UnknownTarget", `No target is called ${JSON.stringify(name)}; ${fix}`);
  }
  return names.length === 0 ? [...targets] : targets.filter((target) => names.includes(target.name));
}
