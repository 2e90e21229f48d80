import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import type { MigrationSpec, MigrationStatus } from "../../provisioner/protocol";
import { apply, byHand, changingStatements, logMark, startWorld, type World } from "../support/world";
import { versionsToTest } from "../support/versions";
import { migrate, migrateRaw, migrationRequest, type Texts } from "./request";

interface CapturedTable {
  table: string;
  ddl: string;
  rows: Record<string, string | number | boolean | null>[];
}

interface Captured {
  /** Which versions of the tools wrote them, and where. */
  made: string;
  histories: Record<string, CapturedTable[]>;
}

/** What the tools themselves have written, each run once against such a server. */
const capturedOn = (engine: string): Captured =>
  JSON.parse(readFileSync(path.join(__dirname, "others-captured", `${engine}.json`), "utf8")) as Captured;

const three = ["0001_init.sql", "0002_orders.sql", "0003_items.sql"];
const latestTotals = "-- ä comment\nCREATE OR REPLACE VIEW totals AS\n SELECT count(*) AS n FROM orders;\n";
const firstTotals = "CREATE OR REPLACE VIEW totals AS SELECT count(*) AS n FROM orders;\n";

interface Case {
  history: string;
  table: string;
  /** Files that count as there. */
  there: string[];
  repeatable?: string;
  to?: string;
  /** Why nothing is counted. */
  blocked?: RegExp;
}

const flyway = "flyway_schema_history";
const cases: Case[] = [
  { history: "flyway clean", table: flyway, there: [...three, "R__totals.sql"], repeatable: latestTotals },
  { history: "flyway baselined", table: flyway, there: ["0002_told.sql", "0004_four.sql"] },
  {
    history: "flyway dotted",
    table: flyway,
    there: ["0001_baseline.sql"],
    blocked: /does not count in whole numbers/,
    to: "1",
  },
  {
    history: "flyway failed",
    table: flyway,
    there: ["0001_init.sql"],
    blocked: /V2__half\.sql as failed.*flyway repair/,
  },
  { history: "flyway removed", table: flyway, there: three },
  { history: "flyway own schema", table: flyway, there: [...three, "R__totals.sql"], repeatable: firstTotals },
  {
    history: "liquibase clean",
    table: "DATABASECHANGELOG",
    there: ["0001_baseline.sql"],
    blocked: /Liquibase does not count in whole numbers/,
    to: "1",
  },
  { history: "liquibase rolled back", table: "DATABASECHANGELOG", there: ["0007_baseline.sql"], to: "7" },
  {
    history: "liquibase locked",
    table: "DATABASECHANGELOG",
    there: ["0001_baseline.sql"],
    blocked: /liquibase release-locks/,
  },
  { history: "golang-migrate clean", table: "schema_migrations", there: three },
  {
    history: "golang-migrate dirty",
    table: "schema_migrations",
    there: three,
    blocked: /is at 4 and dirty.*migrate force/,
  },
  { history: "golang-migrate times", table: "schema_migrations", there: ["20240102030405_ts.sql"] },
  {
    history: "golang-migrate empty",
    table: "schema_migrations",
    there: three,
    blocked: /Nothing of the folder has run/,
  },
  {
    history: "node-pg-migrate clean",
    table: "pgmigrations",
    there: ["1700000000001_init.sql", "1700000000002_add-orders.sql"],
  },
];

const databaseOf = ({ history }: Case): string => history.replaceAll(/[ -]/g, "_");
const toolOf = ({ history }: Case): string => history.slice(0, history.indexOf(" "));
const pending = "90000000000000_new.sql";

/** Whoever ran one of the files that are there once more would make a table `again`. */
const textsOf = ({ there, repeatable = "" }: Case): Texts => ({
  ...Object.fromEntries(
    there.map((name) => [name, name.startsWith("R__") ? repeatable : "CREATE TABLE again (id int);"]),
  ),
  [pending]: "CREATE TABLE fresh (id int);",
});

for (const version of versionsToTest("postgresql@17", "mysql@8.0", "mariadb@10.11"))
  describe(`histories of other tools on ${version}`, function () {
    this.timeout(120_000);
    let world: World;
    const engine = version.slice(0, version.indexOf("@"));
    const { histories } = capturedOn(engine);
    const here = cases.filter(({ history }) => history in histories);
    const isPostgresql = engine === "postgresql";

    before(async () => {
      world = await startWorld(version);
      await apply(world, { claim: { kind: "role", name: "shop_owner", deletion: "drop" } });
      const databases = [...here.map(databaseOf), "lookalikes"];
      await apply(
        world,
        ...databases.map((name) => ({
          claim: { kind: "database" as const, name, owner: "shop_owner", deletion: "drop" as const },
        })),
      );
      for (const each of here) await build(databaseOf(each), histories[each.history]);
    });
    after(() => world?.stop());

    /** The tool ran as the owner, as the application's own migrations do. */
    async function build(database: string, tables: CapturedTable[]): Promise<void> {
      const statements = tables.flatMap(({ table, ddl, rows }) => [
        ...(table.includes(".") ? [`CREATE SCHEMA ${table.slice(0, table.indexOf("."))}`] : []),
        ddl,
        ...rows.map((row) => insertOf(table, row)),
      ]);
      if (isPostgresql) await byHand(world, database, ["SET ROLE shop_owner", ...statements].join(";\n"));
      else for (const statement of statements) await byHand(world, database, statement);
    }

    function insertOf(table: string, row: CapturedTable["rows"][number]): string {
      const values = Object.values(row).map((value) =>
        typeof value === "string" ? `'${value.replaceAll("'", "''")}'` : String(value),
      );
      return `INSERT INTO ${table} (${Object.keys(row).join(", ")}) VALUES (${values.join(", ")})`;
    }

    const baseline = async (
      each: Case,
      from: { to?: string; dryRun?: boolean } = {},
    ): Promise<MigrationStatus | string> => {
      const migration: Partial<MigrationSpec> & { database: string } = { database: databaseOf(each) };
      const request = {
        ...migrationRequest(world.cluster, "apply", textsOf(each), migration),
        operation: "baseline",
        from: { tool: toolOf(each), ...from },
      };
      const reply = await migrateRaw(world, request);
      return reply.migration ?? `${reply.error?.code ?? ""}: ${reply.error?.message ?? ""}`;
    };
    const done = (answer: MigrationStatus | string): MigrationStatus => {
      assert.ok(typeof answer !== "string", String(answer));
      return answer;
    };
    const tableOf = ({ history, table }: Case): string =>
      !isPostgresql ? table : history === "flyway own schema" ? `app.${table}` : `public.${table.toLowerCase()}`;

    it("each is recognised from the catalogue, and nothing runs beside it", async () => {
      for (const each of here) {
        const mark = logMark(world);
        const status = await migrate(world, "plan", textsOf(each), { database: databaseOf(each) });
        assert.deepEqual(status.others, [{ tool: toolOf(each), table: tableOf(each) }], each.history);
        assert.deepEqual(changingStatements(world, mark), []);
      }
      const [each] = here;
      const request = migrationRequest(world.cluster, "apply", textsOf(each), { database: databaseOf(each) });
      const { error } = await migrateRaw(world, request);
      assert.equal(error?.code, "MigrationRefused");
      assert.match(error?.message ?? "", /has a history in this database.*baseline --from flyway/);
    });

    it("a table that only has the name of one is none", async () => {
      for (const statement of [
        "CREATE TABLE schema_migrations (version varchar(255) NOT NULL PRIMARY KEY)",
        "CREATE TABLE flyway_schema_history (id int)",
        "CREATE TABLE pgmigrations (id int, name varchar(255), run_on timestamp, note int)",
        "CREATE VIEW databasechangelog AS SELECT 1 AS id, 1 AS author, 1 AS filename, 1 AS dateexecuted, 1 AS orderexecuted, 1 AS exectype, 1 AS md5sum",
      ])
        await byHand(world, "lookalikes", statement);
      const texts = { "0001_first.sql": "CREATE TABLE first (id int);" };
      assert.deepEqual((await migrate(world, "plan", texts, { database: "lookalikes" })).others, []);
      assert.equal((await migrate(world, "apply", texts, { database: "lookalikes" })).failure, undefined);
    });

    for (const each of here)
      it(`${each.history}: ${each.blocked === undefined || each.to !== undefined ? "counts what has run" : "is in the way"}`, async () => {
        const to = each.to === undefined ? {} : { to: each.to };
        if (each.blocked !== undefined) assert.match(String(await baseline(each)), each.blocked);
        if (each.blocked !== undefined && each.to === undefined) return;
        const { ran, history, pending: left } = done(await baseline(each, to));
        assert.deepEqual(
          [ran.map(({ name }) => name), [...new Set(ran.map(({ kind }) => kind))], left],
          [each.there, ["baseline"], [pending]],
        );
        assert.deepEqual([...new Set(history.map(({ state }) => state))], ["baselined"]);
        const database = databaseOf(each);
        const next = await migrate(world, "apply", textsOf(each), { database });
        assert.deepEqual([next.failure, next.ran.map(({ name }) => name), next.pending], [undefined, [pending], []]);
        await assert.rejects(byHand(world, database, "SELECT * FROM again"));
      });

    const named = (history: string): Case => {
      const found = here.find((each) => each.history === history);
      assert.ok(found !== undefined);
      return found;
    };

    it("all of it counts or none, and only where nothing is in the history", async () => {
      const clean = named("golang-migrate clean");
      const database = databaseOf(clean);
      assert.match(String(await baseline(clean)), /The history has \S+ already/);
      await byHand(world, database, "DELETE FROM db_access_migrations_log");
      const dry = done(await baseline(clean, { dryRun: true }));
      assert.deepEqual([dry.pending, dry.ran, dry.history], [clean.there, [], []]);
      await byHand(world, database, "ALTER TABLE db_access_migrations_log ADD CHECK (name <> '0003_items.sql')");
      assert.equal(typeof (await baseline(clean)), "string");
      assert.deepEqual(await byHand(world, database, "SELECT name FROM db_access_migrations_log"), []);
    });

    it("a history that is not there, or that the owner may not read, is said to be so", async () => {
      const dirty = named("golang-migrate dirty");
      const request = migrationRequest(world.cluster, "apply", textsOf(dirty), { database: databaseOf(dirty) });
      const asked = { ...request, operation: "baseline", from: { tool: "flyway" } };
      const { error } = await migrateRaw(world, asked);
      assert.match(error?.message ?? "", /No baseline from Flyway: there is no history of it/);
      if (!isPostgresql) return;
      await byHand(world, databaseOf(dirty), "ALTER TABLE schema_migrations OWNER TO CURRENT_USER");
      assert.match(String(await baseline(dirty)), /may not read public\.schema_migrations; grant it/);
      const plan = await migrate(world, "plan", textsOf(dirty), { database: databaseOf(dirty) });
      assert.deepEqual(plan.others, [{ tool: "golang-migrate", table: "public.schema_migrations" }]);
    });

    if (!isPostgresql) return;

    it("a table with code of somebody's own in it is not read with the owner's rights", async () => {
      const clean = named("node-pg-migrate clean");
      const database = databaseOf(clean);
      await byHand(world, database, "DELETE FROM db_access_migrations_log");
      await byHand(
        world,
        database,
        "CREATE TYPE mine AS (v varchar); CREATE FUNCTION take(mine) RETURNS text LANGUAGE plpgsql AS " +
          "'BEGIN INSERT INTO pgmigrations (name, run_on) VALUES (NULL, NULL); RETURN NULL; END';" +
          "CREATE CAST (mine AS text) WITH FUNCTION take(mine);" +
          "ALTER TABLE pgmigrations ALTER COLUMN name TYPE mine USING row(name)::mine",
      );
      assert.match(String(await baseline(clean)), /public\.pgmigrations has policies or types .* is not read/);
      await byHand(
        world,
        database,
        "ALTER TABLE pgmigrations ALTER COLUMN name TYPE varchar USING (name).v; ALTER TABLE pgmigrations ENABLE ROW LEVEL SECURITY",
      );
      assert.match(String(await baseline(clean)), /public\.pgmigrations has policies or types .* is not read/);
    });
  });
