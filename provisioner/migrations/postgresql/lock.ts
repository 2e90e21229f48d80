import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import { DbAccessError } from "../../errors";
import type { HistoryTable } from "./history-table";

/** Advisory locks belong to one database: only the history has to be in the key. */
const keyOf = ({ schema, name }: HistoryTable, of: LockOf): string =>
  createHash("sha256").update(`db-access ${of} ${schema}.${name}`).digest().readBigInt64BE().toString();

/** Of a whole run; and of the file that is running, which may be there longer than the session with the run's lock. */
type LockOf = "migrations" | "running migration";

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
  for (const of of ["migrations", "running migration"] as const) {
    const { rows } = await client.query<Holder>(holderQuery, [keyOf(table, of)]);
    const [holder] = rows;
    if (holder !== undefined) return `${holder.application} (pid ${holder.pid}, connected since ${holder.since})`;
  }
  return undefined;
}

/** Held by the session: it ends with it, however that ends. Waits for a file, too, whose run has lost its lock. */
export async function lockHistory(client: Client, table: HistoryTable, until: number): Promise<void> {
  await lockWith(client, table, keyOf(table, "migrations"), until);
  const running = keyOf(table, "running migration");
  await lockWith(client, table, running, until);
  await client.query("SELECT pg_catalog.pg_advisory_unlock($1)", [running]);
}

/** In the session of a file, until its transaction ends; or, without one, until the session is done with it. */
export async function lockRunning(client: Client, table: HistoryTable, transactional: boolean): Promise<void> {
  const lock = transactional ? "pg_advisory_xact_lock" : "pg_advisory_lock";
  await client.query(`SELECT pg_catalog.${lock}($1)`, [keyOf(table, "running migration")]);
}

async function lockWith(client: Client, table: HistoryTable, key: string, until: number): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ locked: boolean }>("SELECT pg_catalog.pg_try_advisory_lock($1) AS locked", [
      key,
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
