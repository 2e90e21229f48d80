import * as fs from "node:fs";
import * as path from "node:path";

import { cached, type Progress } from "../cache";
import { CommandFailed, run } from "./command";
import { ServerUnavailable } from "./errors";
import { unpackDebian } from "./install-debian";

/** Debian packages by the library they hold; the second name is the package's later one. */
const packagesOf: Record<string, string[]> = {
  "libaio.so.1": ["libaio1", "libaio1t64"],
  "libnuma.so.1": ["libnuma1"],
  "liburing.so.2": ["liburing2"],
  "libsnappy.so.1": ["libsnappy1v5"],
  "libpcre2-8.so.0": ["libpcre2-8-0"],
  "libltdl.so.7": ["libltdl7"],
  "libwrap.so.0": ["libwrap0"],
  "libodbc.so.2": ["libodbc2"],
  "libsasl2.so.2": ["libsasl2-2"],
  "libldap-2.5.so.0": ["libldap-2.5-0"],
  "liblber-2.5.so.0": ["libldap-2.5-0"],
  "libldap.so.2": ["libldap2"],
  "liblber.so.2": ["libldap2"],
  "libgnutls.so.30": ["libgnutls30", "libgnutls30t64"],
};

export interface Runnable {
  /** What the program prints for `--version`. */
  version: string;
  env?: NodeJS.ProcessEnv;
}

/**
 * Runs the program to see its version, and as long as a shared library is missing on this machine, fetches it into the
 * cache. `own` is a folder of libraries that came with it.
 */
export async function withLibraries(
  program: string,
  progress: Progress,
  { ask = "--version", own }: { ask?: string; own?: string } = {},
): Promise<Runnable> {
  const folders: string[] = own === undefined ? [] : [own];
  for (;;) {
    const env = folders.length ? { LD_LIBRARY_PATH: folders.join(path.delimiter) } : undefined;
    try {
      return { version: await run(program, [ask], { env: { ...process.env, ...env } }), env };
    } catch (error) {
      const missing = error instanceof CommandFailed && /shared libraries: (\S+):/.exec(error.output)?.[1];
      if (!missing) throw error;
      const folder = await fetchLibrary(missing, progress);
      if (folders.includes(folder)) throw error;
      folders.push(folder);
    }
  }
}

async function fetchLibrary(library: string, progress: Progress): Promise<string> {
  const names = packagesOf[library];
  if (!names)
    throw new ServerUnavailable(`The shared library ${library} is missing: install the package that holds it.`);
  return cached(
    "libraries",
    `${library}-${process.arch}`,
    (target) => fill(target, library, names, progress),
    progress,
  );
}

async function fill(target: string, library: string, names: string[], progress: Progress): Promise<void> {
  const root = path.join(target, "root");
  await fetchFirst(names, root, library, progress);
  for (const file of librariesBelow(root)) {
    // A later Debian release adds a suffix to the name; the library itself is the same.
    for (const wanted of new Set([path.basename(file), path.basename(file).replace(/t64$/, "")])) {
      fs.copyFileSync(file, path.join(target, wanted));
    }
  }
  fs.rmSync(root, { recursive: true });
}

/** The first of the names that can be had; when none can, the usual name's error is the one to show. */
async function fetchFirst(names: string[], root: string, library: string, progress: Progress): Promise<void> {
  const [name, ...laterNames] = names;
  try {
    await unpackDebian([name], root, library, progress);
  } catch (error) {
    if (laterNames.length === 0) throw error;
    await fetchFirst(laterNames, root, library, progress).catch(() => {
      throw error;
    });
  }
}

function librariesBelow(root: string): string[] {
  const entries = fs.readdirSync(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => /\.so(\.|$)/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name));
}
