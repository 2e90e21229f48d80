import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { apply, byHand, startWorld, type World } from "../support/world";
import { migrate, migrateRaw, migrationRequest, refused } from "./request";

/** Whoever can write to a database, and whatever ends in the middle. */
for (const version of ["postgresql@17", "mysql@8.0", "mariadb@10.11"])
  describe(`migrations against what is in their way, on ${version}`, function () {
    this.timeout(60_000);
    let world: World;
    let isPostgresql: boolean;

    const database = async (name: string): Promise<{ database: string }> => {
      await apply(world, { claim: { kind: "role", name: `${name}_owner`, deletion: "drop" } });
      await apply(world, { claim: { kind: "database", name, owner: `${name}_owner`, deletion: "drop" } });
      return { database: name };
    };
    const first = { "0001_a.sql": "CREATE TABLE a (id int)" };
    const rowsOf = (name: string, sql: string) => byHand(world, name, sql);

    before(async () => {
      world = await startWorld(version);
      isPostgresql = world.family === "postgresql";
    });
    after(() => world?.stop());

    it("a view in the history's place is not read as the admin", async () => {
      const shop = await database("shadowed");
      await migrate(world, "apply", first, shop);
      const log = "db_access_migrations_log";
      const rest = "sha256, rendered, state, transactional, statement, code, at, ms, run_id FROM hidden";
      const statements = isPostgresql
        ? [
            "CREATE TABLE seen (who text); GRANT ALL ON seen TO PUBLIC",
            "CREATE FUNCTION spy() RETURNS text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.seen VALUES (current_user); RETURN '0001_a.sql'; END $$",
            `ALTER TABLE ${log} RENAME TO hidden`,
            `CREATE VIEW ${log} AS SELECT public.spy() AS name, ${rest}; GRANT SELECT ON ${log} TO PUBLIC`,
          ]
        : [
            "CREATE TABLE seen (who text)",
            "CREATE FUNCTION spy() RETURNS varchar(99) SQL SECURITY INVOKER NOT DETERMINISTIC MODIFIES SQL DATA BEGIN INSERT INTO seen VALUES (CURRENT_USER()); RETURN '0001_a.sql'; END",
            `ALTER TABLE ${log} RENAME TO hidden`,
            `CREATE SQL SECURITY INVOKER VIEW ${log} AS SELECT spy() AS name, ${rest}`,
          ];
      for (const statement of statements) await rowsOf("shadowed", statement);
      for (const operation of ["plan", "apply", "forget"] as const)
        assert.match(
          await refused(world, first, shop, { operation }),
          /^MigrationRefused: historyTable is db_access_migrations, and \w+\.db_access_migrations_log is there and no history; name another historyTable\./,
        );
      assert.deepEqual(await rowsOf("shadowed", "SELECT who FROM seen"), []);
    });

    it("a table that is no history's is neither written nor dropped", async () => {
      const shop = await database("taken");
      await rowsOf("taken", "CREATE TABLE orders (id int, name varchar(20))");
      await rowsOf("taken", "CREATE TABLE sales_log (id int)");
      await rowsOf("taken", "CREATE TABLE stock_lock (id int)");
      for (const historyTable of ["orders", "sales", "stock"])
        for (const operation of ["apply", "forget"] as const)
          assert.match(
            await refused(world, first, { ...shop, historyTable }, { operation }),
            /^MigrationRefused: historyTable is (orders|sales|stock), and \w+\.(orders|sales_log|stock_lock) is there and no history/,
          );
      for (const table of ["orders", "sales_log", "stock_lock"])
        assert.deepEqual(await rowsOf("taken", `SELECT id FROM ${table}`), []);
      await assert.rejects(rowsOf("taken", "SELECT id FROM a"));
    });

    if (version.startsWith("postgresql"))
      it("one history has one name, and lies in a schema of somebody's own", async () => {
        const shop = await database("named");
        await migrate(world, "apply", first, shop, { owner: "test/one" });
        const again = { ...shop, historyTable: "public.db_access_migrations" };
        assert.equal(
          await refused(world, first, again, { owner: "test/two" }),
          "InvalidInput: historyTable is public.db_access_migrations; write db_access_migrations.",
        );
        for (const historyTable of ["pg_catalog.x", "information_schema.x"])
          assert.match(await refused(world, first, { ...shop, historyTable }), /name a schema of your own/);
        await apply(world, { claim: { kind: "role", name: "named_other", deletion: "drop" } });
        assert.match(
          await refused(world, first, { ...shop, historyTable: "other", runAs: "named_other" }),
          /^NotAuthorized: The history other cannot be read or kept: permission denied for schema public\. Give the role/,
        );
      });

    it("what counted as there is still not taken back after its text has changed", async () => {
      const shop = await database("repaired");
      await rowsOf("repaired", "CREATE TABLE precious (id int)");
      const texts = {
        "0001_a.sql": "CREATE TABLE precious (id int)",
        "0001_a.down.sql": "-- migrate: allow drop-table\nDROP TABLE precious",
      };
      await migrate(world, "apply", texts, { ...shop, baseline: "1" });
      const edited = { ...texts, "0001_a.sql": "CREATE TABLE precious (id bigint)" };
      const repair = { ...shop, baseline: "1", onChecksumMismatch: "repair" as const };
      const { history } = await migrate(world, "apply", edited, repair);
      assert.deepEqual(
        history.map(({ state }) => state),
        ["baselined"],
      );
      assert.deepEqual((await migrate(world, "apply", edited, { ...shop, baseline: "1" })).ran, []);
      assert.deepEqual((await migrate(world, "down", edited, shop)).ran, []);
      assert.deepEqual(await rowsOf("repaired", "SELECT id FROM precious"), []);
    });

    it("files of one role cannot become another that has run files in the same database", async () => {
      const shop = await database("twofold");
      await apply(world, { claim: { kind: "role", name: "twofold_reader", deletion: "drop" } });
      await migrate(world, "apply", first, shop);
      const become = world.family === "postgresql" ? "SET ROLE twofold_owner" : "SET ROLE 'twofold_owner'";
      const request = migrationRequest(
        world.cluster,
        "apply",
        { "0001_a.sql": `${become};` },
        { ...shop, historyTable: "other", runAs: "twofold_reader", lint: "warn" },
      );
      if (world.family === "postgresql")
        await rowsOf("twofold", "GRANT CREATE, USAGE ON SCHEMA public TO twofold_reader");
      else
        await apply(world, {
          claim: {
            kind: "grant",
            grantee: "twofold_reader",
            on: { kind: "database", database: "twofold" },
            template: "trusted_admin",
            mode: "additive",
          },
        });
      const { error, migration } = await migrateRaw(world, request);
      assert.equal(error, undefined);
      assert.equal(migration?.failure?.file, "0001_a.sql");
    });

    it("nobody acts as the login that runs files", async () => {
      const shop = await database("self");
      await migrate(world, "apply", first, shop);
      assert.match(
        await refused(
          world,
          { ...first, "0002_b.sql": "CREATE TABLE b (id int)" },
          { ...shop, runAs: "self_migrator" },
        ),
        /^MigrationRefused: runAs is self_migrator, the login as which files run; name the role/,
      );
    });

    /** Ends the session with the lock while a file runs in the other one. */
    async function loseLock(name: string): Promise<void> {
      const sql = isPostgresql
        ? `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}' AND usename LIKE '%migrator' AND state = 'idle'`
        : `SELECT ID AS id FROM information_schema.PROCESSLIST WHERE DB = '${name}' AND USER LIKE '%migrator' AND COMMAND = 'Sleep'`;
      const rows = await rowsOf(name, sql);
      assert.equal(rows.length, 1);
      if (!isPostgresql) await rowsOf(name, `KILL ${String(rows[0]?.id)}`);
    }

    it("a run that has lost its lock in the middle of a file is not run beside, and its file not twice", async () => {
      const shop = await database("unlocked");
      await migrate(world, "apply", first, shop);
      const texts = {
        ...first,
        "0002_b.sql": `INSERT INTO a VALUES (1);\nSELECT ${isPostgresql ? "pg_sleep" : "SLEEP"}(4);`,
      };
      const running = migrateRaw(world, migrationRequest(world.cluster, "apply", texts, shop));
      for (;;) {
        const { history } = await migrate(world, "plan", texts, shop);
        if (history.some(({ state, statement }) => state === "applying" && (isPostgresql || statement === 2))) break;
        await sleep(50);
      }
      await sleep(300);
      await loseLock("unlocked");
      if (isPostgresql) {
        assert.match((await migrate(world, "plan", texts, shop)).holder ?? "", /^db-access\//);
        const next = await migrate(world, "apply", texts, shop);
        assert.deepEqual([next.ran, next.failure, next.pending], [[], undefined, []]);
      } else assert.match(await refused(world, texts, shop), /0002_b\.sql was cut short at statement 2/);
      const { error, migration } = await running;
      assert.ok(migration !== undefined || error?.code === "NetworkPathDatabase", JSON.stringify(error));
      if (isPostgresql) assert.deepEqual((await migrate(world, "apply", texts, shop)).ran, []);
      assert.deepEqual(await rowsOf("unlocked", "SELECT id FROM a"), [{ id: 1 }]);
    });

    it("the session with the lock may be idle for as long as a file takes", async () => {
      const shop = await database("idle");
      if (isPostgresql) await rowsOf("idle", "ALTER DATABASE idle SET idle_session_timeout = '1s'");
      else await rowsOf("idle", "SET GLOBAL wait_timeout = 1");
      try {
        const texts = { ...first, "0002_b.sql": `SELECT ${isPostgresql ? "pg_sleep" : "SLEEP"}(2.5)` };
        const { pending, failure } = await migrate(world, "apply", texts, shop);
        assert.deepEqual([pending, failure], [[], undefined]);
      } finally {
        if (!isPostgresql) await rowsOf("idle", "SET GLOBAL wait_timeout = 28800");
      }
    });

    if (version.startsWith("postgresql"))
      it("a commit whose answer is lost is a commit", async () => {
        const shop = await database("lost");
        await migrate(world, "apply", first, shop);
        const set = async (name: string, value: string) => {
          await rowsOf("postgres", `ALTER SYSTEM SET ${name} = ${value}`);
          await rowsOf("postgres", "SELECT pg_reload_conf()");
        };
        // The file's commit alone waits for a standby that never comes, and is there already.
        await set("synchronous_commit", "local");
        await set("synchronous_standby_names", "nobody");
        try {
          const texts = { ...first, "0002_b.sql": "SET LOCAL synchronous_commit = on; INSERT INTO a VALUES (1)" };
          const running = migrateRaw(world, migrationRequest(world.cluster, "apply", texts, shop));
          const waiting = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
          while ((await rowsOf("postgres", waiting)).length === 0) await sleep(50);
          const { error, migration } = await running;
          assert.deepEqual([error, migration?.failure, migration?.pending], [undefined, undefined, []]);
          assert.deepEqual((await migrate(world, "apply", texts, shop)).ran, []);
        } finally {
          await set("synchronous_standby_names", "''");
          await set("synchronous_commit", "on");
        }
        assert.deepEqual(await rowsOf("lost", "SELECT id FROM a"), [{ id: 1 }]);
      });
  });
