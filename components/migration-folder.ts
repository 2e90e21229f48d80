import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { DbAccessError, readFolder, type MigrationFile } from "../provisioner/protocol";

/** What a directory holds, and what is wrong with it. */
export function readDirectory(directory: string): ReturnType<typeof readFolder> {
  let names: string[];
  try {
    names = readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new DbAccessError(
      "InvalidInput",
      `directory ${JSON.stringify(directory)} cannot be read (${code ?? "unknown"}); it is looked for from the program's own folder.`,
      { property: "directory" },
    );
  }
  const entries = names
    .filter((name) => name.toLowerCase().endsWith(".sql"))
    .map((name) => ({ name, bytes: readFileSync(join(directory, name)) }));
  return readFolder(entries);
}

/** The files of a directory, checked. Throws one sentence that names every file that is wrong. */
export function readMigrations(directory: string): MigrationFile[] {
  const { files, problems } = readDirectory(directory);
  if (problems.length > 0)
    throw new DbAccessError("InvalidInput", `${problems.map(({ file, words }) => `${file} ${words}`).join(". ")}.`, {
      property: "directory",
    });
  return files;
}

/** Name to hash: all that inputs and state hold of the files. */
export const manifestOf = (files: readonly MigrationFile[]): Record<string, string> =>
  Object.fromEntries(files.map(({ name, sha256 }) => [name, sha256]));

/** As they travel. */
export const packed = (files: readonly MigrationFile[]): string =>
  gzipSync(JSON.stringify(Object.fromEntries(files.map(({ name, text }) => [name, text])))).toString("base64");
