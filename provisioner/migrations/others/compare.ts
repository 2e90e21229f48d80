import { compareVersions } from "../file-name";
import type { Block, PlannedFile } from "../plan";
import { toolNames, type OtherRecord } from "./tool";

export const isUpTo = (version: string | undefined, to: string | undefined): boolean =>
  version !== undefined && to !== undefined && compareVersions(version, to) <= 0;

/** Each of what has run has a number of its own, or nothing has that a numbered file could be compared with. */
const isNumbered = ({ highest, entries }: OtherRecord): boolean =>
  highest !== undefined || entries.every(({ repeatable }) => repeatable !== undefined);

/** Where record and folder do not agree, up to a number: the highest that has run, unless somebody says one. */
export function disagreements(versioned: readonly PlannedFile[], record: OtherRecord, to: string | undefined): Block[] {
  if (!isNumbered(record)) return unnumbered(versioned, record, to);
  const upTo = to ?? record.highest;
  if (upTo === undefined) return [];
  return [...notRecorded(versioned, record, upTo), ...noFile(versioned, record, upTo), ...beyond(record, upTo)];
}

interface Ran {
  version: string;
  /** As the tool names it, where it does. */
  name?: string;
}

/** What has to be in the folder. A tool that keeps only where it stands has that one number to find there. */
function listed({ entries, highest, floor }: OtherRecord): Ran[] {
  const ran = entries.flatMap(({ version, name }) => (version === undefined ? [] : [{ version, name }]));
  return ran.length > 0 || highest === undefined || highest === floor ? ran : [{ version: highest }];
}

/** It would be missing for ever. */
function notRecorded(versioned: readonly PlannedFile[], record: OtherRecord, upTo: string): Block[] {
  const numbers = new Set(record.entries.flatMap(({ version }) => version ?? []));
  const isThere = (version: string): boolean =>
    isUpTo(version, record.floor) || (numbers.size > 0 ? numbers.has(version) : isUpTo(version, record.highest));
  return versioned
    .filter(({ version }) => version !== undefined && isUpTo(version, upTo) && !isThere(version))
    .map(({ name }) => ({
      code: "notRecorded",
      file: name,
      words: `${name} is not in ${record.table}, and would count as there without having run. Run it with ${toolNames[record.tool]}, or give it a number above ${upTo}.`,
    }));
}

/** Whoever has a folder without it has another folder than what has run. */
const noFile = (versioned: readonly PlannedFile[], record: OtherRecord, upTo: string): Block[] =>
  listed(record)
    .filter(({ version }) => isUpTo(version, upTo) && !versioned.some((file) => file.version === version))
    .map(({ version, name }) => ({
      code: "noFile",
      file: name ?? version,
      words: `${toolNames[record.tool]} has run ${name ?? `number ${version}`}, and no file of the folder has the number ${version}. Put it into the folder under that number.`,
    }));

/** Safe is only what counts everything that has run: the rest would be pending, and run once more. */
const beyond = ({ tool, highest, table }: OtherRecord, upTo: string): Block[] =>
  isUpTo(highest, upTo) || highest === undefined
    ? []
    : [
        {
          code: "beyond",
          file: table,
          words: `${toolNames[tool]} is at ${highest}; after a baseline up to ${upTo}, what lies between would run once more. Leave "to" away.`,
        },
      ];

/** Ids and versions like 1.1 say nothing about a folder of numbers: somebody has to say what they stand for. */
function unnumbered(versioned: readonly PlannedFile[], { tool, table }: OtherRecord, to: string | undefined): Block[] {
  if (to === undefined)
    return [
      {
        code: "needsTo",
        file: table,
        words: `${toolNames[tool]} does not count in whole numbers here. Number the folder so that everything up to one number is what is there (a single 0001_baseline.sql is enough) and everything above it is new, and say that number as "to".`,
      },
    ];
  if (versioned.some(({ version }) => version === to)) return [];
  return [{ code: "unknownBaseline", file: to, words: `"to" is ${to}, and no file has this number.` }];
}
