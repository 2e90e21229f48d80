import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { DbAccessError } from "../errors";
import type { MigrationRequest } from "../protocol/migrations";
import { readArchive, type ArchivePlace } from "./archive";
import { parseFileName } from "./file-name";
import { readFolder, type FileProblem, type MigrationFile } from "./folder";
import type { PlannedFile } from "./plan";

/** Unpacked; a small archive may hold much. */
const MOST_BYTES = 64 * 1024 * 1024;

/** The texts of a request, each compared with the hash that was promised for it. Undefined when none came along. */
export async function textsOf(
  { texts, archive, files }: Pick<MigrationRequest, "texts" | "archive" | "files">,
  place: ArchivePlace,
): Promise<MigrationFile[] | undefined> {
  if (texts === undefined && archive === undefined) return undefined;
  if (texts !== undefined && archive !== undefined)
    throw new DbAccessError("InvalidInput", "The request has files of its own and in S3; nothing was changed.");
  const packed = archive === undefined ? Buffer.from(texts ?? "", "base64") : await readArchive(archive, place);
  const entries = Object.entries(unpacked(packed)).map(([name, text]) => ({ name, bytes: Buffer.from(text, "utf8") }));
  const folder = readFolder(entries);
  if (folder.problems.length > 0) throw refusal(folder.problems);
  const promised = new Map(files.map(({ name, sha256 }) => [name, sha256]));
  const different = folder.files.filter(({ name, sha256 }) => promised.get(name) !== sha256);
  const absent = files.filter(({ name }) => !folder.files.some((file) => file.name === name));
  if (different.length > 0 || absent.length > 0)
    throw new DbAccessError(
      "MigrationRefused",
      `${[...different, ...absent].map(({ name }) => name).join(", ")}: what came is not what the program read; run it again. Nothing was changed.`,
    );
  return folder.files;
}

function unpacked(packed: Buffer): Record<string, string> {
  try {
    const json = gunzipSync(packed, { maxOutputLength: MOST_BYTES }).toString("utf8");
    return z.record(z.string(), z.string()).parse(JSON.parse(json));
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    const what = tooLarge ? `have more than ${MOST_BYTES} bytes` : "cannot be unpacked";
    throw new DbAccessError("InvalidInput", `The request's files ${what}; nothing was changed.`);
  }
}

export function plannedFiles({ files }: MigrationRequest): PlannedFile[] {
  return files.map(({ name, sha256 }) => {
    const parsed = parseFileName(name);
    if (parsed === undefined)
      throw new DbAccessError("InvalidInput", `${JSON.stringify(name)} is not the name of a migration file.`);
    return { ...parsed, sha256 };
  });
}

const SHOWN = 10;

export function refusal(problems: readonly FileProblem[]): DbAccessError {
  const lines = problems.slice(0, SHOWN).map(({ file, words }) => `${file} ${words}`);
  const more = problems.length > SHOWN ? ` And ${problems.length - SHOWN} more.` : "";
  return new DbAccessError("MigrationRefused", `${lines.join(". ")}.${more} Nothing was changed.`);
}
