import type { FunctionConfig } from "../config";
import type { AdminLogin } from "../credentials/admin-secret";
import type { DbAccessError } from "../errors";
import type { Finding } from "./finding";
import type { FileProblem, MigrationFile } from "./folder";
import type { HistoryRow } from "./history";
import type { Migrator } from "./login";
import type { OtherHistory } from "./others/tool";
import type { Quoting } from "./render";
import type { MigrationSession } from "./run";

/** What a run knows of itself. */
export interface MigrationRun {
  config: FunctionConfig;
  requestId: string;
  /** Milliseconds since the epoch. */
  deadline: number;
}

export interface Analysis {
  /** What cannot run. */
  problems: FileProblem[];
  /** What destroys or blocks. */
  findings: Finding[];
}

/** Opens the migrator's login with a fresh password. */
export type Enter = () => Promise<{ username: string; password: string }>;

/** What the two families do in different ways. */
export interface FamilyMigrations {
  /** How variables are written into files. */
  quoting: Quoting;
  analyse(files: readonly MigrationFile[]): Promise<Analysis>;
  /** The sessions in which files run: all of them the migrator's. */
  openSession(run: MigrationRun, enter: Enter, migrator: Migrator, historyTable: string): Promise<MigrationSession>;
  /** What the server says to the history, and not to a file. */
  errorOf(run: MigrationRun, error: unknown, historyTable: string): DbAccessError;
  /** As the admin, who may read a history: pure reads. */
  lookAt(
    run: MigrationRun,
    admin: AdminLogin,
    database: string,
    historyTable: string,
  ): Promise<{ history: HistoryRow[]; holder?: string; others: OtherHistory[] }>;
}
