import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { apply, byHand, startWorld, type World } from "../support/world";
import { migrate, migrateRaw, migrationRequest, refused } from "./request";

/** Killed in the middle of a file: what is there afterwards, and what the next run says and does. */
for (const version of ["postgresql@17", "mysql@8.0", "mariadb@10.11"])
  describe(`a function that is killed in the middle of a file, on ${version}`, function () {
    this.timeout(120_000);
    let world: World;
    const migration = { database: "shop" };

    before(async () => {
      world = await startWorld(version);
      await apply(world, { claim: { kind: "role", name: "shop_owner", deletion: "drop" } });
      await apply(world, { claim: { kind: "database", name: "shop", owner: "shop_owner", deletion: "drop" } });
    });
    after(() => world?.stop());

    const wait = (seconds: number): string =>
      world.family === "postgresql" ? `SELECT pg_sleep(${seconds});` : `DO SLEEP(${seconds});`;
    const waiting = async (): Promise<boolean> => {
      const sql =
        world.family === "postgresql"
          ? "SELECT 1 FROM pg_stat_activity WHERE usename = 'shop_migrator' AND wait_event = 'PgSleep'"
          : "SELECT 1 FROM information_schema.PROCESSLIST WHERE USER = 'shop_migrator' AND STATE = 'User sleep'";
      return (await byHand(world, undefined, sql)).length > 0;
    };
    const until = async (what: () => Promise<boolean>): Promise<void> => {
      while (!(await what())) await sleep(50);
    };
    const isThere = async (table: string): Promise<boolean> => {
      const sql = `SELECT 1 FROM information_schema.tables WHERE table_name = '${table}'`;
      return (await byHand(world, "shop", sql)).length > 0;
    };

    async function killDuring(texts: Record<string, string>): Promise<void> {
      let kill: (() => void) | undefined;
      const restore = world.stack.lambda.beforeInvoke((control) => void (kill = () => control.kill()));
      const run = assert.rejects(migrateRaw(world, migrationRequest(world.cluster, "apply", texts, migration)));
      await until(waiting);
      kill?.();
      await run;
      restore();
      await until(async () => !(await waiting()));
    }

    it("the next run knows what happened, and does or says what is right", async () => {
      const texts = { "0001_slow.sql": `CREATE TABLE one (id int);\n${wait(3)}\nCREATE TABLE two (id int);` };
      await killDuring(texts);
      if (world.family === "postgresql") {
        assert.deepEqual([await isThere("one"), await isThere("two")], [false, false]);
        const { ran, failure } = await migrate(world, "apply", texts, migration);
        assert.deepEqual([ran.map(({ name }) => name), failure], [["0001_slow.sql"], undefined]);
        assert.deepEqual([await isThere("one"), await isThere("two")], [true, true]);
        return;
      }
      assert.equal(await isThere("one"), true);
      const words = await refused(world, texts, migration);
      assert.match(words, /0001_slow\.sql was cut short at statement [23], and what came before in it is there/);
      const [, failure = ""] = /failure: "([0-9a-f]{8})"/.exec(words) ?? [];
      texts["0001_slow.sql"] = "CREATE TABLE IF NOT EXISTS one (id int);\nCREATE TABLE IF NOT EXISTS two (id int);";
      const resolve = { "0001_slow.sql": { as: "retry" as const, failure } };
      const { failure: again } = await migrate(world, "apply", texts, { ...migration, resolve });
      assert.equal(again, undefined);
      assert.deepEqual([await isThere("one"), await isThere("two")], [true, true]);
    });

    it("nobody can log in as the migrator after the next run, and the lock is free", async () => {
      const texts = (await migrate(world, "plan", {}, migration)).history.map(({ name, state }) => [name, state]);
      assert.deepEqual(texts, [["0001_slow.sql", "applied"]]);
      const locked =
        world.product === "postgresql"
          ? "SELECT NOT rolcanlogin AS locked FROM pg_roles WHERE rolname = 'shop_migrator'"
          : world.product === "mariadb"
            ? "SELECT JSON_VALUE(Priv, '$.account_locked') = '1' AS locked FROM mysql.global_priv WHERE User = 'shop_migrator'"
            : "SELECT account_locked = 'Y' AS locked FROM mysql.user WHERE User = 'shop_migrator'";
      assert.equal(Number((await byHand(world, undefined, locked))[0].locked), 1);
      assert.equal((await migrate(world, "plan", {}, migration)).holder, undefined);
    });
  });
