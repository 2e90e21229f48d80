import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Told one plain line whenever something is fetched, built or waited for. */
export type Progress = (line: string) => void;

export const silent: Progress = () => undefined;

/** What was downloaded or built once per machine: server binaries, data-directory templates, the Pulumi CLI. */
export function cacheDirectory(): string {
  const { DB_ACCESS_CACHE: own, XDG_CACHE_HOME: xdg } = process.env;
  const directory = path.resolve(own || path.join(xdg || path.join(os.homedir(), ".cache"), "db-access"));
  const checkout = packageRoot();
  if (directory === checkout || directory.startsWith(checkout + path.sep)) {
    throw new Error(`The cache ${directory} lies inside the checkout: set DB_ACCESS_CACHE to a folder outside of it.`);
  }
  return directory;
}

/** The nearest folder with a package.json: one level up from the sources, two from the compiled files. */
function packageRoot(): string {
  let directory = __dirname;
  while (!fs.existsSync(path.join(directory, "package.json"))) directory = path.dirname(directory);
  return directory;
}

/**
 * Tells one process from a later one with the same id: container runs use the same low numbers again and again. Only
 * Linux offers the start time without another program; elsewhere the id alone has to do.
 */
export function processIdentity(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return undefined;
  }
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A zombie has ended; only its parent has not looked yet.
    return fields[0] === "Z" ? undefined : `${pid} ${fields[19]}`;
  } catch {
    return `${pid}`;
  }
}

/** The process id behind an identity, or undefined when that process is gone. */
export function livingProcess(identity: string): number | undefined {
  const pid = Number.parseInt(identity, 10);
  return pid > 0 && processIdentity(pid) === identity ? pid : undefined;
}

/** Runs `fn` while no other process of this machine holds the lock `name`. A lock whose owner has died is taken over. */
export async function withLock<T>(name: string, fn: () => Promise<T>, progress: Progress = silent): Promise<T> {
  const directory = path.join(cacheDirectory(), "locks");
  fs.mkdirSync(directory, { recursive: true });
  const lock = path.join(directory, `${name.replace(/[^\w.@-]/g, "_")}.lock`);
  const claim = fs.mkdtempSync(path.join(directory, "claim-"));
  const mine = path.join(claim, "owner");
  fs.writeFileSync(mine, processIdentity(process.pid) ?? `${process.pid}`);
  try {
    let told = false;
    while (!take(mine, lock)) {
      const owner = removeIfOwnerDied(lock);
      if (owner === undefined) continue;
      if (!told && owner !== process.pid) progress(`waiting for process ${owner}, which is setting up ${name}`);
      told = true;
      await sleep(50);
    }
    try {
      return await fn();
    } finally {
      fs.rmSync(lock, { force: true });
    }
  } finally {
    fs.rmSync(claim, { recursive: true, force: true });
  }
}

/** A hard link appears together with its content, so nobody ever reads a lock without an owner in it. */
function take(mine: string, lock: string): boolean {
  try {
    fs.linkSync(mine, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/**
 * The living owner, or undefined when the lock can be tried again. Two waiters may both see the same dead owner and the
 * slower one remove the lock of the faster: then the same thing is set up twice, and `cached` keeps one of the two.
 */
function removeIfOwnerDied(lock: string): number | undefined {
  try {
    const owner = livingProcess(fs.readFileSync(lock, "utf8"));
    if (owner === undefined) fs.rmSync(lock, { force: true });
    return owner;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** The folder `kind/name` of the cache, when it has been filled. */
export function cacheEntry(kind: string, name: string): string | undefined {
  const target = path.join(cacheDirectory(), kind, name);
  return fs.existsSync(target) ? target : undefined;
}

/**
 * The cache folder `kind/name`, filled by `fill` when it is not there. It is filled under another name and renamed when
 * complete, so a set-up that is killed leaves nothing that looks finished.
 */
export async function cached(
  kind: string,
  name: string,
  fill: (directory: string) => Promise<void>,
  progress: Progress = silent,
): Promise<string> {
  const target = path.join(cacheDirectory(), kind, name);
  if (fs.existsSync(target)) return target;
  return withLock(
    `${kind}-${name}`,
    async () => {
      if (fs.existsSync(target)) return target;
      const parent = path.dirname(target);
      fs.mkdirSync(parent, { recursive: true });
      const unfinished = `.unfinished-${name}-`;
      for (const entry of fs.readdirSync(parent)) {
        if (entry.startsWith(unfinished)) fs.rmSync(path.join(parent, entry), { recursive: true, force: true });
      }
      const work = fs.mkdtempSync(path.join(parent, unfinished));
      try {
        // mkdtemp makes it private; a server that runs as another user must be able to read it.
        fs.chmodSync(work, 0o755);
        await fill(work);
        moveInto(work, target);
      } finally {
        fs.rmSync(work, { recursive: true, force: true });
      }
      return target;
    },
    progress,
  );
}

function moveInto(work: string, target: string): void {
  try {
    fs.renameSync(work, target);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // Somebody else finished first: theirs is as good.
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
  }
}
