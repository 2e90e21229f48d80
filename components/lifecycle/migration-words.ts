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

/** Why the deployment ended, what is there, and what to do. */
export function failureWords(failure: NonNullable<MigrationStatus["failure"]>): string {
  const { file, line, statement, code, words } = failure;
  const where = line === undefined ? (statement === undefined ? "" : ` at statement ${statement}`) : ` at line ${line}`;
  return `MigrationFailed: ${file}${where}: ${words}${code === undefined ? "" : ` (${code})`}. ${left(failure)}`;
}

function left({ file, rolledBack, id = "" }: NonNullable<MigrationStatus["failure"]>): string {
  if (rolledBack) return "Nothing of the file is there; put it right and run again.";
  const main = file.replace(/\.(?:verify|down)\.sql$/, ".sql");
  const there = file.endsWith(".verify.sql") ? `${main} has run to its end` : "What came before in the file is there";
  return `${there}: look at the database, then say with resolve: { "${main}": { failure: "${id}", as: … } } what it is.`;
}
