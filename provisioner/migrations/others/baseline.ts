import type { OtherTool } from "../../protocol/migrations";
import { inRunningOrder } from "../file-name";
import type { MigrationFile } from "../folder";
import type { HistoryRow } from "../history";
import type { Block, MigrationPlan, MigrationStep, PlannedFile } from "../plan";
import type { MigrationSession } from "../run";
import { disagreements, isUpTo } from "./compare";
import { flywayChecksum } from "./flyway-checksum";
import { toolNames, type OtherRecord } from "./tool";

/** Without its text nobody can say of a repeatable file that it is what ran. */
export type BaselineFile = PlannedFile & Partial<Pick<MigrationFile, "text">>;

/** Which files count as there because `from.tool` has run them in this database. To be called under the lock. */
export async function baselineOf(
  session: Pick<MigrationSession, "others" | "readOther">,
  files: readonly PlannedFile[],
  history: readonly HistoryRow[],
  { tool, to }: { tool: OtherTool; to?: string },
  texts: readonly MigrationFile[] = [],
): Promise<MigrationPlan> {
  const [other, ...more] = (await session.others()).filter((found) => found.tool === tool);
  if (other === undefined) return unknown(tool, "there is no history of it in this database");
  if (more.length > 0) {
    const tables = [other, ...more].map(({ table }) => table).join(", ");
    return unknown(tool, `it has more than one history here (${tables}); say with baseline: "<number>" what is there`);
  }
  const textOf = new Map(texts.map(({ name, text }) => [name, text]));
  const known = files.map((file) => ({ ...file, text: textOf.get(file.name) }));
  return planBaseline(known, history, await session.readOther(other), to);
}

const unknown = (tool: OtherTool, words: string): MigrationPlan =>
  blocked([{ code: "otherUnknown", file: tool, words: `No baseline from ${toolNames[tool]}: ${words}.` }]);

const blocked = (blocks: Block[]): MigrationPlan => ({ steps: [], blocks });

/**
 * Pure. Whatever the record and the folder do not agree on is a block: a file that counts as there and has not run is
 * missing for ever, and one that has run and does not count runs a second time.
 */
export function planBaseline(
  files: readonly BaselineFile[],
  history: readonly HistoryRow[],
  record: OtherRecord,
  to?: string,
): MigrationPlan {
  const upTo = to === undefined ? undefined : String(BigInt(to));
  const ordered = inRunningOrder(files);
  const versioned = ordered.filter(({ kind }) => kind === "versioned");
  const blocks = [...taken(history), ...unclean(record), ...disagreements(versioned, record, upTo)];
  if (blocks.length > 0) return blocked(blocks);
  const there = [
    ...versioned.filter(({ version }) => isUpTo(version, upTo ?? record.highest)),
    ...ordered.filter((file) => hasRun(file, record)),
  ];
  if (there.length === 0) return blocked([nothing(record)]);
  return { steps: there.map(({ text: _text, ...file }): MigrationStep => ({ kind: "baseline", file })), blocks };
}

function taken(history: readonly HistoryRow[]): Block[] {
  const [row] = history;
  if (row === undefined) return [];
  const words = `The history has ${row.name} already; a baseline is for a database where nothing is in it.`;
  return [{ code: "ownHistory", file: row.name, words }];
}

const unclean = ({ table, problems }: OtherRecord): Block[] =>
  problems.map((words) => ({ code: "otherUnclean", file: table, words }));

/** By Flyway's own checksum: what is not as it ran last runs at the next apply, as it would have run there. */
const hasRun = ({ kind, name, text }: BaselineFile, { entries }: OtherRecord): boolean =>
  kind === "repeatable" &&
  text !== undefined &&
  entries.some((entry) => entry.repeatable?.checksum === flywayChecksum(text) && entry.name.split("/").at(-1) === name);

const nothing = ({ tool, table }: OtherRecord): Block => ({
  code: "noFile",
  file: table,
  words: `Nothing of the folder has run by ${toolNames[tool]} (${table}). Put what is there into the folder as 0001_baseline.sql; where nothing is there, say baseline: "0".`,
});
