import { plainTable } from "../terminal/table";
import { colours } from "../terminal/style";
import type { MigrationStatus } from "../../provisioner/protocol";
import { toolNames } from "../../provisioner/migrations/others/tool";
import { isBroken, isPending, isSettled, type FileLine } from "./compare";
import type { Where } from "./site";

export const heading = ({ cluster, database, historyTable, runAs }: Where): string =>
  `Database ${database} of cluster ${cluster}, as ${runAs}, history ${historyTable}.`;

export const filesWord = (count: number): string => `${count} ${count === 1 ? "file" : "files"}`;

const whenWords = (at: string): string => at.replace("T", " ").replace(/\.\d+/, "");

const differences: Record<NonNullable<FileLine["difference"]>, string> = {
  edited: "is not what ran",
  missing: "is not in the folder",
};

const noteOf = ({ state, statement, difference, runsAgain }: FileLine): string =>
  [
    ...(statement === undefined ? [] : [`statement ${statement}`]),
    ...(difference === undefined ? [] : [differences[difference]]),
    ...(runsAgain === true ? [isBroken({ state }) ? "left nothing, runs again" : "has changed, runs again"] : []),
  ].join(", ");

function stateWord(line: FileLine): string {
  const paint = colours();
  if (isPending(line)) return paint.yellow(line.state);
  return isSettled(line) ? line.state : paint.red(line.state);
}

export const fileTable = (lines: readonly FileLine[]): string =>
  plainTable(
    ["file", "state", "when", "ms", "note"],
    lines.map((line) => [
      line.file,
      stateWord(line),
      line.at === undefined ? "" : whenWords(line.at),
      line.ms === undefined ? "" : String(line.ms),
      noteOf(line),
    ]),
  );

export const holderWords = ({ holder }: Pick<MigrationStatus, "holder">): string[] =>
  holder === undefined ? [] : [`Running now: ${holder}.`];

/** What other tools have left here. It is of use only as long as nothing has run by this one. */
export const otherWords = (others: MigrationStatus["others"], hasOwn: boolean): string[] =>
  others.map(({ tool, table }) =>
    hasOwn
      ? `A history of ${toolNames[tool]} is still here: ${table}.`
      : `${toolNames[tool]} has a history here: ${table}. To go on from it: db-access migrate baseline --from ${tool}`,
  );

export interface FindingLine {
  file: string;
  kind: string;
  line: number;
  words: string;
  acknowledged: boolean;
}

/** What is in the way stands first, and what the file says it means comes after it. */
export function findingWords(findings: readonly FindingLine[]): string[] {
  const unsaid = findings.filter(({ acknowledged }) => !acknowledged);
  const meant = findings.filter(({ acknowledged }) => acknowledged);
  return [
    ...unsaid.map(
      ({ file, line, kind, words }) =>
        `finding: ${file} (line ${line}) ${words}; if it is meant, say "-- migrate: allow ${kind}" at its top.`,
    ),
    ...meant.map(({ file, line, kind }) => `meant: ${file} (line ${line}) ${kind}.`),
  ];
}
