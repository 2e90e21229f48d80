import * as fs from "node:fs";
import * as path from "node:path";

import type { Progress } from "../cache";
import { findOnPath, firstLine, run } from "./command";
import { ServerUnavailable } from "./errors";

/** Otherwise root's downloads run as a user who cannot enter the folder. Means nothing for anybody else. */
const sandbox = ["-o", "APT::Sandbox::User=root"];

/** Options that keep everything apt writes inside one folder. They need no root and leave the machine untouched. */
export function privateApt(folder: string): string[] {
  for (const name of ["lists/partial", "cache/archives/partial"]) {
    fs.mkdirSync(path.join(folder, name), { recursive: true });
  }
  const settings = {
    "Dir::State::lists": path.join(folder, "lists"),
    "Dir::Cache": path.join(folder, "cache"),
    "Acquire::Languages": "none",
  };
  return [...sandbox, ...Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`])];
}

/** Downloads Debian packages and unpacks them below `root`; nothing is installed. */
export async function unpackDebian(packages: string[], root: string, what: string, progress: Progress): Promise<void> {
  if (!findOnPath("apt-get") || !findOnPath("dpkg-deb")) {
    throw new ServerUnavailable(
      `${what} is fetched from Debian packages, and this machine has no apt: install it so that it is on PATH.`,
    );
  }
  fs.mkdirSync(root, { recursive: true });
  const work = fs.mkdtempSync(path.join(root, ".debian-"));
  try {
    await download(packages, work, progress);
    await unpackAll(work, root);
  } catch (error) {
    const reason = firstLine(error);
    throw new ServerUnavailable(`${what} could not be fetched from Debian (${packages.join(", ")}): ${reason}`, {
      cause: error,
    });
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}

async function download(packages: string[], work: string, progress: Progress): Promise<void> {
  progress(`fetching ${packages.join(", ")} from Debian`);
  try {
    await run("apt-get", [...sandbox, "download", "-qq", ...packages], { cwd: work });
  } catch {
    // The package lists are missing (as in most container images) or too old: fetch fresh ones for this download.
    progress("fetching Debian's package lists");
    const apt = privateApt(path.join(work, "apt"));
    await run("apt-get", [...apt, "update", "-qq"]);
    await run("apt-get", [...apt, "download", "-qq", ...packages], { cwd: work });
  }
}

export async function unpackAll(folder: string, root: string): Promise<void> {
  for (const file of fs.readdirSync(folder).filter((name) => name.endsWith(".deb"))) {
    await run("dpkg-deb", ["-x", path.join(folder, file), root]);
  }
}
