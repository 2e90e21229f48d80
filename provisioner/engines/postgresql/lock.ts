import { setTimeout as sleep } from "node:timers/promises";

import { DbAccessError } from "../../errors";
import type { Connection, Connections } from "./connection";

/** Advisory locks belong to one database: the key is only ever taken on the admin database. */
const key = "hashtextextended('db-access:v1', 0)";

const firstPauseMs = 20;
const longestPauseMs = 1000;

interface Holder {
  pid: number;
  application: string | null;
  login: string | null;
  since: string | null;
}

/** An advisory lock on a 64-bit key shows its halves in pg_locks; `objsubid` 1 marks that form. */
const holderQuery = `
SELECT l.pid, nullif(a.application_name, '') AS application, a.usename::text AS login,
  to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS since
FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.classid::bigint = (${key} >> 32) & 4294967295 AND l.objid::bigint = ${key} & 4294967295
LIMIT 1`;

/** One writer per cluster, across every function and session. */
export class ClusterLock {
  private holder: Connection | undefined;

  constructor(private readonly connections: Connections) {}

  async acquire(deadline: number): Promise<void> {
    if (this.holder?.alive === true) return;
    const connection = await this.connections.admin();
    for (let pause = firstPauseMs; ; pause = nextPause(pause)) {
      const [row] = await connection.query<{ locked: boolean }>(`SELECT pg_try_advisory_lock(${key}) AS locked`, [], {
        step: "waiting for the cluster's lock",
      });
      if (row.locked) {
        this.holder = connection;
        return;
      }
      if (Date.now() + pause >= deadline) throw await timedOut(connection);
      await sleep(pause);
    }
  }

  async release(): Promise<void> {
    const held = this.holder;
    this.holder = undefined;
    // A connection that is gone has taken its lock along.
    if (held?.alive === true)
      await held.query(`SELECT pg_advisory_unlock(${key})`, [], { step: "releasing the cluster's lock" });
  }

  /** The lock ends with its connection: whoever wrote on could meet another writer. */
  assertNotLost(): void {
    if (this.holder?.alive === false)
      throw new DbAccessError(
        "NetworkPathDatabase",
        "The connection that held the cluster's lock was lost; run it again.",
        { transient: true },
      );
  }

  assertHeld(): void {
    this.assertNotLost();
    if (this.holder === undefined)
      throw new DbAccessError("Unexpected", "The ledger may be written only under the cluster's lock.");
  }
}

/** Decorrelated jitter: waiters that began together do not come back together. */
const nextPause = (pause: number): number =>
  Math.min(longestPauseMs, firstPauseMs + Math.random() * (pause * 3 - firstPauseMs));

async function timedOut(connection: Connection): Promise<DbAccessError> {
  const [holder] = await connection.query<Holder>(holderQuery, [], {
    step: "looking for the holder of the cluster's lock",
  });
  const who =
    holder === undefined
      ? "another session, which has just released it"
      : `${holder.application ?? "an unnamed session"} (login ${holder.login ?? "unknown"}, pid ${holder.pid}, connected since ${holder.since ?? "an unknown time"})`;
  return new DbAccessError(
    "LockTimeout",
    `Another request is changing this cluster: the lock is held by ${who}. Run it again when that is done.`,
    {
      transient: true,
    },
  );
}
