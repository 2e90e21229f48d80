import type { MigrationFile } from "./folder";
import type { HistoryRow } from "./history";
import type { MigrationStep } from "./plan";

/** What one file did, or why it did not. */
export interface StepOutcome {
  name: string;
  kind: MigrationStep["kind"];
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
  close(): Promise<void>;
}
