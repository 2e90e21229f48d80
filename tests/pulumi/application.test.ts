import assert from "node:assert/strict";
import path from "node:path";
import { checkout, Engine } from "../support/engine";
import { attempt, byHand, changingStatements, logMark, secretOf, startWorld, type World } from "../support/world";

describe("the application team's example", () => {
  let world: World;
  let engine: Engine;

  before(async () => {
    world = await startWorld("postgresql@17");
    engine = await Engine.start({
      program: { main: path.join(checkout, "examples", "application", "index.ts") },
      env: world.stack.env(),
      config: { provisioner: "/db-access/orders" },
    });
  });
  after(async () => {
    await engine?.stop();
    await world?.stop();
  });

  it("previews what it will do and does nothing", async () => {
    const mark = logMark(world);
    const { changes, output } = await engine.preview();
    assert.deepEqual(changes, { create: 6 }, output);
    assert.match(output, /create role orders_owner/);
    assert.deepEqual(changingStatements(world, mark), []);
  });

  it("ends with the application logging in and inserting a row", async () => {
    const { changes } = await engine.up();
    assert.deepEqual(changes, { create: 6 });
    const { secretArn } = await engine.outputs();
    const { username, password } = await secretOf(world, String(secretArn));
    const api = { user: username, password };
    assert.equal(username, "orders_api");
    assert.equal(await attempt(world, api, "orders", "INSERT INTO lines (what) VALUES ('first')"), "ok");
    assert.equal(await attempt(world, api, "orders", "SELECT * FROM lines"), "ok");
    assert.equal(await attempt(world, api, "orders", "TRUNCATE lines"), "42501");
  });

  it("has nothing more to do", async () => {
    const mark = logMark(world);
    await engine.expectNoChanges();
    // The table is new in the list of what the grant is good for, and is no drift.
    await engine.refresh();
    for (const [name, { outputs }] of Object.entries(await engine.resources()))
      assert.deepEqual(outputs.drift, [], name);
    const { changes, output } = await engine.refresh();
    assert.deepEqual(changes, { same: 6 }, output);
    await engine.expectNoChanges();
    assert.deepEqual(changingStatements(world, mark), []);
  });

  it("destroys all but the data, which its policy retains", async () => {
    const { output } = await engine.destroy();
    assert.match(output, /orders_owner/, "a role that is retained with its database is named");
    const roles = await byHand(
      world,
      undefined,
      "SELECT rolname FROM pg_roles WHERE rolname LIKE 'orders%' ORDER BY 1",
    );
    // The migrator stays with what it has made; nobody can log in as it.
    assert.deepEqual(roles, [{ rolname: "orders_migrator" }, { rolname: "orders_owner" }]);
    assert.deepEqual(await byHand(world, "orders", "SELECT what FROM lines"), [{ what: "first" }]);
    await assert.rejects(secretOf(world, "orders/api"), /deleted|InvalidRequest/);
    assert.deepEqual(await engine.resources(), {});
  });
});
