import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import { DbAccessError } from "../../errors";
import type { HistoryTable } from "./history-table";

/** Advisory locks belong to one database: only the history has to be in the key. */
const keyOf = ({ schema, name }: HistoryTable): string =>
  createHash("sha256").update(`db-access migrations ${schema}.${name}`).digest().readBigInt64BE().toString();

const holderQuery = `
SELECT a.pid, a.application_name AS application, to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS since
FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
  AND l.classid::bigint = ($1::bigint >> 32) & 4294967295 AND l.objid::bigint = $1::bigint & 4294967295 LIMIT 1`;

interface Holder {
  pid: number;
  application: string;
  since: string;
}

export async function lockHolder(client: Pick<Client, "query">, table: HistoryTable): Promise<string | undefined> {
  const { rows } = await client.query<Holder>(holderQuery, [keyOf(table)]);
  const [holder] = rows;
  return holder && `${holder.application} (pid ${holder.pid}, connected since ${holder.since})`;
}

/** Held by the session: it ends with it, however that ends. */
export async function lockHistory(client: Client, table: HistoryTable, until: number): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ locked: boolean }>("SELECT pg_catalog.pg_try_advisory_lock($1) AS locked", [
      keyOf(table),
    ]);
    if (rows[0]?.locked === true) return;
    if (Date.now() + 500 >= until) {
      const holder = (await lockHolder(client, table)) ?? "another session, which has just released it";
      throw new DbAccessError(
        "LockTimeout",
        `Another deployment runs migrations of this history: the lock is held by ${holder}. Run it again when that is done.`,
        { transient: true },
      );
    }
    await sleep(100 + Math.random() * 200);
  }
}
