import { DatabaseError } from "pg";
import { TimeRanOut } from "../deadline";
import type { MigrationFile } from "../folder";
import type { FileFailure } from "../run";

/** Of a value and not of a name: the server's words would repeat what stands in the file or in a row. */
const aboutValues = /^(22|23|P0)/;

/** The server's message without its detail: that holds rows. */
export function failureOf(
  error: unknown,
  file: MigrationFile,
  { rolledBack, statement }: { rolledBack: boolean; statement?: number },
): FileFailure {
  const base = { file: file.name, rolledBack, ...(statement === undefined ? {} : { statement }) };
  if (!(error instanceof DatabaseError))
    return {
      ...base,
      rolledBack,
      words:
        error instanceof TimeRanOut
          ? "the time ran out, and its session was ended; give it more time or split it"
          : "the connection was lost or the time ran out while it ran",
    };
  const { code = "", message, position, constraint, column, table, internalPosition } = error;
  const line =
    position === undefined || internalPosition !== undefined || statement !== undefined
      ? undefined
      : lineOf(file.text, Number(position));
  const about = [table, column, constraint].filter((name) => name !== undefined && name !== "").join(", ");
  const words = aboutValues.test(code) ? `the server refused a value${about === "" ? "" : ` (${about})`}` : message;
  return { ...base, code, ...(line === undefined ? {} : { line }), words };
}

const lineOf = (text: string, position: number): number =>
  [...text].slice(0, Math.max(0, position - 1)).filter((character) => character === "\n").length + 1;
