import type { MigrationStatus } from "../../provisioner/protocol";
import { compare, isSettled, type FileLine } from "./compare";
import { filesIn } from "./folder";
import { ask, siteOf, whereOf, type SiteOptions, type Where } from "./site";
import { fileTable, filesWord, heading } from "./words";

export interface VerifyReport extends Where {
  /** Folder and history agree, and every check holds. */
  intact: boolean;
  files: FileLine[];
  /** Checks that hold. */
  verified: string[];
  failure?: NonNullable<MigrationStatus["failure"]>;
  /** There was no time for every check. */
  incomplete: boolean;
}

/** Compares folder and history, and runs the checks of what is there. Changes nothing. */
export async function verifyMigrations(options: SiteOptions): Promise<VerifyReport> {
  const files = filesIn(options.directory);
  const site = await siteOf(options);
  const status = await ask(site, { operation: "verify", files, texts: true });
  const { ran, failure, incomplete } = status;
  const lines = compare(files, status);
  return {
    ...whereOf(site, status),
    intact: lines.every(isSettled) && failure === undefined && !incomplete,
    files: lines,
    verified: ran.filter(({ kind }) => kind === "verify").map(({ name }) => name),
    ...(failure === undefined ? {} : { failure }),
    incomplete,
  };
}

export function verifyWords(report: VerifyReport): string[] {
  const { files, verified, failure, incomplete, intact } = report;
  const different = files.filter((line) => !isSettled(line));
  return [
    heading(report),
    ...(different.length === 0 ? [] : ["", fileTable(different), ""]),
    `${filesWord(files.length)} compared, ${verified.length} ${verified.length === 1 ? "check holds" : "checks hold"}.`,
    ...(failure === undefined ? [] : [`check failed: ${failureWords(failure)}`]),
    ...(incomplete ? ["There was no time for the rest of the checks."] : []),
    intact ? "Folder and database agree." : "Folder and database do not agree.",
  ];
}

const failureWords = ({ file, line, words, code }: NonNullable<MigrationStatus["failure"]>): string =>
  `${file}${line === undefined ? "" : ` (line ${line})`}: ${words}${code === undefined ? "" : ` (${code})`}`;
