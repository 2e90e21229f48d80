/**
 * `applying`: begun, and nobody has seen the end. `failed`: part of it may be there, because no transaction could hold
 * it. `baselined`, `skipped`: counted as there without having run.
 */
export const historyStates = ["applying", "applied", "failed", "baselined", "skipped"] as const;
export type HistoryState = (typeof historyStates)[number];

/** What the database remembers of one file. */
export interface HistoryRow {
  name: string;
  sha256: string;
  /** Of the text that was sent, with its variables. Missing where nothing was sent. */
  rendered?: string;
  state: HistoryState;
  /** One transaction holds the file and this row: what was cut short has left nothing. */
  transactional: boolean;
  /** Of the statement that failed or was under way, from 1, as far as anybody can know. */
  statement?: number;
  /** SQLSTATE or errno of the failure. */
  code?: string;
  /** ISO time. */
  at: string;
  ms?: number;
  /** The run that wrote it. */
  runId: string;
}

/** Its work is there, or counts as there. */
export const isThere = ({ state }: HistoryRow): boolean => state !== "applying" && state !== "failed";

/** Whether part of it may be there: somebody has to look before anything runs. */
export const isBroken = (row: HistoryRow): boolean => !isThere(row) && !row.transactional;
