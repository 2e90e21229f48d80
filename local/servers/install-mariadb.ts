import * as fs from "node:fs";
import * as path from "node:path";

import { cacheEntry, cached, type Progress } from "../cache";
import { findOnPath, run } from "./command";
import type { Availability, Installed } from "./engine";
import { ServerUnavailable } from "./errors";
import { unpackDebian } from "./install-debian";
import { withLibraries } from "./libraries";
import { formatSpec } from "./specs";
import type { ServerSpec } from "./types";
import { mariadbVersion } from "./version-output";

/** MariaDB of this machine when it has this series, else the server's Debian package, unpacked and not installed. */
export async function installMariadb(spec: ServerSpec, progress: Progress): Promise<Installed> {
  return (await fromThisMachine(spec)) ?? fromDebian(spec, progress);
}

export async function inspectMariadb(spec: ServerSpec): Promise<Availability> {
  const own = await fromThisMachine(spec);
  if (own) return { found: own.version, from: own.binaries.mariadbd };
  if (cacheEntry("mariadb", entryName(spec))) return { found: spec.version, from: "cache" };
  if (findOnPath("apt-get")) return { found: null, willFetch: "from Debian's packages, 8 MB" };
  return { found: null, missing: "neither mariadbd nor apt, which fetches it, is on PATH" };
}

async function fromThisMachine(spec: ServerSpec): Promise<Installed | undefined> {
  const mariadbd = findOnPath("mariadbd");
  const version = mariadbd && mariadbVersion(await run(mariadbd, ["--version"]).catch(() => ""));
  return mariadbd && version?.startsWith(`${spec.version}.`)
    ? installed(spec, mariadbd, version, "this machine")
    : undefined;
}

function entryName(spec: ServerSpec): string {
  return `${spec.version}-debian-${process.arch}`;
}

async function fromDebian(spec: ServerSpec, progress: Progress): Promise<Installed> {
  const fill = (directory: string) => unpackDebian(["mariadb-server-core"], directory, formatSpec(spec), progress);
  const root = await cached("mariadb", entryName(spec), fill, progress);
  const mariadbd = path.join(root, "usr", "sbin", "mariadbd");
  const { version: output, env } = await withLibraries(mariadbd, progress);
  const version = mariadbVersion(output);
  if (!version?.startsWith(`${spec.version}.`)) {
    const fix = `install MariaDB ${spec.version} so that mariadbd is on PATH`;
    throw new ServerUnavailable(
      `${formatSpec(spec)} cannot be had: the Debian release of this machine has ${version ?? "another version"}; ${fix}.`,
    );
  }
  return { ...installed(spec, mariadbd, version, "Debian"), env };
}

function installed(spec: ServerSpec, mariadbd: string, version: string, source: string): Installed {
  const prefix = path.dirname(path.dirname(fs.realpathSync(mariadbd)));
  const share = ["share/mysql", "share/mariadb"]
    .map((name) => path.join(prefix, name))
    .find((folder) => fs.existsSync(folder));
  if (!share) throw new ServerUnavailable(`${formatSpec(spec)}: ${mariadbd} has no folder of system tables beside it.`);
  const folders = [
    `--basedir=${prefix}`,
    `--lc-messages-dir=${share}`,
    `--character-sets-dir=${path.join(share, "charsets")}`,
  ];
  return { spec, version, source, binaries: { mariadbd }, root: share, folders };
}
