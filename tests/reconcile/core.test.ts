import assert from "node:assert/strict";
import type { Claim, GrantClaim, LoginClaim } from "../../provisioner/protocol";
import {
  apply,
  ask,
  attempt,
  byHand,
  changeWords,
  changingStatements,
  logMark,
  secretOf,
  startWorld,
  type Login,
  type World,
} from "../support/world";
import { versionsToTest } from "../support/versions";

const versions = versionsToTest(
  "postgresql@13",
  "postgresql@15",
  "postgresql@16",
  "postgresql@17",
  "postgresql@18",
  "mysql@8.0",
  "mariadb@10.11",
);

const ownerRole: Claim = { kind: "role", name: "shop_owner", deletion: "drop" };
const database: Claim = { kind: "database", name: "shop", owner: "shop_owner", deletion: "drop" };
const login: LoginClaim = {
  kind: "login",
  name: "shop_api",
  auth: { kind: "password", secret: { name: "orders/api", recoveryDays: 0 } },
  database: "shop",
  passwordVersion: 1,
  deletion: "drop",
};

for (const version of versions) {
  describe(`core scenario on ${version}`, () => {
    let world: World;
    let api: Login;
    const postgresql = version.startsWith("postgresql");
    const refused = postgresql ? "42501" : "1142";
    const on: GrantClaim["on"] = postgresql
      ? { kind: "tables", database: "shop", schema: "public", tables: "*", future: { createdBy: ["shop_owner"] } }
      : { kind: "tables", database: "shop", tables: "*" };
    const grant = (privileges: string[], mode: GrantClaim["mode"] = "exclusive", grantee = "shop_api"): GrantClaim => ({
      kind: "grant",
      grantee,
      on,
      privileges,
      mode,
    });
    const asApi = (sql: string) => attempt(world, api, "shop", sql);
    const asOwner = (sql: string) => (postgresql ? `SET ROLE shop_owner; ${sql}` : sql);

    before(async () => {
      world = await startWorld(version);
    });
    after(async () => {
      await world.stop();
    });

    it("plans everything in words before anything exists, and changes nothing", async () => {
      const mark = logMark(world);
      const results = await ask(world, "plan", [
        { claim: ownerRole },
        { claim: database },
        { claim: login },
        { claim: grant(["SELECT", "INSERT"]) },
      ]);
      assert.deepEqual(
        results.map((result) => result.status),
        ["unchanged", "unchanged", "unchanged", "unchanged"],
        JSON.stringify(results),
      );
      assert.match(changeWords(results[0]).join(), /create role shop_owner/);
      assert.match(changeWords(results[1]).join(), /create database shop owned by shop_owner/);
      assert.match(changeWords(results[2]).join(), /create login shop_api/);
      assert.deepEqual(changingStatements(world, mark), []);
    });

    it("creates role, database and login, and the login works with its secret", async () => {
      const mark = logMark(world);
      await apply(world, { claim: ownerRole });
      await apply(world, { claim: database });
      for (const change of [/^CREATE ROLE/, /^CREATE DATABASE/, /^(INSERT|REPLACE) INTO/])
        assert.ok(
          changingStatements(world, mark).some((statement) => change.test(statement)),
          "the log is understood",
        );
      const [result] = await apply(world, { claim: login });
      assert.ok(result.outputs?.secretArn?.includes(":secret:orders/api-"));
      const secret = await secretOf(world, result.outputs?.secretArn ?? "");
      assert.deepEqual(
        { ...secret, password: "" },
        {
          engine: postgresql ? "postgres" : version.split("@")[0],
          host: "localhost",
          port: world.server.port,
          username: "shop_api",
          password: "",
          dbname: "shop",
          ssl: true,
        },
      );
      api = { user: secret.username, password: secret.password };
      assert.equal(await attempt(world, api, undefined, "SELECT 1"), "ok");
      assert.notEqual(await attempt(world, { ...api, password: "wrong" }, undefined, "SELECT 1"), "ok");
      assert.notEqual(await attempt(world, api, "shop", "SELECT 1"), "ok", "no grant, no way into the database");
    });

    it("grants before and after the table exists, and refuses the rest", async () => {
      if (!postgresql) await byHand(world, "shop", "CREATE TABLE first (id int PRIMARY KEY)");
      else await byHand(world, "shop", asOwner("CREATE TABLE first (id serial PRIMARY KEY)"));
      const [result] = await apply(world, { claim: grant(["SELECT", "INSERT"]) });
      await byHand(
        world,
        "shop",
        asOwner(
          postgresql ? "CREATE TABLE second (id serial PRIMARY KEY)" : "CREATE TABLE second (id int PRIMARY KEY)",
        ),
      );
      for (const table of ["first", "second"]) {
        const insert = postgresql ? `INSERT INTO ${table} DEFAULT VALUES` : `INSERT INTO ${table} VALUES (1)`;
        assert.equal(await asApi(insert), "ok", table);
        assert.equal(await asApi(`SELECT * FROM ${table}`), "ok", table);
        assert.equal(await asApi(`DELETE FROM ${table}`), refused, table);
      }
      assert.ok(
        result.outputs?.effective?.some((line) => line.includes("INSERT, SELECT")),
        JSON.stringify(result.outputs),
      );
    });

    it("finds nothing to do for a table that came under its default privileges", async () => {
      const mark = logMark(world);
      const asks = [
        { claim: ownerRole },
        { claim: database },
        { claim: login },
        { claim: grant(["SELECT", "INSERT"]) },
      ];
      const results = await apply(world, ...asks);
      assert.deepEqual(
        results.map((result) => [result.status, changeWords(result)]),
        asks.map(() => ["unchanged", []]),
      );
      for (const result of await ask(world, "plan", asks)) assert.deepEqual(changeWords(result), []);
      for (const result of await ask(world, "read", asks))
        assert.deepEqual([result.exists, changeWords(result)], [true, []]);
      assert.deepEqual(changingStatements(world, mark), []);
    });

    it("names a hand-made grant as drift and takes it away in exclusive mode", async () => {
      const by = postgresql ? asOwner("GRANT DELETE ON first TO shop_api") : "GRANT DELETE ON shop.* TO 'shop_api'@'%'";
      await byHand(world, "shop", by);
      assert.equal(await asApi("DELETE FROM first"), "ok");
      const [read] = await ask(world, "read", [{ claim: grant(["SELECT", "INSERT"]) }]);
      assert.match(changeWords(read).join(), /revoke DELETE on .* from shop_api/);
      await apply(world, { claim: grant(["SELECT", "INSERT"]) });
      assert.equal(await asApi("DELETE FROM first"), refused);
      assert.equal(await asApi("SELECT * FROM first"), "ok");
    });

    it("leaves a hand-made grant alone in additive mode, and brings back what was revoked by hand", async () => {
      const [analyst] = await apply(world, {
        claim: { ...login, name: "analyst", auth: { kind: "password", secret: { recoveryDays: 0 } } },
      });
      const reader = await secretOf(world, analyst.outputs?.secretArn ?? "");
      const person = { user: "analyst", password: reader.password };
      const claim = grant(["SELECT"], "additive", "analyst");
      await apply(world, { claim });
      await byHand(
        world,
        "shop",
        postgresql
          ? asOwner("GRANT UPDATE ON first TO analyst; REVOKE SELECT ON first FROM analyst")
          : "GRANT UPDATE ON shop.* TO 'analyst'@'%'; REVOKE SELECT ON shop.* FROM 'analyst'@'%'",
      );
      assert.notEqual(await attempt(world, person, "shop", "SELECT * FROM first"), "ok");
      const [read] = await ask(world, "read", [{ claim }]);
      assert.match(changeWords(read).join(), /grant SELECT on .* to analyst/);
      assert.match(read.outputs?.unmanaged?.join() ?? "", /UPDATE/);
      const [applied] = await apply(world, { claim });
      assert.equal(await attempt(world, person, "shop", "SELECT * FROM first"), "ok");
      assert.match(applied.outputs?.unmanaged?.join() ?? "", /UPDATE/);
      await apply(world, { claim, action: "remove" });
      assert.equal(await attempt(world, person, "shop", "SELECT * FROM first"), postgresql ? "42501" : "1142");
      await apply(world, { claim: { ...login, name: "analyst" }, action: "remove" });
    });

    it("narrows write to read in place", async () => {
      const [planned] = await ask(world, "plan", [{ claim: grant(["SELECT"]) }]);
      assert.match(changeWords(planned).join(), /revoke INSERT on .* from shop_api/);
      await apply(world, { claim: grant(["SELECT"]) });
      assert.equal(
        await asApi(postgresql ? "INSERT INTO first DEFAULT VALUES" : "INSERT INTO first VALUES (7)"),
        refused,
      );
      assert.equal(await asApi("SELECT * FROM first"), "ok");
    });

    it("resets the password when its version changes: the old one is refused, the secret's logs in", async () => {
      const [result] = await apply(world, { claim: { ...login, passwordVersion: 2 } });
      assert.match(changeWords(result).join(), /reset the password/);
      assert.notEqual(await attempt(world, api, "shop", "SELECT 1"), "ok");
      const secret = await secretOf(world, result.outputs?.secretArn ?? "");
      assert.notEqual(secret.password, api.password);
      api = { ...api, password: secret.password };
      assert.equal(await asApi("SELECT * FROM first"), "ok");
      const [again] = await apply(world, { claim: { ...login, passwordVersion: 2 } });
      assert.equal(again.status, "unchanged");
      const { secretArn } = result.outputs ?? {};
      const stored = world.stack.aws.secrets.save().find(({ arn }) => arn === secretArn);
      const current = stored?.versions.find(({ stages }) => stages.includes("AWSCURRENT"))?.id;
      assert.deepEqual([result.outputs?.secretVersionId, again.outputs?.secretVersionId], [current, current]);
    });

    it("keeps a privilege that another claim holds, whichever goes first, on tables old and new", async () => {
      const one = { claim: grant(["SELECT"], "additive"), owner: "one" };
      const two = { claim: grant(["SELECT"], "additive"), owner: "two" };
      await apply(world, { claim: grant(["SELECT"]), action: "remove" });
      assert.notEqual(await asApi("SELECT * FROM first"), "ok");
      for (const [table, first, second] of [
        ["later", one, two],
        ["latest", two, one],
      ] as const) {
        await apply(world, one);
        await apply(world, two);
        await byHand(world, "shop", asOwner(`CREATE TABLE ${table} (id int PRIMARY KEY)`));
        await apply(world, { ...first, action: "remove" });
        for (const name of ["first", table]) assert.equal(await asApi(`SELECT * FROM ${name}`), "ok", name);
        await apply(world, { ...second, action: "remove" });
        for (const name of ["first", table]) assert.notEqual(await asApi(`SELECT * FROM ${name}`), "ok", name);
      }
    });

    it("removes everything, twice, and leaves nothing", async () => {
      await apply(world, { claim: grant(["SELECT"]) });
      const removals = [grant(["SELECT"]), { ...login, passwordVersion: 2 }, database, ownerRole].map((claim) => ({
        claim,
        action: "remove" as const,
      }));
      for (const removal of removals) await apply(world, removal);
      for (const removal of removals) assert.equal((await apply(world, removal))[0].status, "unchanged");
      const rows = postgresql
        ? await byHand(
            world,
            undefined,
            "SELECT rolname FROM pg_roles WHERE rolname LIKE 'shop%' UNION SELECT datname FROM pg_database WHERE datname LIKE 'shop%'",
          )
        : await byHand(
            world,
            undefined,
            "SELECT user FROM mysql.user WHERE user LIKE 'shop%' UNION SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 'shop%'",
          );
      assert.deepEqual(rows, []);
      const claims = "SELECT id FROM db_access.claims WHERE state <> 'audit'";
      const ledger = await byHand(world, postgresql ? "postgres" : "db_access", claims);
      assert.deepEqual(ledger, []);
      await assert.rejects(secretOf(world, "orders/api"));
    });
  });
}
