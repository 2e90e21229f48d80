import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compareVersions, parseFileName } from "../../provisioner/migrations/file-name";
import { CommandFailure } from "../errors";
import { defaultDirectory } from "./folder";
import { downTemplate, repeatableTemplate, verifyTemplate, versionedTemplate } from "./templates";

export interface NewOptions {
  directory?: string;
  repeatable?: boolean;
  with?: readonly string[];
}

/** Writes the next file of the folder, and what was asked for beside it. Never over what is there. */
export function newMigration(what: string, options: NewOptions, now = new Date()): string[] {
  const { directory = defaultDirectory, repeatable = false, with: beside = [] } = options;
  const stem = repeatable ? `R__${slugOf(what)}` : `${nextNumber(namesIn(directory), now)}_${slugOf(what)}`;
  const files: [name: string, text: string][] = [
    [`${stem}.sql`, repeatable ? repeatableTemplate(what) : versionedTemplate(what)],
    ...(beside.includes("verify") ? [[`${stem}.verify.sql`, verifyTemplate(stem)] as [string, string]] : []),
    ...(beside.includes("down") ? [[`${stem}.down.sql`, downTemplate(stem)] as [string, string]] : []),
  ];
  mkdirSync(directory, { recursive: true });
  const taken = files.map(([name]) => join(directory, name)).find((path) => existsSync(path));
  if (taken !== undefined) throw isThere(taken);
  return files.map(([name, text]) => write(join(directory, name), text));
}

function write(path: string, text: string): string {
  try {
    writeFileSync(path, text, { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw isThere(path);
  }
  return path;
}

const isThere = (path: string): CommandFailure =>
  new CommandFailure("FileExists", `${path} is there already, and was let be; change it, or choose other words.`);

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** What a file name may hold of it. */
function slugOf(what: string): string {
  const slug = what
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, 100)
    .replace(/_+$/, "");
  if (slug === "")
    throw new CommandFailure(
      "BadArguments",
      "Say what it does in letters or digits of ASCII, for example: add orders.",
    );
  return slug;
}

const timeNumber = (time: Date): string => time.toISOString().replace(/\D/g, "").slice(0, 14);

/** 20260131120000: the time at which somebody wrote it. */
const isTime = (digits: string): boolean =>
  /^(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[0-2]\d[0-5]\d[0-5]\d$/.test(digits);

/** The next free one, as wide as the last; in a folder numbered by time, the time. */
function nextNumber(names: readonly string[], now: Date): string {
  const numbers = names
    .filter((name) => parseFileName(name)?.version !== undefined)
    .map((name) => /^\d+/.exec(name)?.[0] ?? "")
    .sort((a, b) => compareVersions(String(BigInt(a)), String(BigInt(b))));
  const last = numbers.at(-1);
  if (last === undefined) return "0001";
  const next = BigInt(last) + 1n;
  const time = timeNumber(now);
  if (isTime(last) && BigInt(time) >= next) return time;
  return String(next).padStart(last.length, "0");
}
