import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Engine } from "../support/engine";
import { byHand, changingStatements, logMark, startWorld, type World } from "../support/world";
import { declare, programOf } from "./program";

describe("a folder of migrations, on PostgreSQL 17", () => {
  let world: World;
  let engine: Engine;
  let folder: string;

  const put = (name: string, text: string): void => writeFileSync(path.join(folder, name), text);
  const write = (more: Record<string, string> = {}): void =>
    engine.write(
      programOf(
        declare("DbRole", "owner", { name: `"shop_owner"` }) +
          declare("DbDatabase", "shop", { name: `"shop"`, owner: "owner.name", deletion: `"drop"` }) +
          declare("DbMigration", "schema", { database: "shop.name", directory: `"./migrations"`, ...more }),
      ),
    );
  const outputs = async (): Promise<Record<string, unknown>> => (await engine.resources()).schema.outputs;
  const there = async (table: string): Promise<boolean> =>
    (await byHand(world, "shop", `SELECT to_regclass('${table}') IS NOT NULL AS there`))[0].there === true;

  before(async () => {
    world = await startWorld("postgresql@17");
    engine = await Engine.start({ program: { code: "" }, env: world.stack.env() });
    folder = path.join(engine.project, "migrations");
    mkdirSync(folder);
    put("0001_orders.sql", "CREATE TABLE orders (id int PRIMARY KEY);\n");
    put("README.md", "Not a migration.");
    write();
  });
  after(async () => {
    await engine?.stop();
    await world?.stop();
  });

  it("is previewed with the names of its files, also while nothing is there", async () => {
    const { output } = await engine.preview({ args: ["--diff"] });
    assert.match(output, /0001_orders\.sql/);
    assert.ok(!output.includes("CREATE TABLE"), output);
  });

  it("runs with the database and its owner in the same deployment, and then there is nothing to do", async () => {
    await engine.up();
    assert.deepEqual((await outputs()).applied, ["0001_orders.sql"]);
    assert.equal(await there("orders"), true);
    const mark = logMark(world);
    await engine.expectNoChanges({ args: ["--refresh"] });
    assert.deepEqual(changingStatements(world, mark), []);
  });

  it("holds names and hashes in state, and no SQL", async () => {
    const state = JSON.stringify(await engine.exported());
    assert.ok(state.includes("0001_orders.sql"));
    assert.ok(!state.includes("CREATE TABLE"));
  });

  it("a new file shows in the preview with what it would destroy, is refused so, and runs when it says that it is meant", async () => {
    put("0002_drop.sql", "CREATE TABLE customers (id int);\nDROP TABLE orders;\n");
    const { output } = await engine.preview();
    assert.match(output, /run 0002_drop\.sql as shop_owner/);
    assert.match(output, /0002_drop\.sql \(line 2\) drops a table with its rows/);
    const failed = await engine.failing("up");
    assert.match(failed.output, /MigrationRefused: 0002_drop\.sql \(line 2\)/);
    assert.equal(await there("orders"), true);
    put("0002_drop.sql", "-- migrate: allow drop-table\nCREATE TABLE customers (id int);\nDROP TABLE orders;\n");
    await engine.up();
    assert.equal(await there("orders"), false);
    await engine.expectNoChanges({ args: ["--refresh"] });
  });

  it("a file that fails is in state as pending, and the next run goes on from there", async () => {
    put("0003_good.sql", "CREATE TABLE good (id int);\n");
    put("0004_bad.sql", "CREATE TABLE bad (id int);\nSELECT nothing FROM good;\n");
    const failed = await engine.failing("up");
    assert.match(failed.output, /MigrationFailed: 0004_bad\.sql at line 2: .*Nothing of the file is there/);
    const { applied, pending } = await outputs();
    assert.deepEqual(applied, ["0001_orders.sql", "0002_drop.sql", "0003_good.sql"]);
    assert.deepEqual(pending, ["0004_bad.sql"]);
    put("0004_bad.sql", "CREATE TABLE bad (id int);\n");
    await engine.up();
    assert.equal(await there("bad"), true);
    await engine.expectNoChanges({ args: ["--refresh"] });
  });

  it("a file that was edited after it ran is a warning at preview and an error at up", async () => {
    put("0003_good.sql", "CREATE TABLE good (id bigint);\n");
    assert.match((await engine.preview()).output, /0003_good\.sql is not what ran/);
    assert.match((await engine.failing("up")).output, /MigrationRefused: 0003_good\.sql is not what ran/);
    put("0003_good.sql", "CREATE TABLE good (id int);\n");
    await engine.expectNoChanges({ args: ["--refresh"] });
  });

  it("a history that somebody has changed is found by a refresh", async () => {
    await byHand(
      world,
      "shop",
      "UPDATE db_access_migrations_log SET sha256 = repeat('0', 64) WHERE name = '0001_orders.sql'",
    );
    await engine.refresh();
    assert.match(String((await outputs()).drift), /0001_orders\.sql is not what ran/);
    write({ onChecksumMismatch: `"repair"` });
    await engine.up();
    await engine.expectNoChanges({ args: ["--refresh"] });
  });

  it("a file whose name follows no rule stops the program before anything is made", async () => {
    put("five.sql", "SELECT 1;");
    assert.match((await engine.failing("preview")).output, /five\.sql follows no rule for names/);
    rmSync(path.join(folder, "five.sql"));
  });

  it("goes with its database, and its deletion says that it leaves what is there", async () => {
    assert.match(String((await outputs()).onDelete), /Leaves what the migrations have made in shop/);
    await engine.destroy();
    const left = await byHand(world, undefined, "SELECT datname FROM pg_database WHERE datname = 'shop'");
    assert.deepEqual(left, []);
  });
});
