import * as fs from "node:fs";
import * as path from "node:path";

import { cached, type Progress } from "../cache";
import { findOnPath, firstLine, run } from "./command";
import type { Installed } from "./engine";
import { ServerUnavailable } from "./errors";
import { privateApt, unpackAll } from "./install-debian";
import { formatSpec } from "./specs";
import type { ServerSpec } from "./types";
import { mysqlVersion } from "./version-output";

/** Needed by maintainer scripts only, which never run here. */
const notNeeded = /^(perl|libperl|libdb5|libgdbm|libc-gconv)/;

/**
 * MySQL 9.7 from Debian's development release, unpacked with its complete set of libraries and run with that release's
 * own loader. It moves on, so no version is pinned: the one that was found is what the server reports.
 */
export async function installMysqlFromSid(spec: ServerSpec, progress: Progress): Promise<Installed> {
  const fill = async (directory: string) => {
    if (!findOnPath("apt-get") || !findOnPath("dpkg-deb")) {
      throw new ServerUnavailable(
        `${formatSpec(spec)} is fetched from Debian packages, and this machine has no apt: install it so that mysqld is on PATH.`,
      );
    }
    progress(`fetching MySQL ${spec.version} from Debian's development release`);
    await fetchFromSid(spec, directory);
  };
  const root = await cached("mysql", sidEntryName(spec), fill, progress);
  const libraries = libraryFolder(root);
  const mysqld = path.join(root, "usr/sbin/mysqld");
  const loader = [loaderIn(libraries), "--library-path", libraries];
  // The machine's OpenSSL configuration is for another version of the library.
  const env = { OPENSSL_CONF: "/dev/null" };
  const output = await run(loader[0], [...loader.slice(1), mysqld, "--version"], { env: { ...process.env, ...env } });
  const version = mysqlVersion(output);
  if (!version?.startsWith(`${spec.version}.`)) {
    throw new ServerUnavailable(
      `Debian's development release now has MySQL ${version ?? "of an unknown version"}, not ${spec.version}.`,
    );
  }
  const folders = [
    `--basedir=${path.join(root, "usr")}`,
    `--lc-messages-dir=${path.join(root, "usr/share/mysql")}`,
    `--plugin-dir=${path.join(root, "usr/lib/mysql/plugin")}`,
    `--character-sets-dir=${path.join(root, "usr/share/mysql/charsets")}`,
  ];
  return { spec, version, source: "Debian sid", binaries: { mysqld }, root, env, loader, folders };
}

export function sidEntryName(spec: ServerSpec): string {
  return `${spec.version}-sid-${process.arch}`;
}

async function fetchFromSid(spec: ServerSpec, directory: string): Promise<void> {
  const work = path.join(directory, "apt");
  const downloads = path.join(directory, "packages");
  fs.mkdirSync(downloads, { recursive: true });
  try {
    const own = privateApt(work);
    const apt = [...own, ...(await onlySid(work, own))];
    await run("apt-get", [...apt, "update", "-qq"]);
    const install = ["-y", "-qq", "--no-install-recommends", "install", "--print-uris", "mysql-server-core"];
    const names = (await run("apt-get", [...apt, ...install]))
      .split("\n")
      .filter((line) => line.startsWith("'"))
      .map((line) => line.split(" ")[1].replace(/_.*/, ""))
      .filter((name) => !notNeeded.test(name));
    await run("apt-get", [...apt, "download", "-qq", ...names], { cwd: downloads });
    await unpackAll(downloads, directory);
  } catch (error) {
    throw new ServerUnavailable(`${formatSpec(spec)} could not be fetched from Debian: ${firstLine(error)}`, {
      cause: error,
    });
  }
  fs.rmSync(work, { recursive: true });
  fs.rmSync(downloads, { recursive: true });
}

/** Asks the machine's own mirror for another release, with nothing installed: so apt lists every library. */
async function onlySid(work: string, apt: string[]): Promise<string[]> {
  const sources = path.join(work, "sid.list");
  const status = path.join(work, "status");
  fs.writeFileSync(sources, `deb ${await debianMirror(apt)} sid main\n`);
  fs.writeFileSync(status, "");
  const settings = [`Dir::Etc::sourcelist=${sources}`, "Dir::Etc::sourceparts=-", `Dir::State::status=${status}`];
  return settings.flatMap((setting) => ["-o", setting]);
}

async function debianMirror(apt: string[]): Promise<string> {
  const known = await mirrorIn([]);
  if (known) return known;
  // apt knows its mirrors by the package lists it has: a machine without any gets some for this purpose.
  await run("apt-get", [...apt, "update", "-qq"]);
  const mirror = await mirrorIn(apt);
  if (!mirror) throw new Error("No Debian mirror is configured on this machine.");
  return mirror;
}

async function mirrorIn(apt: string[]): Promise<string | undefined> {
  const targets = await run("apt-get", [...apt, "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]);
  return targets.split("\n").find((uri) => /\/debian\/?$/.test(uri));
}

function libraryFolder(root: string): string {
  const parent = path.join(root, "usr/lib");
  const name = fs.readdirSync(parent).find((entry) => entry.endsWith("-linux-gnu"));
  return path.join(parent, name ?? "");
}

function loaderIn(libraries: string): string {
  const name = fs.readdirSync(libraries).find((entry) => entry.startsWith("ld-linux"));
  return path.join(libraries, name ?? "");
}
