import assert from "node:assert/strict";
import { apply, byHand, changingStatements, logMark, startWorld, type World } from "../support/world";
import { versionsToTest } from "../support/versions";
import { majorOf } from "./corpus";
import { migrate, migrateRaw, migrationRequest, refused, type Texts } from "./request";

const folder: Texts = {
  "0001_orders.sql": "CREATE TABLE orders (id int PRIMARY KEY);\nINSERT INTO orders VALUES (1);",
  "0002_who.sql": "CREATE TABLE who AS SELECT session_user::text AS login, current_user::text AS role;",
  "R__totals.sql": "CREATE OR REPLACE VIEW totals AS SELECT count(*) AS orders FROM orders;",
};

for (const version of versionsToTest("postgresql@13", "postgresql@17"))
  describe(`migrations on ${version}`, function () {
    this.timeout(120_000);
    let world: World;
    const migration = { database: "shop" };

    before(async () => {
      world = await startWorld(version);
      await apply(world, { claim: { kind: "role", name: "shop_owner", deletion: "drop" } });
      await apply(world, { claim: { kind: "database", name: "shop", owner: "shop_owner", deletion: "drop" } });
    });
    after(() => world?.stop());

    const names = async (sql: string): Promise<unknown[]> =>
      (await byHand(world, "shop", sql)).map((row) => Object.values(row)[0]);

    it("a plan lists what is pending, and changes nothing", async () => {
      const mark = logMark(world);
      const status = await migrate(world, "plan", folder, migration);
      assert.deepEqual(status.pending, ["0001_orders.sql", "0002_who.sql", "R__totals.sql"]);
      assert.equal(status.runAs, "shop_owner");
      assert.deepEqual(status.history, []);
      assert.deepEqual(changingStatements(world, mark), []);
    });

    it("an apply runs the files in order as the migrator, which acts as the owner", async () => {
      const status = await migrate(world, "apply", folder, migration);
      assert.deepEqual(
        status.ran.map(({ name }) => name),
        ["0001_orders.sql", "0002_who.sql", "R__totals.sql"],
      );
      assert.deepEqual(status.pending, []);
      assert.equal(status.incomplete, false);
      const [who] = await byHand(world, "shop", "TABLE who");
      assert.deepEqual(who, { login: "shop_migrator", role: "shop_owner" });
      const owners = await names("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'");
      assert.deepEqual(owners, ["shop_owner"]);
    });

    it("nobody can log in as the migrator between runs", async () => {
      const [role] = await byHand(world, "shop", "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'shop_migrator'");
      assert.equal(role?.rolcanlogin, false);
    });

    it("once more nothing is to do, and nothing is sent that changes anything", async () => {
      const mark = logMark(world);
      const status = await migrate(world, "apply", folder, migration);
      assert.deepEqual(status.ran, []);
      assert.deepEqual(changingStatements(world, mark), []);
    });

    it("a file that fails leaves nothing of itself, and says where", async () => {
      const texts = {
        ...folder,
        "0003_half.sql": "CREATE TABLE half (id int);\nSELECT no_such_column FROM orders;",
        "0004_never.sql": "CREATE TABLE never (id int);",
      };
      const status = await migrate(world, "apply", texts, migration);
      assert.equal(status.failure?.file, "0003_half.sql");
      assert.equal(status.failure.code, "42703");
      assert.equal(status.failure.line, 2);
      assert.equal(status.failure.rolledBack, true);
      assert.deepEqual(await names("SELECT to_regclass('half')::text"), [null]);
      assert.deepEqual(await names("SELECT to_regclass('never')::text"), [null]);
      // Nothing of it is there, so that it simply runs when it has been put right.
      texts["0003_half.sql"] = "CREATE TABLE half (id int);";
      const again = await migrate(world, "apply", texts, migration);
      assert.deepEqual(
        again.ran.map(({ name }) => name),
        ["0003_half.sql", "0004_never.sql"],
      );
    });

    describe("with the files of before", () => {
      const texts: Texts = {
        ...folder,
        "0003_half.sql": "CREATE TABLE half (id int);",
        "0004_never.sql": "CREATE TABLE never (id int);",
      };

      it("a repeatable file runs again when it has changed, and only then", async () => {
        texts["R__totals.sql"] = "CREATE OR REPLACE VIEW totals AS SELECT count(*) AS orders, now() AS at FROM orders;";
        const { ran } = await migrate(world, "apply", texts, migration);
        assert.deepEqual(
          ran.map(({ name }) => name),
          ["R__totals.sql"],
        );
        assert.deepEqual((await migrate(world, "plan", texts, migration)).pending, []);
      });

      it("what changed after it ran, is missing or comes late is refused, and nothing runs", async () => {
        const next = { "0006_next.sql": "CREATE TABLE next (id int);" };
        const edited = { ...texts, ...next, "0001_orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY);" };
        assert.match(await refused(world, edited, migration), /MigrationRefused: 0001_orders\.sql is not what ran/);
        const { ["0002_who.sql"]: gone, ...without } = texts;
        assert.ok(gone !== undefined);
        assert.match(
          await refused(world, { ...without, ...next }, migration),
          /0002_who\.sql has run .* not in the folder/,
        );
        const late = { ...texts, "0005_a.sql": "SELECT 1;" };
        await migrate(world, "apply", late, migration);
        const later = { ...late, "00045_b.sql": "SELECT 1;", "0003_x.down.sql": "SELECT 1;" };
        assert.match(await refused(world, later, migration), /0003_x\.down\.sql belongs to 0003_x\.sql/);
        assert.deepEqual(await names("SELECT to_regclass('next')::text"), [null]);
        texts["0005_a.sql"] = "SELECT 1;";
      });

      it("what cannot run in a transaction says so, and runs by itself when the file says that it is meant", async () => {
        const statement = "CREATE INDEX CONCURRENTLY orders_id ON orders (id);";
        assert.match(
          await refused(world, { ...texts, "0007_index.sql": statement }, migration),
          /0007_index\.sql cannot run in a transaction.*-- migrate: no-transaction.* \(line 1\)/,
        );
        texts["0007_index.sql"] = `-- migrate: no-transaction\n${statement}\nCREATE TABLE beside (id int);`;
        const { ran } = await migrate(world, "apply", texts, migration);
        assert.deepEqual(
          ran.map(({ name }) => name),
          ["0007_index.sql"],
        );
      });

      it("without a transaction it stops at the statement that fails, and runs again only when somebody has looked", async () => {
        texts["0008_parts.sql"] =
          "-- migrate: no-transaction\nCREATE TABLE part_one (id int);\nSELECT 1 / 0;\nCREATE TABLE part_two (id int);";
        const { failure } = await migrate(world, "apply", texts, migration);
        assert.deepEqual([failure?.statement, failure?.rolledBack, failure?.code], [2, false, "22012"]);
        const blocked = await refused(world, texts, migration);
        assert.match(blocked, /0008_parts\.sql failed at statement 2 \(22012\), and what came before in it is there/);
        const [, id = ""] = /failure: "([0-9a-f]{8})"/.exec(blocked) ?? [];
        const wrong = { ...migration, resolve: { "0008_parts.sql": { as: "applied" as const, failure: "00000000" } } };
        assert.equal(await refused(world, texts, wrong), blocked);
        const resolve = { "0008_parts.sql": { as: "applied" as const, failure: id } };
        const status = await migrate(world, "apply", texts, { ...migration, resolve });
        assert.deepEqual(
          status.ran.map(({ kind }) => kind),
          ["record"],
        );
        assert.deepEqual((await migrate(world, "plan", texts, { ...migration, resolve })).pending, []);
      });

      it("a file cannot become more than the owner", async () => {
        const tries: Texts = {
          "0009_reset.sql": "RESET ROLE; CREATE TABLE after_reset AS SELECT current_user::text AS role;",
          "0010_none.sql": "SET ROLE NONE; CREATE TABLE after_none (id int);",
          "0011_session.sql": `SET SESSION AUTHORIZATION ${world.target.server === undefined ? "" : "dbadmin"};`,
          "0012_role.sql": "CREATE ROLE somebody;",
        };
        const first = await migrate(
          world,
          "apply",
          { ...texts, "0009_reset.sql": tries["0009_reset.sql"] ?? "" },
          migration,
        );
        assert.equal(first.failure, undefined);
        assert.deepEqual(await names("TABLE after_reset"), ["shop_owner"]);
        texts["0009_reset.sql"] = tries["0009_reset.sql"] ?? "";
        for (const name of ["0010_none.sql", "0011_session.sql", "0012_role.sql"]) {
          const { failure } = await migrate(world, "apply", { ...texts, [name]: tries[name] ?? "" }, migration);
          // Before PostgreSQL 16 a membership is always inherited: without the role the login has the owner's rights.
          const may = majorOf(version) < 16 && name === "0010_none.sql";
          assert.equal(failure?.code, may ? undefined : "42501", name);
          await byHand(world, "shop", `DELETE FROM db_access_migrations_log WHERE name = '${name}'`);
          await byHand(world, "shop", `DELETE FROM db_access_migrations WHERE name = '${name}'`);
          await byHand(world, "shop", "DROP TABLE IF EXISTS after_none");
        }
      });

      it("what destroys or blocks is refused until the file says that it is meant", async () => {
        const drop = "DROP TABLE half;";
        const found = await migrate(world, "plan", { ...texts, "0020_drop.sql": drop }, migration);
        assert.deepEqual(
          found.findings.map(({ kind, line, acknowledged }) => [kind, line, acknowledged]),
          [["drop-table", 1, false]],
        );
        assert.match(
          await refused(world, { ...texts, "0020_drop.sql": drop }, migration),
          /0020_drop\.sql \(line 1\) drops a table .*-- migrate: allow drop-table/,
        );
        texts["0020_drop.sql"] = `-- migrate: allow drop-table\n${drop}`;
        assert.equal((await migrate(world, "apply", texts, migration)).failure, undefined);
      });

      it("two deployments at once: each file runs once", async () => {
        texts["0021_slow.sql"] = "SELECT pg_sleep(1);\nINSERT INTO orders VALUES (21);";
        const both = await Promise.all([
          migrate(world, "apply", texts, migration),
          migrate(world, "apply", texts, migration),
        ]);
        assert.deepEqual(
          both.flatMap(({ ran }) => ran.map(({ name }) => name)),
          ["0021_slow.sql"],
        );
        for (const { pending, failure } of both) assert.deepEqual([pending, failure], [[], undefined]);
      });

      it("files that no server reads are refused before anything runs, with the line", async () => {
        const bad: [string, RegExp][] = [
          ["CREATE TABL x;", /is no SQL that PostgreSQL reads \(line 1\)/],
          ["SELECT 1;\nCOMMIT;", /begins or ends a transaction.* \(line 2\)/],
          ["COPY orders FROM stdin;\n1\n\\.\n", /COPY/],
          ["-- migrate: no-transactions\nSELECT 1;", /which nobody knows/],
        ];
        for (const [sql, words] of bad) assert.match(await rawRefusal({ ...texts, "0030_bad.sql": sql }), words, sql);
        const crlf = { ...texts, "0030_crlf.sql": "\uFEFFCREATE TABLE crlf (id int);\r\n" };
        assert.equal((await migrate(world, "apply", crlf, migration)).failure, undefined);
        texts["0030_crlf.sql"] = "CREATE TABLE crlf (id int);\n";
        assert.deepEqual((await migrate(world, "plan", texts, migration)).pending, []);
      });

      const rawRefusal = (bad: Texts): Promise<string> => refused(world, bad, migration);

      it("no text of a file is in the answer or in the log of the function", async () => {
        const request = migrationRequest(
          world.cluster,
          "apply",
          { ...texts, "0040_secret.sql": "SELECT 'hush-hush'::int;" },
          migration,
        );
        const reply = await migrateRaw(world, request);
        assert.equal(reply.migration?.failure?.code, "22P02");
        assert.ok(!JSON.stringify(reply).includes("hush"));
      });
    });

    it("a database of the provisioner's own login runs nothing", async () => {
      await apply(world, { claim: { kind: "database", name: "bare", deletion: "drop" } });
      assert.match(await refused(world, folder, { database: "bare" }), /files never run with its rights/);
    });
  });
