import { DbAccessError } from "../errors";

/** The session with the lock and the record has ended, and not by us. */
export const recordLost = (historyTable: string): DbAccessError =>
  new DbAccessError(
    "NetworkPathDatabase",
    `The session that keeps the history ${historyTable} was lost; a file that was under way may still run, or have run to its end. The history says so: db-access migrate status, or run it again.`,
    { transient: true },
  );
