import { createHash } from "node:crypto";
import type { Connection, RowDataPacket } from "mysql2/promise";
import { DbAccessError } from "../../errors";
import type { HistoryTable } from "./history-table";

/** Locks belong to the whole server, and a name has 64 characters at most. */
const nameOf = ({ database, name }: HistoryTable): string =>
  `db-access:m:${createHash("sha256").update(`${database}.${name}`).digest("hex").slice(0, 40)}`;

/** Seconds one message waits in the server's own queue, so that a lost connection is noticed in between. */
const longestSlice = 5;

interface Holder extends RowDataPacket {
  id: number | null;
  user: string | null;
  host: string | null;
}

export async function lockHolder(connection: Connection, table: HistoryTable): Promise<string | undefined> {
  const [[holder]] = await connection.query<Holder[]>(
    "SELECT l.id, p.USER AS user, p.HOST AS host FROM (SELECT IS_USED_LOCK(?) AS id) l " +
      "LEFT JOIN information_schema.PROCESSLIST p ON p.ID = l.id",
    [nameOf(table)],
  );
  if (holder === undefined || holder.id === null) return undefined;
  return `connection ${holder.id}${holder.user === null ? "" : ` of ${holder.user} from ${String(holder.host)}`}`;
}

/** Held by the session: it ends with it, however that ends. */
export async function lockHistory(connection: Connection, table: HistoryTable, until: number): Promise<void> {
  for (;;) {
    const slice = Math.max(0, Math.min(longestSlice, Math.floor((until - Date.now()) / 1000)));
    const [[row]] = await connection.query<RowDataPacket[]>("SELECT GET_LOCK(?, ?) AS got", [nameOf(table), slice]);
    if (row?.got === 1) return;
    if (Date.now() + 1000 < until) continue;
    const holder = (await lockHolder(connection, table)) ?? "another session, which has just released it";
    throw new DbAccessError(
      "LockTimeout",
      `Another deployment runs migrations of this history: the lock is held by ${holder}. Run it again when that is done.`,
      { transient: true },
    );
  }
}
