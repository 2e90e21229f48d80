import * as fs from "node:fs";
import * as path from "node:path";

import { findOnPath } from "./command";
import { ServerUnavailable } from "./errors";

/** PostgreSQL refuses to run as root, so root starts every server as `nobody`. */
const nobody = 65534;

/** The user id the servers run as. */
export function serverUid(): number {
  const own = process.getuid?.() ?? 0;
  return own === 0 ? nobody : own;
}

/** Hands a file or folder to the user the servers run as. */
export function giveToServer(target: string): void {
  if (process.getuid?.() === 0) fs.chownSync(target, nobody, nobody);
}

export interface AccountCommand {
  program: string;
  args: string[];
  uid?: number;
  gid?: number;
}

/** How to run a program as the servers' user. `paths` are the files and folders it must be able to reach. */
export function asServerAccount(program: string, args: string[], paths: string[]): AccountCommand {
  if (process.getuid?.() !== 0) return { program, args };
  if ([program, ...paths].every(reachable)) return { program, args, uid: nobody, gid: nobody };
  // Root's home and temporary folders are usually closed to others. The program then runs as `nobody` with the one
  // capability that opens folders; the secure bit makes access(2), which PostgreSQL uses, count it as well.
  const setpriv = findOnPath("setpriv");
  if (!setpriv) {
    throw new ServerUnavailable(
      `A server started by root runs as nobody, who cannot reach ${paths.find((entry) => !reachable(entry)) ?? program}: ` +
        "install setpriv (util-linux), run as an ordinary user, or use folders that others may enter.",
    );
  }
  const identity = [`--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups", "--securebits=+no_setuid_fixup"];
  const capability = ["--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override"];
  return { program: setpriv, args: [...identity, ...capability, "--", program, ...args] };
}

/** Whether every folder above lets others pass. */
function reachable(target: string): boolean {
  const parent = path.dirname(fs.realpathSync(target));
  for (let folder = parent; ; folder = path.dirname(folder)) {
    const { mode, uid } = fs.statSync(folder);
    if (!(mode & 0o001) && !(uid === nobody && mode & 0o100)) return false;
    if (folder === path.dirname(folder)) return true;
  }
}
