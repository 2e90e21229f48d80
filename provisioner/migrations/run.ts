import type { MigrationFile } from "./folder";
import type { HistoryRow } from "./history";
import type { OtherHistory, OtherRecord } from "./others/tool";
import type { MigrationStep } from "./plan";

/** What one file did, or why it did not. */
export interface StepOutcome {
  name: string;
  kind: MigrationStep["kind"] | "retry" | "verify" | "down";
  ms: number;
}

/** A file that failed, in words without any of its text. */
export interface FileFailure {
  file: string;
  /** SQLSTATE or errno. */
  code?: string;
  /** From 1, where the server says so. */
  line?: number;
  statement?: number;
  words: string;
  /** Nothing of the file is there. */
  rolledBack: boolean;
}

/** The sessions of one run in one database: all of them the migrator's. */
export interface MigrationSession {
  history(): Promise<HistoryRow[]>;
  /** Whoever runs migrations of this history now. */
  holder(): Promise<string | undefined>;
  lock(until: number): Promise<void>;
  /** Creates the history when there is none. The admin may read it, for plans. */
  prepare(admin: string): Promise<void>;
  /** Runs one file to its end, and writes that down. */
  apply(file: MigrationFile, verify: MigrationFile | undefined, runId: string): Promise<FileFailure | undefined>;
  /** Writes a file down without running it. */
  mark(row: Omit<HistoryRow, "at">): Promise<void>;
  /** Writes all of them down, or none: what is left of half a baseline would be run. */
  markAll(rows: readonly Omit<HistoryRow, "at">[]): Promise<void>;
  /** Runs a file that checks, so that it can change nothing. */
  verify(file: MigrationFile): Promise<FileFailure | undefined>;
  /** Runs the file that takes another one back to its end, and then knows nothing of that one any more. */
  takeBack(down: MigrationFile, row: HistoryRow, runId: string): Promise<FileFailure | undefined>;
  /** Knows nothing of a file any more. */
  erase(name: string): Promise<void>;
  /** The history's tables go. */
  dropHistory(): Promise<void>;
  /** Histories of other tools in this database. */
  others(): Promise<OtherHistory[]>;
  /** What one of them says. */
  readOther(other: OtherHistory): Promise<OtherRecord>;
  close(): Promise<void>;
}
