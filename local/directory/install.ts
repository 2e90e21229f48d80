import * as fs from "node:fs";
import * as path from "node:path";

import { cached, type Progress, silent } from "../cache";
import { findOnPath } from "../servers/command";
import { ServerUnavailable } from "../servers/errors";
import { unpackDebian } from "../servers/install-debian";
import { withLibraries } from "../servers/libraries";

export interface InstalledDirectory {
  slapd: string;
  /** The same program under the name that makes it load entries. */
  slapadd: string;
  schema: string;
  modules: string;
  env?: NodeJS.ProcessEnv;
}

const what = "OpenLDAP's slapd";

/** OpenLDAP's server from Debian's package, unpacked into the cache and not installed. */
export async function installDirectory(progress: Progress = silent): Promise<InstalledDirectory> {
  const fill = (directory: string) => {
    if (!findOnPath("apt-get"))
      throw new ServerUnavailable(
        `${what} is fetched from Debian's packages, and this machine has no apt; DB_ACCESS_SKIP_ENGINES=slapd leaves out what needs it.`,
      );
    return unpackDebian(["slapd"], directory, what, progress);
  };
  const root = await cached("openldap", `debian-${process.arch}`, fill, progress);
  const slapd = path.join(root, "usr", "sbin", "slapd");
  const { env } = await withLibraries(slapd, progress, { ask: "-VV", own: librariesIn(root) });
  const found = {
    slapd,
    slapadd: path.join(root, "usr", "sbin", "slapadd"),
    schema: path.join(root, "etc", "ldap", "schema"),
    modules: path.join(root, "usr", "lib", "ldap"),
  };
  const missing = Object.values(found).find((file) => !fs.existsSync(file));
  if (missing !== undefined)
    throw new ServerUnavailable(`${what} cannot be used: its Debian package has no ${missing}.`);
  return { ...found, env };
}

/** `usr/lib/x86_64-linux-gnu`, or what the folder of this machine's kind is called. */
function librariesIn(root: string): string | undefined {
  const parent = path.join(root, "usr", "lib");
  const folder = fs.readdirSync(parent).find((name) => name.includes("-linux-"));
  return folder === undefined ? undefined : path.join(parent, folder);
}
