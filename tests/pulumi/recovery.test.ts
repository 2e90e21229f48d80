import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProvisionerRef } from "../../provisioner/protocol";
import { Engine } from "../support/engine";
import {
  attempt,
  byHand,
  changingStatements,
  logMark,
  query,
  secretOf,
  startWorld,
  type World,
} from "../support/world";
import { declare, programOf, tablesOf, user } from "./program";

const on = tablesOf("postgresql", '"shop"');

/** A login and its grant in a database that is there already. */
const access = (name: string, version = 1): string =>
  user(name, `shop_${name}`, { passwordVersion: String(version) }) +
  declare("DbGrant", `${name}Reads`, { grantee: `${name}.username`, on, privileges: '["SELECT"]' });

describe("what a stack survives, on PostgreSQL 17", () => {
  let world: World;
  let engine: Engine;

  const roles = async (pattern: string): Promise<unknown[]> =>
    (await byHand(world, undefined, `SELECT rolname FROM pg_roles WHERE rolname LIKE '${pattern}' ORDER BY 1`)).map(
      ({ rolname }) => rolname,
    );
  const start = async (body: string, ref?: ProvisionerRef): Promise<void> => {
    engine = await Engine.start({ program: { code: programOf(body, ref) }, env: world.stack.env() });
  };
  const publish = (ref: ProvisionerRef) =>
    world.stack.aws.direct(
      "ssm",
      "PutParameter",
      { Name: ref.discovery.parameter, Value: JSON.stringify(ref), Type: "String", Overwrite: true },
      { account: world.stack.account, region: world.stack.region },
    );
  /** The function gets another name, and only the parameter knows. */
  const move = async (from: ProvisionerRef, to: string): Promise<ProvisionerRef> => {
    await world.stack.lambda.renameFunction(from.functions.access, to);
    const ref = { ...from, functions: { ...from.functions, access: to } };
    await publish(ref);
    return ref;
  };
  const logsIn = async (resource: string): Promise<void> => {
    const { secretArn } = (await engine.resources())[resource].outputs;
    const { username, password } = await secretOf(world, String(secretArn));
    assert.equal(await attempt(world, { user: username, password }, "shop", "SELECT * FROM items"), "ok");
  };

  before(async () => {
    world = await startWorld("postgresql@17");
    const { admin } = world.server;
    // Made by the admin, as on a real cluster: a database of the superuser's would be beyond the provisioner's reach.
    await query(world, admin, "postgres", "CREATE DATABASE shop");
    await query(world, admin, "shop", "CREATE TABLE items (id int)");
  });
  after(async () => {
    await world?.stop();
  });
  afterEach(async () => {
    await engine?.stop();
  });

  it("takes another endpoint and another function name as an update that changes nothing on the server", async () => {
    const { ref } = world.target;
    await start(access("ref"), ref);
    await engine.up();
    const mark = logMark(world);
    engine.write(programOf(access("ref"), { ...ref, database: { host: "127.0.0.1", port: ref.database.port } }));
    assert.deepEqual((await engine.up()).changes, { same: 1, update: 2 });
    const renamed = await move(ref, "db-access-orders-blue");
    engine.write(programOf(access("ref"), renamed));
    assert.deepEqual((await engine.up()).changes, { same: 1, update: 2 });
    await engine.expectNoChanges();
    assert.deepEqual(changingStatements(world, mark), []);
    await logsIn("ref");
    await engine.destroy();
    await move(renamed, ref.functions.access);
    assert.deepEqual(await roles("shop_ref"), []);
  });

  it("finds a function that has moved in up, refresh and destroy", async () => {
    const { ref } = world.target;
    await start(access("moved"), ref);
    await engine.up();
    let now = await move(ref, "db-access-orders-green");
    engine.write(programOf(access("moved", 2), ref));
    await engine.up();
    await logsIn("moved");
    now = await move(now, "db-access-orders-red");
    assert.deepEqual((await engine.refresh()).changes, { same: 3 });
    now = await move(now, "db-access-orders-white");
    await engine.destroy();
    await move(now, ref.functions.access);
    assert.deepEqual(await roles("shop_moved"), []);
  });

  it("ends with one login in state and on the server when the answer to create is lost", async () => {
    await start(access("lost"));
    let dropped = 0;
    const remove = world.stack.lambda.afterInvoke((control) => {
      const { mode } = control.payload as { mode: string };
      if (mode !== "apply" || dropped > 0) return;
      dropped += 1;
      control.dropResponse();
    });
    await engine.up().finally(remove);
    assert.equal(dropped, 1);
    assert.deepEqual(Object.keys(await engine.resources()), ["lost", "lostReads"]);
    assert.deepEqual(await roles("shop_lost"), ["shop_lost"]);
    await logsIn("lost");
    await engine.expectNoChanges();
    await engine.destroy();
  });

  it("finds everything again when state is lost, and sends no statement that changes anything", async () => {
    await start(access("state"));
    await engine.up();
    const before = await engine.resources();
    await engine.forget();
    assert.deepEqual(await engine.resources(), {});
    const mark = logMark(world);
    assert.deepEqual((await engine.up()).changes, { create: 3 });
    assert.deepEqual(changingStatements(world, mark), []);
    const after = await engine.resources();
    for (const name of Object.keys(before)) assert.deepEqual(after[name].outputs, before[name].outputs, name);
    await logsIn("state");
    await engine.destroy();
    assert.deepEqual(await roles("shop_state"), []);
  });

  it("converges after the command line was killed in the middle of up", async () => {
    const names = ["one", "two", "three", "four"];
    await start(names.map((name) => access(name)).join(""));
    const up = engine.begin("up");
    let applied = 0;
    const remove = world.stack.lambda.afterInvoke((control) => {
      if ((control.payload as { mode: string }).mode !== "apply") return;
      applied += 1;
      // The function has done its work and the engine will never hear of it.
      if (applied === 2) up.kill();
    });
    assert.equal((await up.ended).succeeded, false);
    remove();
    assert.ok(applied >= 2);
    await engine.command("cancel", engine.stack, "--yes");
    // The provider's process may live a moment longer than the engine that started it.
    await sleep(500);
    await engine.up();
    assert.equal(Object.keys(await engine.resources()).length, 8);
    for (const name of names) await logsIn(name);
    // The engine remembers what it was creating until a refresh is told to forget it.
    await engine.refresh({ args: ["--clear-pending-creates"] });
    assert.equal((await engine.exported()).deployment.pending_operations, undefined);
    await engine.expectNoChanges();
    await engine.destroy();
    for (const name of names) assert.deepEqual(await roles(`shop_${name}`), []);
  });

  it("destroys in any order when grants name their users by literal strings", async () => {
    const grant = (grantee: string) =>
      declare("DbGrant", `${grantee}Grant`, { grantee: `"shop_${grantee}"`, on, privileges: '["SELECT"]' });
    const users = ["left", "right"].map((name) => user(name, `shop_${name}`)).join("");
    await start(users);
    await engine.up();
    engine.write(programOf(users + grant("left") + grant("right")));
    await engine.up();
    const { left, rightGrant } = await engine.resources();
    await engine.destroy({ args: ["--target", left.urn, "--target", rightGrant.urn] });
    assert.deepEqual(await roles("shop_left"), []);
    await engine.destroy();
    assert.deepEqual(await engine.resources(), {});
    const claims = "SELECT id FROM db_access.claims WHERE id LIKE '%shop_left%' OR id LIKE '%shop_right%'";
    assert.deepEqual(await byHand(world, "postgres", claims), []);
  });

  it("takes a removed grant away from tables that came after it", async () => {
    const future = `{ kind: "tables", database: "shop", schema: "public", tables: "*", future: { createdBy: [owner.name] } }`;
    const base = declare("DbRole", "owner", { name: '"shop_owner"' }) + user("late", "shop_late");
    const grant = (privileges: string) =>
      declare("DbGrant", "lateGrant", { grantee: "late.username", on: future, privileges });
    await start(base + grant('["SELECT", "INSERT"]'));
    await engine.up();
    await byHand(
      world,
      "shop",
      "GRANT CREATE ON SCHEMA public TO shop_owner; SET ROLE shop_owner; CREATE TABLE later (id int)",
    );
    const { secretArn } = (await engine.resources()).late.outputs;
    const { username, password } = await secretOf(world, String(secretArn));
    const late = (sql: string) => attempt(world, { user: username, password }, "shop", sql);
    assert.equal(await late("INSERT INTO later VALUES (1)"), "ok");
    engine.write(programOf(base + grant('["SELECT"]')));
    await engine.up();
    assert.equal(await late("INSERT INTO later VALUES (2)"), "42501");
    assert.equal(await late("SELECT * FROM later"), "ok");
    engine.write(programOf(base));
    await engine.up();
    await byHand(
      world,
      "shop",
      "GRANT CONNECT ON DATABASE shop TO shop_late; GRANT USAGE ON SCHEMA public TO shop_late",
    );
    assert.equal(await late("SELECT * FROM later"), "42501");
    await byHand(world, "shop", "DROP TABLE later");
    await engine.destroy();
  });
});
