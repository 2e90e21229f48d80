import { setTimeout as sleep } from "node:timers/promises";

import { DbAccessError } from "../../errors";
import { part, type Connection, type Connections, type Part } from "./connection";

/** Advisory locks belong to one database: the key is only ever taken on the admin database. */
const key = "hashtextextended('db-access:v1', 0)";

const firstPauseMs = 20;
const longestPauseMs = 1000;

/** A setting of one message alone: whether its first statement has taken the lock. */
const lockedSetting = "db_access.locked";

/** True in a message that has the lock, for what is read only then. */
export const hasLock = `current_setting('${lockedSetting}') = 'true'`;

interface Holder {
  pid: number;
  application: string | null;
  login: string | null;
  since: string | null;
}

/** An advisory lock on a 64-bit key shows its halves in pg_locks; `objsubid` 1 marks that form. */
const granted = `l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.classid::bigint = (${key} >> 32) & 4294967295 AND l.objid::bigint = ${key} & 4294967295`;

const holderQuery = `
SELECT l.pid, nullif(a.application_name, '') AS application, a.usename::text AS login,
  to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS since
FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid) WHERE ${granted} LIMIT 1`;

interface LockRow {
  locked: boolean;
}

/**
 * One try: sends `lock` first in a message, and resolves with whether that has taken the lock. After a failure `held`
 * tells: a lock of the session outlives the transaction that took it.
 */
export type Try = (connection: Connection, lock: Part, held: Part) => Promise<void>;

export const lockStep = "waiting for the cluster's lock";

/** Kept for asking who holds the lock, so that waiting in vain ends with a name. */
const timeToAskMs = 500;

const lockAlone: Try = (connection, lock) => connection.ask([lock], { step: lockStep });

/** One writer per cluster, across every function and session. */
export class ClusterLock {
  private holder: Connection | undefined;

  constructor(private readonly connections: Connections) {}

  get held(): boolean {
    return this.holder?.alive === true;
  }

  /** It was taken, and its connection is gone. */
  get isLost(): boolean {
    return this.holder?.alive === false;
  }

  /** Waits with jitter. What travels with a try that was in vain is asked again with the next. */
  async acquire(deadline: number, send: Try = lockAlone): Promise<void> {
    if (this.held) return;
    const connection = await this.connections.admin();
    const take = ([row]: LockRow[]): void => {
      if (row.locked) this.holder = connection;
    };
    const lock = part(
      `SELECT set_config('${lockedSetting}', pg_try_advisory_lock(${key})::text, true) = 'true' AS locked`,
      take,
    );
    const held = part(
      `SELECT EXISTS (SELECT FROM pg_locks l WHERE l.pid = pg_backend_pid() AND ${granted}) AS locked`,
      take,
    );
    const until = Math.min(deadline, this.connections.reach.deadline - timeToAskMs);
    for (let pause = firstPauseMs; ; pause = nextPause(pause)) {
      await send(connection, lock, held);
      if (this.held) return;
      if (Date.now() + pause >= until) throw await timedOut(connection);
      await sleep(pause);
    }
  }

  /** Ends it, as the last statement of a message. */
  readonly unlock: Part = { text: `SELECT pg_advisory_unlock(${key})`, answer: () => (this.holder = undefined) };

  async release(): Promise<void> {
    const held = this.holder;
    this.holder = undefined;
    // A connection that is gone has taken its lock along.
    if (held?.alive === true) await held.ask([this.unlock], { step: "releasing the cluster's lock" });
  }

  /** The lock ends with its connection: whoever wrote on could meet another writer. */
  assertNotLost(): void {
    if (this.isLost)
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
