import type { MigrationStatus } from "../../provisioner/protocol";
import type { Properties } from "./wire";

/** What deleting the resource will do, in one sentence. */
export function removalWords({ database, onDestroy }: Properties): string {
  const where = typeof database === "string" ? database : "the database";
  if (onDestroy === "down")
    return `Runs the down files of what has run in ${where}, the last first, and drops the history.`;
  if (onDestroy === "forget") return `Drops the history of migrations in ${where}, and leaves what they have made.`;
  return `Leaves what the migrations have made in ${where}, and their history.`;
}

/** One line for the person who runs `pulumi`. */
export const ranWords = (name: string, kind: string, ms: number): string =>
  kind === "apply" || kind === "down" ? `ran ${name} in ${ms} ms` : `${kind} ${name}`;

/** Why the deployment ended, and what is there. */
export function failureWords({
  file,
  line,
  statement,
  code,
  words,
  rolledBack,
}: NonNullable<MigrationStatus["failure"]>): string {
  const where = line === undefined ? (statement === undefined ? "" : ` at statement ${statement}`) : ` at line ${line}`;
  const left = rolledBack
    ? "Nothing of the file is there; put it right and run again."
    : `${file.endsWith(".verify.sql") ? "The file that it checks has run to its end" : "What came before in the file is there"}: look at the database, then say with resolve what it is.`;
  return `MigrationFailed: ${file}${where}: ${words}${code === undefined ? "" : ` (${code})`}. ${left}`;
}
