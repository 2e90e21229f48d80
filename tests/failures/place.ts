import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { ConnectionLost } from "../../local/aws";
import { current, pending } from "../../local/aws/secrets/model";
import type { InvocationControl } from "../../local/lambda";
import type { ErrorBody, LoginClaim } from "../../provisioner/protocol";
import { openSession, type Session } from "../support/session";
import { apply, ask, attempt, byHand, changeWords, invokeRaw, requestOf, secretOf, startWorld } from "../support/world";
import type { Ask, Login, World } from "../support/world";

export const login = (name: string, more: Partial<LoginClaim> = {}): LoginClaim => ({
  kind: "login",
  name,
  auth: { kind: "password", secret: { name: `orders/${name}`, recoveryDays: 0 } },
  passwordVersion: 1,
  deletion: "drop",
  ...more,
});

/** Seconds that the function keeps for its answer: what a test gives it beyond them is what it has. */
export const reserveSeconds = 5;

/** One server with its provisioner for all rows, and what the rows do to them. */
export class Place {
  /** Every password that was ever put into a secret, by user name. */
  private readonly passwords = new Map<string, Set<string>>();
  private readonly holding: Session[] = [];

  private constructor(readonly world: World) {
    world.stack.aws.intercept((call) => {
      const text = call.request.SecretString;
      if (typeof text === "string") this.note(text);
      return call.next();
    });
  }

  static async start(version: string): Promise<Place> {
    const world = await startWorld(version);
    const place = new Place(world);
    await apply(
      world,
      { claim: { kind: "role", name: "shop_owner", deletion: "drop" } },
      { claim: { kind: "database", name: "shop", owner: "shop_owner", deletion: "drop" } },
    );
    for (const table of ["first", "second"]) await place.asOwner(`CREATE TABLE ${table} (id int PRIMARY KEY)`);
    return place;
  }

  stop = (): Promise<void> => this.world.stop();

  get postgresql(): boolean {
    return this.world.family === "postgresql";
  }

  private note(text: string): void {
    const { username, password } = JSON.parse(text) as Login & { username?: string };
    const known = this.passwords.get(username ?? "") ?? new Set();
    this.passwords.set(username ?? "", known.add(password));
  }

  byHand = (sql: string, database?: string): Promise<Record<string, unknown>[]> => byHand(this.world, database, sql);

  asOwner = (sql: string): Promise<unknown> =>
    this.byHand(this.postgresql ? `SET ROLE shop_owner; ${sql}` : sql, "shop");

  /** Creates the login and gives what it logs in with. */
  async create(claim: LoginClaim): Promise<Login & { arn: string; id: string }> {
    const [result] = await apply(this.world, { claim });
    return { ...(await this.secret(claim.name)), arn: result.outputs?.secretArn ?? "", id: result.id ?? "" };
  }

  async secret(name: string): Promise<Login> {
    const { username, password } = await secretOf(this.world, `orders/${name}`);
    return { user: username, password };
  }

  enter = (who: Login, sql = "SELECT 1"): Promise<string> => attempt(this.world, who, undefined, sql);

  inShop = (who: Login, sql: string): Promise<string> => attempt(this.world, who, "shop", sql);

  /** What a request that changes nothing was refused for. */
  async errorOf(asked: Ask): Promise<ErrorBody> {
    const reply = await invokeRaw(this.world, requestOf(this.world, "apply", [asked]));
    const error = reply.error ?? reply.results[0]?.error;
    assert.ok(error !== undefined, JSON.stringify(reply));
    return error;
  }

  async exists(name: string): Promise<boolean> {
    const sql = this.postgresql
      ? `SELECT 1 FROM pg_roles WHERE rolname = '${name}'`
      : `SELECT 1 FROM mysql.user WHERE user = '${name}'`;
    return (await this.byHand(sql)).length > 0;
  }

  rows = (name: string): Promise<Record<string, unknown>[]> =>
    this.byHand(
      `SELECT kind, state FROM db_access.claims WHERE grantee = '${name}'`,
      this.postgresql ? "postgres" : "db_access",
    );

  dropByHand = (name: string): Promise<unknown> =>
    this.byHand(this.postgresql ? `DROP ROLE ${name}` : `DROP USER '${name}'@'%'`);

  setPasswordByHand = (name: string, password: string): Promise<unknown> =>
    this.byHand(
      this.postgresql
        ? `ALTER ROLE ${name} PASSWORD '${password}'`
        : `ALTER USER '${name}'@'%' IDENTIFIED BY '${password}'`,
    );

  /** The end that every failure has to come to: one login, one secret, one password, nothing begun, nothing to do. */
  async settled(claim: LoginClaim, owner = "test"): Promise<void> {
    const { name } = claim;
    assert.ok(await this.exists(name), `${name} exists`);
    assert.deepEqual(
      (await this.rows(name)).filter(({ kind }) => kind === "login").map(({ state }) => state),
      ["done"],
      "one row, done",
    );
    const secrets = this.world.stack.aws.secrets.save().filter((secret) => secret.name === `orders/${name}`);
    assert.equal(secrets.length, 1, "one secret");
    const staged = secrets[0].versions.filter(({ stages }) => stages.includes(current));
    assert.equal(staged.length, 1, "one current version");
    const left = secrets[0].versions.filter(({ stages }) => stages.includes(pending) && !stages.includes(current));
    assert.deepEqual(left, [], "no version pending");
    const now = await this.secret(name);
    assert.equal(await this.enter(now), "ok", "its password logs in");
    for (const other of this.passwords.get(name) ?? [])
      if (other !== now.password)
        assert.notEqual(await this.enter({ ...now, password: other }), "ok", "no other password does");
    assert.equal((await apply(this.world, { claim, owner }))[0].status, "unchanged");
    assert.deepEqual(changeWords((await ask(this.world, "plan", [{ claim, owner }]))[0]), []);
  }

  /** Nothing on either side. */
  async gone(name: string): Promise<void> {
    assert.ok(!(await this.exists(name)), `${name} is gone`);
    assert.deepEqual(await this.rows(name), []);
    await assert.rejects(this.secret(name));
  }

  /** Runs an apply during which the function dies at a call to AWS (that names something), carried out or not. */
  async dyingAt(when: "before" | "after", operation: string, asks: Ask[], name = ""): Promise<void> {
    let control: InvocationControl | undefined;
    const forget = this.world.stack.lambda.beforeInvoke((invocation) => void (control = invocation));
    let died = 0;
    const stop = this.world.stack.aws.intercept(async (call) => {
      if (call.operation !== operation || !JSON.stringify(call.request).includes(name)) return call.next();
      if (when === "after") await call.next();
      died += 1;
      control?.kill();
      throw new ConnectionLost();
    });
    await assert.rejects(ask(this.world, "apply", asks), /Runtime exited/);
    stop();
    forget();
    assert.equal(died, 1, operation);
  }

  /** Runs something while AWS answers a call differently. */
  async answering<T>(operation: string, error: () => Error, run: () => Promise<T>): Promise<T> {
    let met = 0;
    const stop = this.world.stack.aws.intercept((call) => {
      if (call.operation !== operation) return call.next();
      met += 1;
      throw error();
    });
    try {
      return await run();
    } finally {
      stop();
      assert.ok(met > 0, `${operation} was called`);
    }
  }

  coldStart = (): Promise<void> => this.world.stack.lambda.recycle(this.world.target.functionName);

  /** Runs something with a function that has other variables, or only so much time for its work. */
  async withFunction<T>(
    change: { env?: Record<string, string>; workSeconds?: number },
    run: () => Promise<T>,
  ): Promise<T> {
    const { lambda } = this.world.stack;
    const { functionName } = this.world.target;
    const { env, timeoutSeconds } = lambda.get(functionName).spec;
    await lambda.updateFunction(functionName, {
      env: { ...env, ...change.env },
      ...(change.workSeconds === undefined ? {} : { timeoutSeconds: reserveSeconds + change.workSeconds }),
    });
    try {
      return await run();
    } finally {
      await lambda.updateFunction(functionName, { env, timeoutSeconds });
    }
  }

  killFunction(): void {
    this.world.stack.lambda.get(this.world.target.functionName).killAll();
  }

  /** A server does not notice that a client has died while its statement waits, and would carry it out later. */
  async endAdminSessions(): Promise<void> {
    const admin = this.world.server.admin.user;
    if (this.postgresql) {
      const theirs = `FROM pg_stat_activity WHERE usename = '${admin}'`;
      await this.byHand(`SELECT pg_terminate_backend(pid) ${theirs}`);
      return until(async () => (await this.byHand(`SELECT 1 ${theirs}`)).length === 0);
    }
    const sessions = await this.byHand(`SELECT id AS id FROM information_schema.processlist WHERE user = '${admin}'`);
    for (const { id } of sessions) await this.byHand(`KILL ${String(id)}`).catch(() => undefined);
  }

  /** A hand that holds what the statements need, until it is closed. */
  async hold(...statements: string[]): Promise<Session> {
    const session = await openSession(this.world, this.world.server.superuser);
    this.holding.push(session);
    for (const sql of statements) assert.ok(await session.run(sql), sql);
    return session;
  }

  /** Whatever a failed test still holds would hold up all that come after it. */
  async release(): Promise<void> {
    for (const session of this.holding.splice(0)) await session.close();
  }

  /** Holds up every change of the login's own attributes. */
  holdLogin = (name: string): Promise<Session> =>
    this.postgresql
      ? this.hold("BEGIN", `ALTER ROLE ${name} CONNECTION LIMIT 9`)
      : this.hold(`LOCK TABLES mysql.${this.world.product === "mariadb" ? "global_priv" : "user"} READ`);

  /** Waits until a statement of the provisioner waits for somebody. */
  async untilHeldUp(): Promise<void> {
    const admin = this.world.server.admin.user;
    const sql = this.postgresql
      ? `SELECT 1 FROM pg_stat_activity WHERE usename = '${admin}' AND wait_event_type = 'Lock'`
      : `SELECT 1 FROM information_schema.processlist WHERE user = '${admin}' AND command = 'Query' AND time_ms > 80`;
    const mysql = this.world.product === "mysql";
    await until(async () => {
      if (!mysql) return (await this.byHand(sql)).length > 0;
      // MySQL's list has whole seconds only: it is held up when it is the same a moment later.
      const [one] = await this.queries();
      await sleep(100);
      return one !== undefined && (await this.queries()).includes(one);
    });
  }

  private async queries(): Promise<string[]> {
    const rows = await this.byHand(
      `SELECT CONCAT(id, ' ', info) AS one FROM information_schema.processlist WHERE user = '${this.world.server.admin.user}' AND command = 'Query'`,
    );
    return rows.map(({ one }) => String(one));
  }
}

export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(20);
}
