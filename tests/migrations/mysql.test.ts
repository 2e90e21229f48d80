import assert from "node:assert/strict";
import { apply, byHand, changingStatements, logMark, startWorld, type World } from "../support/world";
import { versionsToTest } from "../support/versions";
import { migrate, migrateRaw, migrationRequest, refused, type Texts } from "./request";

for (const version of versionsToTest("mysql@8.0", "mysql@9.7", "mariadb@10.11"))
  describe(`migrations on ${version}`, function () {
    this.timeout(120_000);
    let world: World;
    const migration = { database: "shop" };
    const texts: Texts = {
      "0001_orders.sql": "CREATE TABLE orders (id int PRIMARY KEY);\nINSERT INTO orders VALUES (1);",
      "0002_who.sql": "CREATE TABLE who AS SELECT USER() AS login, CURRENT_ROLE() AS role;",
      "0003_routine.sql":
        "CREATE PROCEDURE add_order(n int)\nBEGIN\n  INSERT INTO orders VALUES (n); -- ; here\nEND;\n" +
        "CREATE TRIGGER noted AFTER INSERT ON orders FOR EACH ROW SET @noted = 1;\n# 'a comment; with both\nCALL add_order(2);",
      "R__totals.sql": "CREATE OR REPLACE VIEW totals AS SELECT count(*) AS orders FROM orders;",
    };

    before(async () => {
      world = await startWorld(version);
      await apply(world, { claim: { kind: "role", name: "shop_owner", deletion: "drop" } });
      await apply(world, { claim: { kind: "database", name: "shop", owner: "shop_owner", deletion: "drop" } });
    });
    after(() => world?.stop());

    const tables = async (): Promise<string[]> =>
      (
        await byHand(
          world,
          undefined,
          "SELECT TABLE_NAME AS t FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'shop' AND TABLE_NAME NOT LIKE 'db\\_access%'",
        )
      )
        .map(({ t }) => String(t))
        .sort();

    it("a plan lists what is pending, and changes nothing", async () => {
      const mark = logMark(world);
      const status = await migrate(world, "plan", texts, migration);
      assert.deepEqual(status.pending, Object.keys(texts));
      assert.equal(status.runAs, "shop_owner");
      assert.deepEqual(changingStatements(world, mark), []);
    });

    it("an apply runs the files in order as the migrator, with the owner's role", async () => {
      const { ran, pending, failure } = await migrate(world, "apply", texts, migration);
      assert.equal(failure, undefined);
      assert.deepEqual([ran.map(({ name }) => name), pending], [Object.keys(texts), []]);
      const [who] = await byHand(world, "shop", "SELECT * FROM who");
      assert.match(String(who.login), /^shop_migrator@/);
      assert.match(String(who.role), /shop_owner/);
      assert.deepEqual(await byHand(world, "shop", "SELECT orders FROM totals"), [{ orders: 2 }]);
    });

    it("nobody can log in as the migrator between runs, and what it has defined still works", async () => {
      const locked =
        world.product === "mariadb"
          ? "SELECT JSON_VALUE(Priv, '$.account_locked') = '1' AS locked FROM mysql.global_priv WHERE User = 'shop_migrator'"
          : "SELECT account_locked = 'Y' AS locked FROM mysql.user WHERE User = 'shop_migrator'";
      assert.equal(Number((await byHand(world, undefined, locked))[0].locked), 1);
      await byHand(world, "shop", "CALL add_order(3)");
      assert.deepEqual(await byHand(world, "shop", "SELECT orders FROM totals"), [{ orders: 3 }]);
    });

    it("once more nothing is to do, and nothing is sent that changes anything", async () => {
      const mark = logMark(world);
      assert.deepEqual((await migrate(world, "apply", texts, migration)).ran, []);
      assert.deepEqual(changingStatements(world, mark), []);
    });

    it("a file that fails stops at its statement, and runs again only when somebody has looked", async () => {
      const half = {
        ...texts,
        "0004_half.sql": "CREATE TABLE half (id int);\nINSERT INTO nothing VALUES (1);\nCREATE TABLE more (id int);",
      };
      const { failure } = await migrate(world, "apply", half, migration);
      assert.deepEqual([failure?.statement, failure?.code, failure?.rolledBack], [2, "1146", false]);
      assert.ok((await tables()).includes("half"));
      const blocked = await refused(world, half, migration);
      assert.match(blocked, /0004_half\.sql failed at statement 2 \(1146\), and what came before in it is there/);
      const [, id = ""] = /failure: "([0-9a-f]{8})"/.exec(blocked) ?? [];
      half["0004_half.sql"] = "CREATE TABLE IF NOT EXISTS half (id int);\nCREATE TABLE more (id int);";
      const resolve = { "0004_half.sql": { as: "retry" as const, failure: id } };
      const again = await migrate(world, "apply", half, { ...migration, resolve });
      assert.deepEqual([again.failure, again.ran.map(({ name }) => name)], [undefined, ["0004_half.sql"]]);
      assert.deepEqual((await migrate(world, "plan", half, { ...migration, resolve })).pending, []);
      texts["0004_half.sql"] = half["0004_half.sql"];
    });

    it("what one file sets for its session is not there for the next", async () => {
      texts["0005_set.sql"] = "SET SESSION foreign_key_checks = 0;\nSET SESSION sql_mode = '';";
      texts["0006_checks.sql"] = "CREATE TABLE checks AS SELECT @@foreign_key_checks AS on_or_off;";
      assert.equal((await migrate(world, "apply", texts, migration)).failure, undefined);
      assert.deepEqual(await byHand(world, "shop", "SELECT on_or_off FROM checks"), [{ on_or_off: 1 }]);
    });

    it("a file cannot become more than the owner", async () => {
      for (const [sql, code] of [
        ["CREATE USER somebody;", "1227"],
        ["SELECT * FROM mysql.user;", "1142"],
        ["CREATE DATABASE other;", "1044"],
        // On MariaDB the login itself has the owner's rights in the database.
        ...(world.product === "mariadb" ? [] : [["SET ROLE NONE;\nCREATE TABLE none (id int);", "1142"]]),
      ]) {
        const { failure } = await migrate(world, "apply", { ...texts, "0010_more.sql": sql }, migration);
        assert.equal(failure?.code, code, sql);
        await byHand(world, "shop", "DELETE FROM db_access_migrations_log WHERE name = '0010_more.sql'");
      }
    });

    it("two deployments at once: each file runs once", async () => {
      texts["0011_slow.sql"] = "DO SLEEP(1);\nINSERT INTO orders VALUES (11);";
      const both = await Promise.all([
        migrate(world, "apply", texts, migration),
        migrate(world, "apply", texts, migration),
      ]);
      assert.deepEqual(
        both.flatMap(({ ran }) => ran.map(({ name }) => name)),
        ["0011_slow.sql"],
      );
      for (const { pending, failure } of both) assert.deepEqual([pending, failure], [[], undefined]);
    });

    it("what a file destroys is said at the plan, and refused until the file says that it means it", async () => {
      const sql = "CREATE PROCEDURE once() BEGIN SELECT 1; END;\nDROP TABLE who;";
      const drop = { ...texts, "0012_drop.sql": sql };
      const { findings } = await migrate(world, "plan", drop, migration);
      assert.deepEqual(
        findings.map(({ file, kind, line, acknowledged }) => [file, kind, line, acknowledged]),
        [["0012_drop.sql", "drop-table", 2, false]],
      );
      assert.match(await refused(world, drop, migration), /0012_drop\.sql \(line 2\) drops a table.*allow drop-table/);
      texts["0012_drop.sql"] = `-- migrate: allow drop-table\n${sql}`;
      assert.equal((await migrate(world, "apply", texts, migration)).failure, undefined);
      assert.ok(!(await tables()).includes("who"));
    });

    it("what is for a client is refused before anything runs, and so is a file above the server's packet", async () => {
      const client = "DELIMITER //\nCREATE PROCEDURE p() BEGIN END//\nDELIMITER ;";
      assert.match(
        await refused(world, { ...texts, "0013_client.sql": client }, migration),
        /0013_client\.sql has DELIMITER.* delete these lines.* \(line 1\)/,
      );
      await byHand(world, undefined, "SET GLOBAL max_allowed_packet = 1048576");
      const large = { ...texts, "0013_large.sql": `SELECT 1; -- ${"x".repeat(1_100_000)}` };
      assert.match(
        await refused(world, large, migration),
        /0013_large\.sql has \d+ bytes, and the server takes 1048576/,
      );
      assert.deepEqual((await migrate(world, "plan", texts, migration)).pending, []);
    });

    it("no text of a file is in the answer", async () => {
      const secret = { ...texts, "0040_secret.sql": "SELECT hush FROM orders WHERE hush = 'hush-hush'; SELEC 'hush';" };
      const lenient = { ...migration, lint: "warn" as const };
      const reply = await migrateRaw(world, migrationRequest(world.cluster, "apply", secret, lenient));
      assert.equal(reply.migration?.failure?.code, "1054");
      assert.ok(!JSON.stringify(reply).includes("hush"));
    });

    it("a database without an owner runs nothing", async () => {
      await apply(world, { claim: { kind: "database", name: "bare", deletion: "drop" } });
      assert.match(await refused(world, texts, { database: "bare" }), /files never run with its rights/);
    });
  });
