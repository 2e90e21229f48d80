import { errnoOf } from "../../engines/mysql/errors";
import type { MigrationFile } from "../folder";
import type { FileFailure } from "../run";
import { TimeRanOut } from "../deadline";

/** About names and rights: every other message of the server may repeat what stands in the file or in a row. */
const aboutNames: Readonly<Record<number, string>> = {
  1007: "the database is there already",
  1044: "the role may not do this in that database",
  1049: "there is no such database",
  1050: "the table is there already",
  1051: "there is no such table",
  1054: "there is no such column",
  1060: "the column is there already",
  1061: "the index is there already",
  1062: "two rows have the same key",
  1064: "it is no SQL that the server reads",
  1091: "what it drops is not there",
  1142: "the role may not do this on that table",
  1143: "the role may not do this on that column",
  1146: "there is no such table",
  1205: "another session held a lock for too long",
  1213: "it and another session waited for each other",
  1227: "it needs a right of the whole server",
  1304: "the routine is there already",
  1305: "there is no such routine",
  1359: "the trigger is there already",
  1360: "there is no such trigger",
  1419: "with binary logging, a trigger or function needs log_bin_trust_function_creators = 1 in the parameter group",
  1969: "it ran too long",
  3024: "it ran too long",
};

/** DDL commits by itself: what came before in the file is there, unless it only looked. */
export function failureOf(
  error: unknown,
  file: MigrationFile,
  { statement, rolledBack = false }: { statement?: number; rolledBack?: boolean },
): FileFailure {
  const errno = errnoOf(error);
  return {
    file: file.name,
    ...(statement === undefined ? {} : { statement }),
    rolledBack,
    ...(errno === undefined ? {} : { code: String(errno) }),
    words: wordsOf(error, errno),
  };
}

function wordsOf(error: unknown, errno: number | undefined): string {
  if (error instanceof TimeRanOut) return "the time ran out, and its session was ended; give it more time or split it";
  if (errno === undefined) return "the connection was lost or the time ran out while it ran";
  return aboutNames[errno] ?? "the server refused it; its log and its documentation have the words to the number";
}
