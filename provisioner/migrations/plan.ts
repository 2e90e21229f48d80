import { compareVersions, inRunningOrder, parseFileName, type FileName } from "./file-name";
import { isBroken, isThere, type HistoryRow } from "./history";
import { hashOf } from "./text";

/** A file as far as planning needs it: state and requests hold no more. */
export interface PlannedFile extends FileName {
  sha256: string;
  /** Of the text with its variables; missing while only the names are known. */
  rendered?: string;
}

/** What becomes of a file that failed part of the way: run once more, or counted as applied, or never run. */
export interface Resolution {
  as: "retry" | "applied" | "skip";
  /** The failure that somebody has looked at: what fails again is another one, and is never tried again unseen. */
  failure: string;
}

export interface MigrationRules {
  /** `strict`: a number below one that is there is refused. `allow`: it runs. */
  order: "strict" | "allow";
  /** The highest number of what is there already, in a database without a history. */
  baseline?: string;
  resolve: Readonly<Record<string, Resolution>>;
  /** A file that is not what ran: refused, or recorded anew. */
  onChecksumMismatch: "error" | "repair";
}

export type StepKind = "apply" | "baseline" | "record" | "skip";

export interface MigrationStep {
  kind: StepKind;
  file: PlannedFile;
}

export const blockCodes = [
  "edited",
  "missing",
  "failed",
  "outOfOrder",
  "unknownResolve",
  "unknownBaseline",
  // Another tool's history, and a baseline from it.
  "otherHistory",
  "otherUnknown",
  "otherUnclean",
  "ownHistory",
  "needsTo",
  "notRecorded",
  "noFile",
  "beyond",
] as const;

/** Why nothing runs. */
export interface Block {
  code: (typeof blockCodes)[number];
  file: string;
  words: string;
  /** Which failure it is, for `resolve`. */
  failure?: string;
}

export interface MigrationPlan {
  /** In the order in which they are to be done. Empty when blocked or when nothing is to do. */
  steps: MigrationStep[];
  blocks: Block[];
}

/** Pure: what has to be done so that the history says of every file that it is there. */
export function planMigrations(
  files: readonly PlannedFile[],
  history: readonly HistoryRow[],
  rules: MigrationRules,
): MigrationPlan {
  const running = inRunningOrder(files).filter(({ kind }) => kind === "versioned" || kind === "repeatable");
  const rows = new Map(history.map((row) => [row.name, row]));
  const baseline = history.length === 0 && rules.baseline !== undefined ? String(BigInt(rules.baseline)) : undefined;
  const highest = highestOf(history);
  const blocks: Block[] = [...missing(running, history), ...unknown(running, rows, rules)];
  const steps: MigrationStep[] = [];
  for (const file of running) {
    const row = rows.get(file.name);
    const block = row === undefined ? undefined : blockOf(file, row, rules);
    if (block !== undefined) blocks.push(block);
    else if (row === undefined && isBelow(file, highest) && rules.order === "strict") blocks.push(late(file, highest));
    else {
      const kind = stepOf(file, row, rules, baseline);
      if (kind !== undefined) steps.push({ kind, file });
    }
  }
  return { steps: blocks.length > 0 ? [] : steps, blocks };
}

function stepOf(
  file: PlannedFile,
  row: HistoryRow | undefined,
  { resolve }: MigrationRules,
  baseline: string | undefined,
): StepKind | undefined {
  if (row === undefined)
    return baseline !== undefined && file.version !== undefined && compareVersions(file.version, baseline) <= 0
      ? "baseline"
      : "apply";
  if (isBroken(row)) {
    const as = resolve[file.name]?.as;
    return as === "applied" ? "record" : as === "skip" ? "skip" : "apply";
  }
  if (!isThere(row)) return "apply";
  if (file.kind === "repeatable") return isAsItRan(file, row) ? undefined : "apply";
  return row.sha256 === file.sha256 ? undefined : recordedAs[row.state];
}

/** What has never run does not count as run because its text has changed: nothing would take it back rightly. */
const recordedAs: Record<HistoryRow["state"], StepKind> = {
  applied: "record",
  baselined: "baseline",
  skipped: "skip",
  applying: "apply",
  failed: "apply",
};

/** A variable's other value is a change of what a repeatable file says, and not of a file that runs once. */
const isAsItRan = ({ sha256, rendered }: PlannedFile, row: HistoryRow): boolean =>
  row.sha256 === sha256 && (rendered === undefined || (row.rendered ?? row.sha256) === rendered);

function blockOf(file: PlannedFile, row: HistoryRow, rules: MigrationRules): Block | undefined {
  const { name } = file;
  if (isBroken(row) && rules.resolve[name]?.failure !== failureOf(row)) {
    const where = row.statement === undefined ? "" : ` at statement ${row.statement}`;
    const how =
      row.state === "failed"
        ? `failed${where}${row.code === undefined ? "" : ` (${row.code})`}`
        : `was cut short${where}`;
    // A server goes on for a while with what nobody waits for any more.
    const behind = row.code === undefined ? "; what stands behind it may be there too" : "";
    return {
      code: "failed",
      file: name,
      failure: failureOf(row),
      words: `${name} ${how}, and what came before in it is there${behind}. Look at the database, then say with resolve: { "${name}": { failure: "${failureOf(row)}", as: … } } what it is: "retry" to run the file again, "applied" when everything of it is there now, "skip" to never run it.`,
    };
  }
  const changed = isThere(row) && row.sha256 !== file.sha256 && file.kind === "versioned";
  if (changed && rules.onChecksumMismatch === "error")
    return {
      code: "edited",
      file: name,
      words: `${name} is not what ran (${row.sha256.slice(0, 8)} then, ${file.sha256.slice(0, 8)} now). Put the file back as it was and write the change as a new file; onChecksumMismatch: "repair" records the new text without running it.`,
    };
  return undefined;
}

/** Names one failure of one file. */
export const failureOf = ({ runId }: Pick<HistoryRow, "runId">): string => hashOf(runId).slice(0, 8);

const highestOf = (history: readonly HistoryRow[]): string | undefined =>
  history
    .flatMap((row) => {
      const { kind, version } = parseFileName(row.name) ?? {};
      return kind === "versioned" && version !== undefined && isThere(row) ? [version] : [];
    })
    .sort(compareVersions)
    .at(-1);

const isBelow = ({ version }: PlannedFile, highest: string | undefined): boolean =>
  version !== undefined && highest !== undefined && compareVersions(version, highest) < 0;

const late = ({ name }: PlannedFile, highest: string | undefined): Block => ({
  code: "outOfOrder",
  file: name,
  words: `${name} comes after number ${highest ?? ""} has run. Give it a higher number, or order: "allow" when it does not matter which of them is first.`,
});

/** A repeatable file may go: it left nothing that another file depends on. */
const missing = (files: readonly PlannedFile[], history: readonly HistoryRow[]): Block[] =>
  history
    .filter(({ name }) => !files.some((file) => file.name === name) && parseFileName(name)?.kind !== "repeatable")
    .map(({ name }) => ({
      code: "missing",
      file: name,
      words: `${name} has run in this database and is not in the folder. Put it back, or take the newer version of this program.`,
    }));

/** What names nothing would be believed to have done something. */
function unknown(
  files: readonly PlannedFile[],
  rows: ReadonlyMap<string, HistoryRow>,
  { resolve, baseline }: MigrationRules,
): Block[] {
  const names = new Set(files.map(({ name }) => name));
  const blocks = Object.keys(resolve)
    .filter((name) => !names.has(name))
    .map((name): Block => ({
      code: "unknownResolve",
      file: name,
      words: `resolve names ${name}, which is not in the folder.`,
    }));
  // 0 names nothing: what another tool's history says is about something else.
  const numbered =
    canonicalVersion(baseline) === "0" ||
    files.some(({ version }) => version !== undefined && version === canonicalVersion(baseline));
  if (baseline !== undefined && rows.size === 0 && !numbered)
    blocks.push({
      code: "unknownBaseline",
      file: baseline,
      words: `baseline is ${baseline}, and no file has this number.`,
    });
  return blocks;
}

const canonicalVersion = (text: string | undefined): string | undefined =>
  text !== undefined && /^\d{1,18}$/.test(text) ? String(BigInt(text)) : undefined;
