import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { baselineMigrations } from "../../automation/migrate/baseline";
import { lintMigrations } from "../../automation/migrate/lint";
import { migrationPlan } from "../../automation/migrate/plan";
import { resolveMigration } from "../../automation/migrate/resolve";
import { migrationStatus } from "../../automation/migrate/status";
import { verifyMigrations } from "../../automation/migrate/verify";
import { migrate as deploy, type Texts } from "../migrations/request";
import { apply, byHand, startWorld, type World } from "../support/world";
import { dbAccess, type CommandRun } from "./support";

/** The commands are called as functions where only their effect counts, and as a shell does where their words do. */
for (const version of ["postgresql@17", "mysql@8.0"])
  describe(`db-access migrate on ${version}`, function () {
    this.timeout(120_000);
    let world: World;
    let directory: string;
    let ref: string;
    const isPostgresql = version.startsWith("postgresql");

    before(async () => {
      world = await startWorld(version);
      directory = mkdtempSync(path.join(os.tmpdir(), "db-access-migrate-"));
      ref = path.join(directory, "ref.json");
      writeFileSync(ref, JSON.stringify(world.target.ref));
      await apply(world, { claim: { kind: "role", name: "shop_owner", deletion: "drop" } });
      for (const name of ["shop", "old"])
        await apply(world, { claim: { kind: "database", name, owner: "shop_owner", deletion: "drop" } });
    });
    after(async () => {
      await world?.stop();
      rmSync(directory, { recursive: true, force: true });
    });

    const at = (database: string) => ({ ref, database, directory: path.join(directory, database) });
    /** The folder holds these files, and no others. */
    function fill(database: string, texts: Texts): Texts {
      const folder = path.join(directory, database);
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      for (const [name, text] of Object.entries(texts)) writeFileSync(path.join(folder, name), text);
      return texts;
    }
    const shell = (command: string, ...args: string[]): Promise<CommandRun> => {
      const where = ["--parameter", world.target.ref.discovery.parameter, "--database", "shop"];
      return dbAccess(["migrate", command, ...args, ...where, "-d", path.join(directory, "shop")], world.stack.env());
    };
    const rows = async (database: string, table: string): Promise<number> =>
      Number((await byHand(world, database, `SELECT count(*) AS n FROM ${table}`))[0].n);

    const first = {
      "0001_orders.sql": "CREATE TABLE orders (id int PRIMARY KEY);\nINSERT INTO orders VALUES (1);\n",
      "0001_orders.verify.sql": isPostgresql
        ? "SELECT 1 / count(*) FROM orders;\n"
        : "SELECT 1 FROM orders WHERE id = (SELECT 1 UNION SELECT 2 - count(*) FROM orders);\n",
      "R__totals.sql": "CREATE OR REPLACE VIEW totals AS SELECT count(*) AS orders FROM orders;\n",
    };

    it("status and plan tell what would run, and what has run", async () => {
      const texts = fill("shop", first);
      const before = await shell("status");
      assert.deepEqual([before.status, before.stderr], [0, ""]);
      assert.match(before.stdout, /^Database shop of cluster orders, as shop_owner, history db_access_migrations\.\n/);
      assert.match(before.stdout, /\n0001_orders\.sql +pending\nR__totals\.sql +pending\n\n2 files pending\.\n$/);
      const planned = await shell("plan", "--json");
      const { pending, blocked, blocks } = JSON.parse(planned.stdout) as Record<string, unknown>;
      assert.deepEqual(
        [planned.status, pending, blocked, blocks],
        [0, ["0001_orders.sql", "R__totals.sql"], false, []],
      );
      await deploy(world, "apply", texts, { database: "shop" });
      const after = await shell("status");
      assert.match(
        after.stdout,
        /\n0001_orders\.sql +applied +\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ +\d+\n.*\n\nNothing is pending\.\nClaimed by test\/migrations\.\n$/,
      );
      assert.deepEqual((await migrationPlan(at("shop"))).pending, []);
      const parameter = world.target.ref.discovery.parameter;
      const alone = await dbAccess(["migrate", "status", "-p", parameter, "--database", "shop"], world.stack.env());
      assert.match(alone.stdout, /\n0001_orders\.sql +applied .*\n[^]*\nThere is no folder \.\/migrations here/);
    });

    it("plan and lint --pending end with 6 where a file destroys and does not say so", async () => {
      fill("shop", { ...first, "0002_drop.sql": "DROP TABLE orders;\n" });
      const { status, stdout } = await shell("plan");
      assert.equal(status, 6);
      assert.match(stdout, /\npending: 0002_drop\.sql\nfinding: 0002_drop\.sql \(line 1\) drops a table/);
      const { files, findings, blocked } = await lintMigrations({ ...at("shop"), pending: true });
      assert.deepEqual([files, findings.map(({ kind }) => kind), blocked], [["0002_drop.sql"], ["drop-table"], true]);
      assert.equal(await rows("shop", "orders"), 1);
    });

    it("verify compares folder and history, and runs the checks", async () => {
      fill("shop", first);
      const { intact, verified } = await verifyMigrations(at("shop"));
      assert.deepEqual([intact, verified], [true, ["0001_orders.verify.sql"]]);
      fill("shop", {
        "0001_orders.sql": "SELECT 1;\n",
        "0001_orders.verify.sql": first["0001_orders.verify.sql"],
        "0002_b.sql": "SELECT 1;\n",
      });
      await byHand(world, "shop", "DELETE FROM orders");
      const { status, stdout } = await shell("verify");
      await byHand(world, "shop", "INSERT INTO orders VALUES (1)");
      assert.equal(status, 6);
      assert.match(stdout, /\n0001_orders\.sql +applied .* is not what ran\n0002_b\.sql +pending\n/);
      assert.match(stdout, /\ncheck failed: 0001_orders\.verify\.sql.*\nFolder and database do not agree\.\n$/);
      fill("shop", { "R__totals.sql": first["R__totals.sql"] });
      assert.deepEqual(
        (await verifyMigrations(at("shop"))).files.map(({ file, difference }) => [file, difference]),
        [
          ["0001_orders.sql", "missing"],
          ["R__totals.sql", undefined],
        ],
      );
    });

    it("resolve says what became of a file that failed part of the way, once somebody has looked", async () => {
      const name = "0002_parts.sql";
      const head = isPostgresql ? "-- migrate: no-transaction\n" : "";
      const texts = fill("shop", {
        ...first,
        [name]: `${head}CREATE TABLE part (id int);\nINSERT INTO nowhere VALUES (1);\n`,
      });
      assert.notEqual((await deploy(world, "apply", texts, { database: "shop" })).failure, undefined);
      const { files, blocks } = await migrationStatus(at("shop"));
      const line = files.find(({ file }) => file === name);
      assert.deepEqual([line?.state, line?.statement], ["failed", 2]);
      const [{ failure = "" }] = blocks;
      const planned = await shell("plan");
      assert.equal(planned.status, 6);
      assert.match(planned.stdout, new RegExp(`in the way: ${name} failed .* --failure ${failure}\\.\\n`));
      const alone = await shell("resolve", name, "--as", "retry");
      assert.deepEqual([alone.status, /^NotConfirmed: .*--yes/.test(alone.stderr)], [1, true]);
      const said = { ...at("shop"), yes: true, as: "applied" as const };
      await assert.rejects(resolveMigration(name, said), { code: "BadArguments", message: new RegExp(failure) });
      await assert.rejects(resolveMigration(name, { ...said, failure: "00000000" }), { code: "AnotherFailure" });
      await assert.rejects(resolveMigration("R__totals.sql", { ...said, failure }), { code: "NothingToResolve" });
      assert.equal((await migrationStatus(at("shop"))).files.find(({ file }) => file === name)?.state, "failed");

      const done = await shell("resolve", name, "--as", "retry", "--failure", failure, "--yes");
      assert.deepEqual([done.status, done.stderr], [0, ""]);
      assert.match(done.stdout, /with resolve: \{ "0002_parts\.sql": \{ failure: "[0-9a-f]{8}", as: "retry" \} \}\n$/);
      // It runs from its beginning, where the table is already.
      assert.match(String((await deploy(world, "apply", texts, { database: "shop" })).failure?.code), /42P07|1050/);
      const [{ failure: second }] = (await migrationStatus(at("shop"))).blocks;
      assert.notEqual(second, failure);
      await resolveMigration(name, { ...said, failure: second });
      const after = await migrationStatus(at("shop"));
      assert.deepEqual([after.files.find(({ file }) => file === name)?.state, after.blocks], ["applied", []]);
      assert.deepEqual((await deploy(world, "apply", texts, { database: "shop" })).ran, []);
    });

    it("baseline counts as there what another tool has run, and the next deployment runs the rest", async () => {
      const texts = fill("old", {
        "0001_a.sql": "CREATE TABLE a (id int);\n",
        "0002_b.sql": "CREATE TABLE b (id int);\n",
        "0003_c.sql": "CREATE TABLE c (id int);\n",
      });
      await byHand(world, "old", flyway(isPostgresql, ["1", "2"]));
      const { others } = await migrationStatus(at("old"));
      assert.deepEqual(
        others.map(({ tool }) => tool),
        ["flyway"],
      );
      const order = { ...at("old"), from: "flyway" as const };
      await assert.rejects(baselineMigrations(order), { code: "NotConfirmed" });
      await assert.rejects(baselineMigrations({ ...order, from: "liquibase", yes: true }), {
        code: "MigrationRefused",
      });
      assert.equal((await migrationStatus(at("old"))).files.filter(({ state }) => state !== "pending").length, 0);
      const { baselined } = await baselineMigrations({ ...order, yes: true });
      assert.deepEqual(baselined, ["0001_a.sql", "0002_b.sql"]);
      const { ran } = await deploy(world, "apply", texts, { database: "old" });
      assert.deepEqual(
        ran.map(({ name }) => name),
        ["0003_c.sql"],
      );
      await assert.rejects(byHand(world, "old", "SELECT * FROM a"));
      assert.equal(await rows("old", "c"), 0);
    });
  });

/** The table as Flyway makes it, and one row for each version that has run. */
function flyway(isPostgresql: boolean, versions: readonly string[]): string {
  const [flag, yes] = isPostgresql ? ["boolean", "true"] : ["tinyint(1)", "1"];
  const values = versions.map(
    (version, index) =>
      `(${index + 1}, '${version}', 'x', 'SQL', 'V${version}__x.sql', 1, 'flyway', CURRENT_TIMESTAMP, 5, ${yes})`,
  );
  const table =
    "CREATE TABLE flyway_schema_history (installed_rank int PRIMARY KEY, version varchar(50), description varchar(200) NOT NULL, " +
    "type varchar(20) NOT NULL, script varchar(1000) NOT NULL, checksum int, installed_by varchar(100) NOT NULL, " +
    `installed_on timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, execution_time int NOT NULL, success ${flag} NOT NULL)`;
  const owned = isPostgresql ? "; ALTER TABLE flyway_schema_history OWNER TO shop_owner" : "";
  return `${table}; INSERT INTO flyway_schema_history VALUES ${values.join(", ")}${owned}`;
}
