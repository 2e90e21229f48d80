import type { MigrationFile, MigrationStatus } from "../../provisioner/protocol";
import { inRunningOrder, parseFileName, type FileName } from "../../provisioner/migrations/file-name";

type Row = MigrationStatus["history"][number];

/** One file, as the folder and the history know it. */
export interface FileLine {
  file: string;
  /** As the history says it; `pending`: it says nothing of the file. */
  state: Row["state"] | "pending";
  at?: string;
  ms?: number;
  statement?: number;
  /** `edited`: not what ran. `missing`: the folder does not have what ran. */
  difference?: "edited" | "missing";
  /** A repeatable file that has changed, or one that failed and left nothing. */
  runsAgain?: true;
}

/** What of a status counts here. */
export type Known = Pick<MigrationStatus, "history" | "pending" | "blocks" | "holder">;

/** Folder beside history, in running order. Without a folder nothing differs from it. */
export function compare(files: readonly MigrationFile[] | undefined, known: Known): FileLine[] {
  const rows = new Map(known.history.map((row) => [row.name, row]));
  const running = (files ?? []).filter(({ kind }) => kind === "versioned" || kind === "repeatable");
  const own = new Map(running.map((file) => [file.name, file]));
  const names = new Set([...own.keys(), ...rows.keys()]);
  return inRunningOrder([...names].map(named)).map(({ name }) => {
    const row = rows.get(name);
    if (row === undefined) return { file: name, state: "pending" };
    const { state, at, ms, statement } = row;
    return {
      file: name,
      state,
      at,
      ...(ms === undefined ? {} : { ms }),
      ...(statement === undefined ? {} : { statement }),
      ...(files === undefined ? {} : differenceOf(row, own.get(name), known)),
    };
  });
}

const named = (name: string): FileName => parseFileName(name) ?? { name, kind: "repeatable" };

function differenceOf(
  row: Row,
  file: MigrationFile | undefined,
  { pending, blocks, holder }: Known,
): Pick<FileLine, "difference" | "runsAgain"> {
  // A repeatable file may go: nothing depends on it.
  if (file === undefined) return named(row.name).kind === "repeatable" ? {} : { difference: "missing" };
  if (isBroken(row)) {
    const asksSomebody = blocks.some((block) => block.code === "failed" && block.file === file.name);
    return asksSomebody || holder !== undefined ? {} : { runsAgain: true };
  }
  // Variables change what a repeatable file says, and only the function knows them.
  const differs = row.sha256 !== file.sha256 || pending.includes(file.name);
  if (!differs) return {};
  return file.kind === "repeatable" ? { runsAgain: true } : { difference: "edited" };
}

/** Its end is not written down as a good one. */
export const isBroken = ({ state }: Pick<FileLine, "state">): boolean => state === "applying" || state === "failed";

export const isPending = ({ state, runsAgain }: FileLine): boolean => state === "pending" || runsAgain === true;

/** Whether folder and database say the same of it. */
export const isSettled = (line: FileLine): boolean =>
  !isPending(line) && !isBroken(line) && line.difference === undefined;
