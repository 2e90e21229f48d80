import type { OtherTool } from "../../protocol/migrations";
import { compareVersions } from "../file-name";
import { toolNames, type OtherEntry, type OtherHistory, type OtherRecord } from "./tool";

/** A row of the history, as text: what is what is decided here, for both families. */
export type RecordRow = Readonly<Record<string, string | null>>;

const isTrue = (text: string | null | undefined): boolean => text === "true" || text === "1";

/** Of `1`, `0042` and `3.0`, which is 3 to the tools that write it; never of `1.1`. */
function numberOf(version: string | null | undefined): string | undefined {
  const digits = /^(\d{1,18})(?:\.0+)*$/.exec(version ?? "")?.[1];
  return digits === undefined ? undefined : String(BigInt(digits));
}

const highestOf = (versions: readonly string[]): string | undefined => [...versions].sort(compareVersions).at(-1);

/** What the rows say, in the order in which they were written. */
export function recordOf(other: OtherHistory, rows: readonly RecordRow[], locked: boolean): OtherRecord {
  const busy = `${toolNames[other.tool]} is at work in this database, or was cut short. Wait for its end, or run "liquibase release-locks" when nothing runs.`;
  const record = readers[other.tool](rows);
  return { ...other, ...record, problems: [...(locked ? [busy] : []), ...record.problems] };
}

type Said = Omit<OtherRecord, keyof OtherHistory>;

const readers: Record<OtherTool, (rows: readonly RecordRow[]) => Said> = {
  flyway,
  liquibase,
  "golang-migrate": golangMigrate,
  "node-pg-migrate": nodePgMigrate,
};

/** The last row of a version says how it stands: it may have been undone, or deleted from the folder and repaired. */
function flyway(rows: readonly RecordRow[]): Said {
  const last = new Map<string, RecordRow>();
  for (const row of rows) {
    const key = row.version === null ? `repeatable ${row.script ?? ""}` : (row.version ?? "");
    last.delete(key);
    // A schema that it has made is no file.
    if (row.type !== "SCHEMA") last.set(key, row);
  }
  const stands = [...last.values()];
  const there = stands.filter(({ type, success }) => isTrue(success) && type !== "DELETE" && !isUndone(type));
  const floors = there.flatMap(({ type, version }) => (isBaseline(type) ? (numberOf(version) ?? []) : []));
  const entries = there
    .filter(({ type, version }) => !isBaseline(type) || numberOf(version) === undefined)
    .map(({ script, version, checksum }): OtherEntry => ({
      name: script ?? "",
      ...(version === null
        ? { repeatable: { checksum: checksum === null ? undefined : Number(checksum) } }
        : { version: numberOf(version) }),
    }));
  return {
    entries,
    ...numbersOf(entries, highestOf(floors)),
    problems: stands
      .filter(({ success }) => !isTrue(success))
      .map(
        ({ script }) =>
          `Flyway has ${script ?? ""} as failed. Put right what is half done, run "flyway repair" and then "flyway migrate".`,
      ),
  };
}

/** The one that the tool was told, and the one of a script with everything in it. */
const isBaseline = (type: string | null | undefined): boolean => type === "BASELINE" || type === "SQL_BASELINE";

const isUndone = (type: string | null | undefined): boolean => type?.startsWith("UNDO_") === true;

/** None where something has run that has no whole number of its own: then no number says what is there. */
function numbersOf(entries: readonly OtherEntry[], floor?: string): Pick<Said, "highest" | "floor"> {
  const versions = entries.filter(({ repeatable }) => repeatable === undefined).map(({ version }) => version);
  const numbers = versions.filter((version) => version !== undefined);
  if (new Set(numbers).size < versions.length) return {};
  return { highest: highestOf(floor === undefined ? numbers : [...numbers, floor]), floor };
}

/** Ids are names: 1, 1-a and add-orders may all stand in one change log. */
function liquibase(rows: readonly RecordRow[]): Said {
  const named = rows.map(({ filename, id, author, exectype }) => ({
    name: [filename, id, author].join("::"),
    failed: exectype === "FAILED",
  }));
  return {
    entries: named.filter(({ failed }) => !failed).map(({ name }) => ({ name })),
    problems: named
      .filter(({ failed }) => failed)
      .map(
        ({ name }) => `Liquibase has ${name} as failed. Put right what is half done, and run "liquibase update" again.`,
      ),
  };
}

/** One row: where it stands. */
function golangMigrate(rows: readonly RecordRow[]): Said {
  return {
    entries: [],
    highest: highestOf(rows.flatMap(({ version }) => numberOf(version) ?? [])),
    problems: rows
      .filter(({ dirty }) => isTrue(dirty))
      .map(
        ({ version }) =>
          `golang-migrate is at ${version ?? ""} and dirty: that file failed, or was cut short. Put right what is half done, then run "migrate force" with the number that the database is really at.`,
      ),
  };
}

/** A name begins with the time at which it was made, or with whatever its author has chosen. */
function nodePgMigrate(rows: readonly RecordRow[]): Said {
  const entries = rows.map(({ name }): OtherEntry => ({
    name: name ?? "",
    version: numberOf(/^\d+/.exec(name ?? "")?.[0]),
  }));
  return { entries, ...numbersOf(entries), problems: [] };
}
