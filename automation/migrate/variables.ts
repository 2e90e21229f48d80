import { readFileSync } from "node:fs";
import { migrationSchema, type MigrationSpec } from "../../provisioner/protocol";
import { CommandFailure, failureMessage } from "../errors";

/** The program's `variables`, from a file with them as JSON. */
export function variablesIn(file: string | undefined): MigrationSpec["variables"] {
  if (file === undefined) return undefined;
  const parsed = migrationSchema.shape.variables.safeParse(jsonIn(file));
  if (parsed.success) return parsed.data;
  throw new CommandFailure(
    "BadArguments",
    `The file ${file} is not like { "name": { "identifier": "orders" }, "other": { "literal": "a text" } } (${parsed.error.issues[0].path.join(".")}).`,
  );
}

function jsonIn(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    // A parser's own words quote the text, which may hold what nobody else is to see.
    const why = error instanceof SyntaxError ? "is not JSON" : `cannot be read: ${failureMessage(error)}`;
    throw new CommandFailure("BadArguments", `The file ${file} ${why}.`);
  }
}
