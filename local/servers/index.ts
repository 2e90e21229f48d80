import { type Progress, silent } from "../cache";
import type { Availability, Engine, Installed } from "./engine";
import { mariadb } from "./mariadb";
import { mysql } from "./mysql";
import { postgresql } from "./postgresql";
import { startEngine } from "./start";
import type { LocalEngine, RunningServer, ServerSpec, StartOptions } from "./types";

export type { Availability, Installed } from "./engine";
export { ServerUnavailable } from "./errors";
export { StartFailed } from "./process";
export { formatSpec, parseServerSpec, supportedSpecs } from "./specs";
export type * from "./types";

const engines: Record<LocalEngine, Engine> = { postgresql, mysql, mariadb };

/** The programs of one server version: from the cache or this machine, else fetched. */
export function installServer(spec: ServerSpec, progress: Progress = silent): Promise<Installed> {
  return engines[spec.engine].install(spec, progress);
}

/** Whether that server is here, or how it would be had. Fetches nothing. */
export function inspectServer(spec: ServerSpec): Promise<Availability> {
  return engines[spec.engine].inspect(spec);
}

/** Starts a server in `options.directory`, with everything it needs fetched and set up on the first use. */
export async function startServer(
  spec: ServerSpec,
  options: StartOptions,
  progress: Progress = silent,
): Promise<RunningServer> {
  const installed = await installServer(spec, progress);
  return startEngine(engines[spec.engine], installed, options, progress);
}
