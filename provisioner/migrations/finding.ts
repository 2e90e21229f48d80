/** What a migration may do to data or to whoever is working at the time. A file acknowledges it: `-- migrate: allow <finding>`. */
export const findings = [
  "drop-table",
  "drop-column",
  "drop-schema",
  "drop-object",
  "truncate",
  "delete-all",
  "update-all",
  "change-type",
  "not-null",
  "rename",
  "blocking-index",
  "blocking-constraint",
  "not-analysed",
] as const;
export type FindingKind = (typeof findings)[number];

export interface Finding {
  file: string;
  kind: FindingKind;
  /** Of the file, from 1. */
  line: number;
  /** What it does, and what to do instead; never the statement. */
  words: string;
}

/** Its kind, and its words. */
export type Found = [FindingKind, string];

/** Filled in later, a file that has run as nothing would be another one than has run. */
export const noStatement = "holds no statement; write one, or remove the file";
