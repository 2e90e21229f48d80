import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Claim, ClaimResult, GrantClaim, LoginClaim } from "../../provisioner/protocol";
import { refused } from "../support/refusal";
import { openSession } from "../support/session";
import { versionsToTest } from "../support/versions";
import {
  apply,
  ask,
  attempt,
  byHand,
  changeWords,
  secretOf,
  startWorld,
  type Login,
  type World,
} from "../support/world";

const ownerRole: Claim = { kind: "role", name: "shop_owner", deletion: "drop" };
const database = (name: string): Claim => ({ kind: "database", name, owner: "shop_owner", deletion: "drop" });
const login = (name: string, more: Partial<LoginClaim> = {}): LoginClaim => ({
  kind: "login",
  name,
  auth: { kind: "password", secret: { name: `orders/${name}`, recoveryDays: 0 } },
  deletion: "drop",
  ...more,
});

for (const version of versionsToTest("postgresql@17", "mysql@8.0")) {
  describe(`deletion on ${version}`, () => {
    let world: World;
    const postgresql = version.startsWith("postgresql");
    const grant = (grantee: string, inDatabase = "shop", more: Partial<GrantClaim> = {}): GrantClaim => ({
      kind: "grant",
      grantee,
      on: { kind: "tables", database: inDatabase, ...(postgresql ? { schema: "public" } : {}), tables: "*" },
      privileges: ["SELECT"],
      mode: "additive",
      ...more,
    });
    const create = async (claim: LoginClaim): Promise<Login & { result: ClaimResult; arn: string }> => {
      const [result] = await apply(world, { claim });
      const arn = result.outputs?.secretArn ?? "";
      const { username, password } = await secretOf(world, arn);
      return { user: username, password, result, arn };
    };
    const enter = (who: Login, inDatabase?: string): Promise<string> => attempt(world, who, inDatabase, "SELECT 1");
    const remove = (claim: Claim): Promise<ClaimResult[]> => apply(world, { claim, action: "remove" });
    const exists = async (name: string): Promise<boolean> =>
      (
        await byHand(
          world,
          undefined,
          postgresql
            ? `SELECT 1 FROM pg_roles WHERE rolname = '${name}'`
            : `SELECT 1 FROM mysql.user WHERE user = '${name}'`,
        )
      ).length > 0;
    const claimsOf = async (name: string): Promise<number> =>
      (
        await byHand(
          world,
          postgresql ? "postgres" : "db_access",
          `SELECT id FROM db_access.claims WHERE grantee = '${name}'`,
        )
      ).length;
    /** A server does not notice that a client has died while its statement waits, and would carry it out later. */
    const endAdminSessions = async (): Promise<void> => {
      const admin = world.server.admin.user;
      if (postgresql) {
        const theirs = `FROM pg_stat_activity WHERE usename = '${admin}'`;
        await byHand(world, undefined, `SELECT pg_terminate_backend(pid) ${theirs}`);
        while ((await byHand(world, undefined, `SELECT 1 ${theirs}`)).length > 0) await sleep(20);
        return;
      }
      const sessions = `SELECT id FROM information_schema.processlist WHERE user = '${admin}'`;
      for (const { id, ID = id } of await byHand(world, undefined, sessions))
        await byHand(world, undefined, `KILL ${ID}`);
    };

    before(async () => {
      world = await startWorld(version);
      await apply(world, { claim: ownerRole }, { claim: database("shop") }, { claim: database("depot") });
      for (const name of ["shop", "depot"])
        await byHand(
          world,
          name,
          `${postgresql ? "SET ROLE shop_owner; " : ""}CREATE TABLE first (id int PRIMARY KEY)`,
        );
    });
    after(() => world.stop());

    it("a drop is refused while the login owns something in another database, and nothing has changed", async () => {
      const owner = await create(login("maker"));
      await apply(world, { claim: grant("maker") });
      if (postgresql) await byHand(world, "depot", "CREATE TABLE made (id int); ALTER TABLE made OWNER TO maker");
      else
        await byHand(
          world,
          "depot",
          "CREATE DEFINER = 'maker'@'%' SQL SECURITY DEFINER VIEW made AS SELECT id FROM first",
        );
      await refused(
        world,
        { claim: login("maker"), action: "remove" },
        {
          code: "OwnsObjects",
          says: [/made/, /depot/, /another (owner|definer) or drop them first/, /Nothing was changed/],
        },
      );
      assert.equal(await enter(owner, "shop"), "ok");
      await byHand(world, "depot", postgresql ? "DROP TABLE made" : "DROP VIEW made");
      await remove(login("maker"));
      assert.equal(await exists("maker"), false);
    });

    it("ends an open session with the login", async () => {
      const session = await openSession(world, await create(login("busy")));
      assert.equal(await session.run("SELECT 1"), true);
      await remove(login("busy"));
      assert.equal(await session.run("SELECT 1"), false);
      assert.equal(await exists("busy"), false);
    });

    it("lock: no login, sessions ended, secret kept; the same owner takes it back without adopt", async () => {
      const claim = login("paused", { deletion: "lock" });
      const before = await create(claim);
      await apply(world, { claim: grant("paused") });
      const session = await openSession(world, before);
      const [locked] = await remove(claim);
      assert.match(changeWords(locked).join(), /lock paused, end its sessions and keep its secret/);
      assert.equal(await session.run("SELECT 1"), false);
      assert.notEqual(await enter(before), "ok");
      assert.equal((await secretOf(world, before.arn)).password, before.password);
      assert.equal((await remove(claim))[0].status, "unchanged");
      await refused(world, { claim, owner: "other" }, { code: "UserExists", property: "username", says: [/paused/] });
      const [read] = await ask(world, "read", [{ claim }]);
      assert.equal(read.exists, false);
      const after = await create(claim);
      assert.equal(await enter(after, "shop"), "ok");
      assert.equal(after.arn, before.arn);
    });

    it("a lock that was cut short is done again", async () => {
      const claim = login("halfway", { deletion: "lock" });
      const who = await create(claim);
      const intents = (): Promise<unknown[]> =>
        byHand(
          world,
          postgresql ? "postgres" : "db_access",
          "SELECT 1 FROM db_access.claims WHERE grantee = 'halfway' AND state = 'intent'",
        );
      // Somebody is in the way, so that the function dies between its intent and the lock.
      const other = await openSession(world, world.server.superuser);
      for (const sql of postgresql
        ? ["BEGIN", "ALTER ROLE halfway CONNECTION LIMIT 9"]
        : ["LOCK TABLES mysql.user READ"])
        assert.equal(await other.run(sql), true, sql);
      const cut = assert.rejects(ask(world, "apply", [{ claim, action: "remove" }]));
      while ((await intents()).length === 0) await sleep(20);
      world.stack.lambda.get(world.target.functionName).killAll();
      await cut;
      await endAdminSessions();
      await other.close();
      assert.equal(await enter(who), "ok");
      await remove(claim);
      assert.notEqual(await enter(who), "ok");
      assert.equal((await ask(world, "read", [{ claim }]))[0].exists, false);
    });

    it("retain leaves login, privileges and secret, also of one that was adopted", async () => {
      await byHand(
        world,
        undefined,
        postgresql
          ? `CREATE ROLE veteran LOGIN; GRANT veteran TO ${world.server.admin.user} WITH ADMIN OPTION`
          : "CREATE USER 'veteran'@'%' IDENTIFIED BY 'by hand'",
      );
      for (const claim of [
        login("veteran", { deletion: "retain", adopt: true }),
        login("kept", { deletion: "retain" }),
      ]) {
        const who = await create(claim);
        const [result] = await remove(claim);
        assert.match(changeWords(result).join(), new RegExp(`leave ${claim.name} as it is`));
        assert.equal(await enter(who), "ok");
        const [read] = await ask(world, "read", [{ claim }]);
        assert.equal(read.exists, false);
      }
    });

    it("a database with deletion retain survives, and the same owner claims it again without adopt", async () => {
      const claim: Claim = { kind: "database", name: "archive", owner: "shop_owner", deletion: "retain" };
      await apply(world, { claim });
      await byHand(world, "archive", "CREATE TABLE old (id int)");
      const [result] = await remove(claim);
      assert.match(changeWords(result).join(), /leave database archive and its data/);
      await byHand(world, "archive", "SELECT * FROM old");
      await refused(
        world,
        { claim, owner: "other" },
        { code: "DatabaseExists", property: "name", says: [/archive/, /adopt: true/] },
      );
      await apply(world, { claim });
      assert.equal((await apply(world, { claim }))[0].status, "unchanged");
      await byHand(world, "archive", "SELECT * FROM old; DROP TABLE old");
    });

    it("a login dropped by hand: gone on reading, made again with the password its secret has", async () => {
      const before = await create(login("lost"));
      await byHand(world, undefined, postgresql ? "DROP ROLE lost" : "DROP USER 'lost'@'%'");
      const [read] = await ask(world, "read", [{ claim: login("lost") }]);
      assert.equal(read.exists, false);
      assert.match(changeWords(read).join(), /create login lost/);
      await apply(world, { claim: login("lost") });
      assert.equal(await enter(before), "ok");
      assert.equal((await secretOf(world, before.arn)).password, before.password);
    });

    for (const days of [0, 7])
      it(`a secret deleted by hand (${days === 0 ? "at once" : "in its window"}): named as drift, and put right with a new password`, async () => {
        const name = `bare${days}`;
        const before = await create(login(name));
        await world.stack.aws.direct("secretsmanager", "DeleteSecret", {
          SecretId: before.arn,
          ...(days === 0 ? { ForceDeleteWithoutRecovery: true } : { RecoveryWindowInDays: days }),
        });
        const [read] = await ask(world, "read", [{ claim: login(name) }]);
        assert.match(changeWords(read).join(), /reset the password/);
        const after = await create(login(name));
        assert.notEqual(after.password, before.password);
        assert.equal(await enter(after), "ok");
        assert.notEqual(await enter(before), "ok");
        assert.equal((await apply(world, { claim: login(name) }))[0].status, "unchanged");
      });

    it("a grant whose grantee, or whose database, is gone already", async () => {
      await create(login("guest"));
      await apply(world, { claim: grant("guest") });
      await remove(login("guest"));
      await remove(grant("guest"));
      assert.equal(await claimsOf("guest"), 0);

      await create(login("visitor"));
      await apply(world, { claim: database("brief") });
      await byHand(world, "brief", `${postgresql ? "SET ROLE shop_owner; " : ""}CREATE TABLE first (id int)`);
      await apply(world, { claim: grant("visitor", "brief") });
      await remove(database("brief"));
      await remove(grant("visitor", "brief"));
      assert.equal(await claimsOf("visitor"), 1, "the login itself");
      // Nothing comes back with the name.
      await apply(world, { claim: database("brief") });
      const { password } = await secretOf(world, "orders/visitor");
      assert.notEqual(await enter({ user: "visitor", password }, "brief"), "ok");
      await remove(database("brief"));
    });

    it("a login that holds grants in two databases and has granted some of them on", async () => {
      const giver = await create(login("giver"));
      const taker = await create(login("taker"));
      for (const name of ["shop", "depot"]) {
        await apply(world, { claim: grant("giver", name, { withGrantOption: true }) });
        const table = postgresql ? "first" : `${name}.first`;
        const to = postgresql ? "taker" : "'taker'@'%'";
        assert.equal(await attempt(world, giver, name, `GRANT SELECT ON ${table} TO ${to}`), "ok");
      }
      const [result] = await remove(login("giver"));
      assert.equal(await exists("giver"), false);
      assert.equal(await exists("taker"), true);
      // PostgreSQL takes back what a dropped role has granted; MySQL does not know who granted what.
      if (postgresql) assert.match(result.warnings.join(), /taker/);
      else assert.equal(await attempt(world, taker, "shop", "SELECT * FROM first"), "ok");
      for (const name of ["shop", "depot"]) await remove(grant("giver", name));
      assert.equal(await claimsOf("giver"), 0);
    });

    it("a login that was never finished takes its secret along", async () => {
      const claim = login("stillborn");
      const stop = world.stack.aws.intercept(async (call) => {
        const answer = await call.next();
        if (call.operation === "CreateSecret") world.stack.lambda.get(world.target.functionName).killAll();
        return answer;
      });
      await assert.rejects(apply(world, { claim }));
      stop();
      assert.equal((await secretOf(world, "orders/stillborn")).username, "stillborn");
      await remove(claim);
      await assert.rejects(secretOf(world, "orders/stillborn"));
      assert.equal(await claimsOf("stillborn"), 0);
    });
  });
}
