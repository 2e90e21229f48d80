import { setTimeout as sleep } from "node:timers/promises";
import mysql from "mysql2/promise";
import { Client } from "pg";
import { apply, byHand, startWorld, type World } from "../support/world";

const migrator = "shop_migrator";

/** Long enough for what runs on a busy machine, and short of what would be called hanging. */
const patienceMs = 30_000;

/** A session that stays, by hand. */
interface Hand {
  run(sql: string): Promise<unknown>;
  end(): Promise<void>;
}

async function handOf(world: World): Promise<Hand> {
  const { host, port, ca, superuser } = world.server;
  const login = { host, port, ...superuser, database: "shop", ssl: { ca } };
  if (world.family === "postgresql") {
    const client = new Client(login);
    await client.connect();
    return { run: (sql) => client.query(sql), end: () => client.end() };
  }
  const connection = await mysql.createConnection(login);
  return { run: (sql) => connection.query(sql), end: () => connection.end() };
}

/** One server, on which runs are held where somebody wants to see them killed. */
export class KillPlace {
  /** The statement of a file that waits until the gate is opened. */
  readonly gate: string;

  private constructor(
    readonly spec: string,
    readonly world: World,
    private readonly hand: Hand,
  ) {
    this.gate = this.isPostgresql
      ? "DO $$ BEGIN WHILE EXISTS (SELECT FROM gate) LOOP PERFORM pg_sleep(0.05); END LOOP; END $$;"
      : "DO GET_LOCK('gate', 600);";
  }

  static async start(spec: string): Promise<KillPlace> {
    const world = await startWorld(spec);
    try {
      await apply(world, { claim: { kind: "role", name: "shop_owner", deletion: "drop" } });
      await apply(world, { claim: { kind: "database", name: "shop", owner: "shop_owner", deletion: "drop" } });
      const place = new KillPlace(spec, world, await handOf(world));
      if (place.isPostgresql) await place.hand.run("CREATE TABLE gate (closed int); GRANT SELECT ON gate TO PUBLIC");
      return place;
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  private get isPostgresql(): boolean {
    return this.world.family === "postgresql";
  }

  async closeGate(): Promise<void> {
    if (this.isPostgresql) await this.byHand("INSERT INTO gate VALUES (1)");
    else await this.hand.run("DO GET_LOCK('gate', 0)");
  }

  /** Seen at once, also while the session that stays holds the history in a transaction. */
  async openGate(): Promise<void> {
    if (this.isPostgresql) await this.byHand("DELETE FROM gate");
    else await this.hand.run("DO RELEASE_LOCK('gate')");
  }

  /** It can be read, and not written. */
  async holdHistory(table: string): Promise<void> {
    if (this.isPostgresql) await this.hand.run("BEGIN");
    await this.hand.run(
      this.isPostgresql ? `LOCK TABLE ${table}_log IN EXCLUSIVE MODE` : `LOCK TABLES ${table}_log READ`,
    );
  }

  async letHistoryGo(): Promise<void> {
    await this.hand.run(this.isPostgresql ? "ROLLBACK" : "UNLOCK TABLES");
  }

  /** The session of the migrator that waits at the gate, or for the history. */
  async waiting(where: "gate" | "history"): Promise<number> {
    const conditions = this.isPostgresql
      ? { gate: "wait_event = 'PgSleep'", history: "wait_event_type = 'Lock'" }
      : { gate: "STATE = 'User lock'", history: "STATE LIKE 'Waiting for table%'" };
    let id: unknown;
    await this.until(`a session waits (${where})`, async () => {
      [id] = await this.sessions(conditions[where]);
      return id !== undefined;
    });
    return Number(id);
  }

  private async sessions(condition: string): Promise<unknown[]> {
    const sql = this.isPostgresql
      ? `SELECT pid AS id FROM pg_stat_activity WHERE usename = '${migrator}' AND ${condition}`
      : `SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER = '${migrator}' AND ${condition}`;
    return (await this.byHand(sql)).map(({ id }) => id);
  }

  async endSession(id: number): Promise<void> {
    await this.byHand(this.isPostgresql ? `SELECT pg_terminate_backend(${id})` : `KILL ${id}`);
  }

  gone(id: number): Promise<void> {
    const own = this.isPostgresql ? "pid" : "ID";
    return this.until("the session has ended", async () => (await this.sessions(`${own} = ${id}`)).length === 0);
  }

  /** Nothing that a run began is under way any more. */
  async quiet(): Promise<void> {
    await this.until("every session has ended", async () => (await this.sessions("1 = 1")).length === 0);
  }

  /** Nobody can log in between runs. */
  async isShut(): Promise<boolean> {
    const { product } = this.world;
    const sql = {
      postgresql: `SELECT NOT rolcanlogin AS shut FROM pg_roles WHERE rolname = '${migrator}'`,
      mysql: `SELECT account_locked = 'Y' AS shut FROM mysql.user WHERE User = '${migrator}'`,
      mariadb: `SELECT JSON_VALUE(Priv, '$.account_locked') = '1' AS shut FROM mysql.global_priv WHERE User = '${migrator}'`,
    }[product];
    return Number((await this.byHand(sql))[0]?.shut) === 1;
  }

  byHand(sql: string): Promise<Record<string, unknown>[]> {
    return byHand(this.world, "shop", sql);
  }

  private async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + patienceMs;
    while (!(await holds())) {
      if (Date.now() > end) throw new Error(`${this.spec}: it has not come to this: ${what}.`);
      await sleep(30);
    }
  }

  async stop(): Promise<void> {
    await this.hand.end().catch(() => undefined);
    await this.world.stop();
  }
}
