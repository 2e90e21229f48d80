import { setTimeout as sleep } from "node:timers/promises";
import { DbAccessError } from "../../errors";
import type { Connection } from "./connection";

const lockName = "db-access:v1";
/** Seconds one message waits in the server's own queue, so that a lost connection is noticed in between. */
const longestSlice = 5;
/** Milliseconds. */
const timeToAsk = 500;

/** One writer per cluster: a lock of the session, which survives the implicit commits of account statements. */
export class ClusterLock {
  private held = false;

  constructor(private readonly connection: Connection) {}

  get isHeld(): boolean {
    return this.held;
  }

  async take(until: number): Promise<void> {
    // Asking who holds the lock needs a moment of the session's own time.
    const deadline = Math.min(until, this.connection.login.deadline - timeToAsk);
    while (!this.held) {
      const left = deadline - Date.now();
      const slice = Math.max(0, Math.min(longestSlice, Math.floor(left / 1000)));
      const [row] = await this.connection.rows("taking the cluster's lock", "SELECT GET_LOCK(?, ?) AS got", [
        lockName,
        slice,
      ]);
      if (row?.got === 1) this.held = true;
      else if (Date.now() >= deadline) throw await this.timeout();
      else if (slice === 0) await sleep(Math.min(Math.max(0, deadline - Date.now()), 50 + Math.random() * 100));
    }
  }

  async release(): Promise<void> {
    if (!this.held) return;
    this.held = false;
    // The lock ends with its session.
    if (!this.connection.isUsable) return;
    await this.connection.rows("giving the cluster's lock back", "SELECT RELEASE_LOCK(?)", [lockName]);
  }

  private async timeout(): Promise<DbAccessError> {
    const [holder] = await this.connection.rows(
      "asking who holds the lock",
      "SELECT p.ID AS id, p.USER AS user, p.HOST AS host, DATE_FORMAT(UTC_TIMESTAMP() - INTERVAL p.TIME SECOND, '%Y-%m-%dT%H:%i:%sZ') AS since " +
        "FROM information_schema.PROCESSLIST p WHERE p.ID = IS_USED_LOCK(?)",
      [lockName],
    );
    const who =
      holder === undefined
        ? "Another session held the cluster's lock until just now"
        : `The cluster's lock is held by connection ${String(holder.id)} of ${String(holder.user)} from ${String(holder.host)}, in its present state since ${String(holder.since)}`;
    return new DbAccessError("LockTimeout", `${who}. Run it again when that is done.`, { transient: true });
  }
}
