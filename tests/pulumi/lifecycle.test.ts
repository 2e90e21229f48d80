import assert from "node:assert/strict";
import { Engine, type Run } from "../support/engine";
import { versionsToTest } from "../support/versions";
import {
  attempt,
  byHand,
  changingStatements,
  logMark,
  secretOf,
  startWorld,
  type Login,
  type World,
} from "../support/world";
import { declare, programOf, tablesOf, user } from "./program";

interface Wish {
  privileges?: string;
  passwordVersion?: number;
  username?: string;
}

for (const version of versionsToTest("postgresql@17", "mysql@8.0")) {
  describe(`the life of users and grants on ${version}`, () => {
    const family = version.startsWith("postgresql") ? "postgresql" : "mysql";
    const postgresql = family === "postgresql";
    const refused = postgresql ? "42501" : "1142";
    let world: World;
    let engine: Engine;
    let app: Login;

    const tables = tablesOf(family, "database.name", "owner.name");
    const wish = ({ privileges = '["SELECT", "INSERT"]', passwordVersion = 1, username = "shop_app" }: Wish = {}) =>
      engine.write(program({ privileges, passwordVersion, username }));
    const program = ({ privileges, passwordVersion, username }: Required<Wish>): string =>
      programOf(
        declare("DbRole", "owner", { name: '"shop_owner"' }) +
          declare("DbDatabase", "database", { name: '"shop"', owner: "owner.name", deletion: '"drop"' }) +
          user("app", username, { database: "database.name", passwordVersion: String(passwordVersion) }) +
          user("analyst", "shop_analyst", { database: "database.name" }) +
          declare("DbGrant", "write", { grantee: "app.username", on: tables, privileges, mode: '"exclusive"' }) +
          declare("DbGrant", "look", { grantee: "analyst.username", on: tables, privileges: '["SELECT"]' }),
      );
    const everything = { create: 7 };
    const login = async (resource: string): Promise<Login> => {
      const { secretArn } = (await engine.resources())[resource].outputs;
      const { username, password } = await secretOf(world, String(secretArn));
      return { user: username, password };
    };
    const asApp = (sql: string) => attempt(world, app, "shop", sql);
    const grantByHand = (privilege: string, name: string) =>
      byHand(
        world,
        "shop",
        postgresql
          ? `SET ROLE shop_owner; GRANT ${privilege} ON items TO ${name}`
          : `GRANT ${privilege} ON shop.* TO '${name}'@'%'`,
      );
    const driftOf = async (resource: string) => (await engine.resources())[resource].outputs.drift as string[];
    const saidOn = ({ messages }: Run, resource: string): string =>
      messages
        .filter((message) => message.resource === resource)
        .map(({ text }) => text)
        .join("\n");

    before(async () => {
      world = await startWorld(version);
      engine = await Engine.start({ program: { code: "" }, env: world.stack.env() });
      wish();
    });
    after(async () => {
      await engine?.stop();
      await world?.stop();
    });

    it("previews in a DBA's words and changes nothing", async () => {
      const mark = logMark(world);
      const run = await engine.preview();
      assert.deepEqual(run.changes, everything, run.output);
      assert.match(saidOn(run, "owner"), /create role shop_owner/);
      assert.match(saidOn(run, "database"), /create database shop owned by shop_owner/);
      assert.match(saidOn(run, "app"), /create login shop_app/);
      assert.doesNotMatch(run.output, /waits for/, "the program makes what it waits for");
      assert.deepEqual(changingStatements(world, mark), []);
    });

    it("previews without the provisioner when it is told so", async () => {
      let invocations = 0;
      const remove = world.stack.lambda.beforeInvoke(() => void (invocations += 1));
      const run = await engine.preview({ env: { DB_ACCESS_PREVIEW: "offline" } });
      remove();
      assert.deepEqual(run.changes, everything, run.output);
      assert.equal(saidOn(run, "owner"), "");
      assert.equal(invocations, 0);
    });

    it("creates everything; then there is nothing to do", async () => {
      assert.deepEqual((await engine.up()).changes, everything);
      await byHand(world, "shop", `${postgresql ? "SET ROLE shop_owner; " : ""}CREATE TABLE items (id int)`);
      app = await login("app");
      assert.equal(await asApp("INSERT INTO items VALUES (1)"), "ok");
      assert.equal(await asApp("DELETE FROM items"), refused);
      const mark = logMark(world);
      await engine.expectNoChanges();
      assert.deepEqual((await engine.up()).changes, { same: 7 });
      assert.deepEqual(changingStatements(world, mark), []);
    });

    it("does not call it drift that a table of the future has come", async () => {
      const mark = logMark(world);
      await engine.refresh();
      assert.deepEqual(await driftOf("write"), []);
      assert.deepEqual(await driftOf("look"), []);
      await engine.expectNoChanges();
      assert.deepEqual(changingStatements(world, mark), []);
    });

    it("names drift at refresh and puts it right at up", async () => {
      await grantByHand("DELETE", "shop_app");
      assert.equal(await asApp("DELETE FROM items"), "ok");
      await engine.refresh();
      assert.match((await driftOf("write")).join(), /revoke DELETE on .* from shop_app/);
      const preview = await engine.preview();
      assert.deepEqual(preview.changes, { same: 6, update: 1 });
      assert.match(saidOn(preview, "write"), /revoke DELETE/);
      assert.deepEqual((await engine.up()).changes, { same: 6, update: 1 });
      assert.equal(await asApp("DELETE FROM items"), refused);
      assert.equal(await asApp("SELECT * FROM items"), "ok");
      assert.deepEqual(await driftOf("write"), []);
      await engine.expectNoChanges();
    });

    it("lists what others gave in additive mode and leaves it alone; what was claimed comes back", async () => {
      await grantByHand("UPDATE", "shop_analyst");
      await engine.refresh();
      const { outputs } = (await engine.resources()).look;
      assert.match(String(outputs.unmanaged), /UPDATE/);
      assert.deepEqual(outputs.drift, []);
      await engine.expectNoChanges();
      await byHand(
        world,
        "shop",
        postgresql ? "REVOKE SELECT ON items FROM shop_analyst" : "REVOKE SELECT ON shop.* FROM 'shop_analyst'@'%'",
      );
      const analyst = await login("analyst");
      assert.equal(await attempt(world, analyst, "shop", "SELECT * FROM items"), refused);
      await engine.refresh();
      assert.match((await driftOf("look")).join(), /grant SELECT on .* to shop_analyst/);
      await engine.up();
      assert.equal(await attempt(world, analyst, "shop", "SELECT * FROM items"), "ok");
      assert.equal(await attempt(world, analyst, "shop", "UPDATE items SET id = 2"), "ok");
    });

    it("narrows privileges in place", async () => {
      wish({ privileges: '["SELECT"]' });
      const preview = await engine.preview();
      assert.match(saidOn(preview, "write"), /revoke .*INSERT.* on .* from shop_app/);
      assert.deepEqual((await engine.up()).changes, { same: 6, update: 1 });
      assert.equal(await asApp("INSERT INTO items VALUES (2)"), refused);
      assert.equal(await asApp("SELECT * FROM items"), "ok");
    });

    it("resets the password once for each version", async () => {
      wish({ passwordVersion: 2 });
      assert.match(saidOn(await engine.preview(), "app"), /reset the password/);
      const before = (await engine.resources()).app.outputs.secretVersionId;
      await engine.up();
      assert.notEqual((await engine.resources()).app.outputs.secretVersionId, before);
      assert.notEqual(await asApp("SELECT 1"), "ok", "the old password");
      app = await login("app");
      assert.equal(await asApp("INSERT INTO items VALUES (3)"), "ok", "the secret's");
      await engine.expectNoChanges();
    });

    it("renames a login by replacing it, and its grant with it", async () => {
      wish({ passwordVersion: 2, username: "shop_api" });
      const run = await engine.up();
      const replaced = run.steps.filter(({ operation }) => operation === "replace").map(({ name }) => name);
      assert.deepEqual(replaced.sort(), ["app", "write"]);
      assert.notEqual(await asApp("SELECT 1"), "ok", "the old login is gone");
      app = await login("app");
      assert.equal(app.user, "shop_api");
      assert.equal(await asApp("INSERT INTO items VALUES (4)"), "ok");
      await engine.expectNoChanges();
    });

    it("destroys everything and leaves nothing", async () => {
      await engine.destroy();
      const left = await byHand(
        world,
        postgresql ? "postgres" : "mysql",
        postgresql
          ? "SELECT rolname FROM pg_roles WHERE rolname LIKE 'shop%' UNION ALL SELECT datname FROM pg_database WHERE datname LIKE 'shop%' UNION ALL SELECT id FROM db_access.claims WHERE state <> 'audit'"
          : "SELECT user FROM mysql.user WHERE user LIKE 'shop%' UNION ALL SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 'shop%' UNION ALL SELECT id FROM db_access.claims WHERE state <> 'audit'",
      );
      assert.deepEqual(left, []);
      await assert.rejects(secretOf(world, "rds-shop-shop_api-secret"), /ResourceNotFound/);
      assert.deepEqual(await engine.resources(), {});
    });
  });
}
