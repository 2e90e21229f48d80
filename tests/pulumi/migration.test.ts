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
  const programWith = (more: Record<string, string> = {}): string =>
    programOf(
      declare("DbRole", "owner", { name: `"shop_owner"` }) +
        declare("DbDatabase", "shop", { name: `"shop"`, owner: "owner.name", deletion: `"drop"` }) +
        declare("DbMigration", "schema", { database: "shop.name", directory: `"./migrations"`, ...more }),
    );
  const write = (more: Record<string, string> = {}): void => engine.write(programWith(more));
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

  it("two resources with one history are refused before anything is made", async () => {
    const twin = declare("DbMigration", "twin", { database: "shop.name", directory: `"./migrations"` });
    engine.write(`${programWith()}${twin}`);
    assert.match(
      (await engine.failing("preview")).output,
      /both claim the migrations of shop in db_access_migrations in cluster orders; keep one of them/,
    );
    write();
  });

  it("another owner's history is refused, and handed over when the program says whose it is", async () => {
    write({ ownerKey: `"team-a"` });
    await engine.up();
    assert.deepEqual((await outputs()).ownerKey, "team-a");
    write();
    await engine.up();
    await engine.expectNoChanges({ args: ["--refresh"] });
  });

  it("variables reach the server and never hold a secret", async () => {
    put("R__limits.sql", "CREATE OR REPLACE VIEW limits AS SELECT ${most} AS most;\n");
    write({ variables: `{ most: { literal: pulumi.secret("hush") } }` });
    assert.match((await engine.failing("preview")).output, /variables holds a secret, and state would hold it/);
    write({ variables: `{ most: { literal: 7 } }` });
    await engine.up();
    assert.equal((await byHand(world, "shop", "SELECT most FROM limits"))[0].most, 7);
    write({ variables: `{ most: { literal: 8 } }` });
    await engine.up();
    assert.equal((await byHand(world, "shop", "SELECT most FROM limits"))[0].most, 8);
    await engine.expectNoChanges({ args: ["--refresh"] });
  });

  it("a deletion that takes everything back says so, needs every way back, and then leaves nothing", async () => {
    const withoutMigration = (): void =>
      engine.write(
        programOf(
          declare("DbRole", "owner", { name: `"shop_owner"` }) +
            declare("DbDatabase", "shop", { name: `"shop"`, owner: "owner.name", deletion: `"drop"` }),
        ),
      );
    write({ variables: `{ most: { literal: 8 } }`, onDestroy: `"down"` });
    await engine.up();
    assert.match(String((await outputs()).onDelete), /^Runs the down files of what has run in shop, the last first/);
    withoutMigration();
    assert.match(
      (await engine.failing("up")).output,
      /MigrationRefused: There is no way back from R__limits\.sql, 0004_bad\.sql.*onDestroy: "retain"/,
    );
    assert.equal(await there("good"), true);
    put("0001_orders.down.sql", "SELECT 1;");
    put("0002_drop.down.sql", "-- migrate: allow drop-table\nDROP TABLE customers;");
    put("0003_good.down.sql", "-- migrate: allow drop-table\nDROP TABLE good;");
    put("0004_bad.down.sql", "-- migrate: allow drop-table\nDROP TABLE bad;");
    put("R__limits.down.sql", "-- migrate: allow drop-object\nDROP VIEW limits;");
    write({ variables: `{ most: { literal: 8 } }`, onDestroy: `"down"` });
    await engine.up();
    withoutMigration();
    const { output } = await engine.up();
    assert.match(output, /ran R__limits\.down\.sql in \d+ ms[^]*ran 0001_orders\.down\.sql/);
    assert.deepEqual([await there("good"), await there("db_access_migrations_log")], [false, false]);
    write({ variables: `{ most: { literal: 8 } }` });
    await engine.up();
  });

  it("goes with its database, and its deletion says that it leaves what is there", async () => {
    assert.match(String((await outputs()).onDelete), /Leaves what the migrations have made in shop/);
    await engine.destroy();
    const left = await byHand(world, undefined, "SELECT datname FROM pg_database WHERE datname = 'shop'");
    assert.deepEqual(left, []);
  });
});
