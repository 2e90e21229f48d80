import assert from "node:assert/strict";
import { verifyAudit } from "../../automation/audit/run";
import { AwsTransport, createClient } from "../../components/client";
import type { AuditRecord } from "../../provisioner/audit";
import { apply, byHand, startWorld, type World } from "../support/world";
import { versionsToTest } from "../support/versions";
import { migrate, migrateRaw, migrationRequest, refused } from "./request";

/** What is asked for besides running files: checks, resolutions, variables, and the ends of a claim. */
for (const version of versionsToTest("postgresql@17", "mysql@8.0", "mariadb@10.11"))
  describe(`operations on migrations, on ${version}`, function () {
    this.timeout(60_000);
    let world: World;
    const client = createClient(new AwsTransport());

    const database = async (name: string): Promise<{ database: string }> => {
      await apply(world, { claim: { kind: "role", name: `${name}_owner`, deletion: "drop" } });
      await apply(world, { claim: { kind: "database", name, owner: `${name}_owner`, deletion: "drop" } });
      return { database: name };
    };
    const isThere = async (name: string, table: string): Promise<boolean> => {
      const schema = world.family === "postgresql" ? "public" : name;
      const sql = `SELECT 1 FROM information_schema.tables WHERE table_name = '${table}' AND table_schema = '${schema}'`;
      return (await byHand(world, name, sql)).length > 0;
    };
    const claimsOf = async (...names: string[]): Promise<[string, number][]> =>
      (await client.inventory(world.target.ref)).owners
        .filter(({ owner }) => names.includes(owner))
        .map(({ owner, claims }) => [owner, claims]);

    before(async () => {
      world = await startWorld(version, { audit: true });
    });
    after(() => world?.stop());

    it("checks run again when they are asked for, and can change nothing", async () => {
      const shop = await database("checked_shop");
      const texts = {
        "0001_a.sql": "CREATE TABLE a (id int)",
        "0001_a.verify.sql": "SELECT id FROM a",
        "0002_b.sql": "CREATE TABLE b (id int)",
        "0002_b.verify.sql": "SELECT id FROM b",
        "0003_c.sql": "CREATE TABLE c (id int)",
        "0003_c.verify.sql": "SELECT id FROM c",
      };
      await migrate(world, "apply", { "0001_a.sql": texts["0001_a.sql"], "0002_b.sql": texts["0002_b.sql"] }, shop);
      const { ran, failure, pending } = await migrate(world, "verify", texts, shop);
      assert.deepEqual(
        ran.map(({ name, kind }) => [name, kind]),
        [
          ["0001_a.verify.sql", "verify"],
          ["0002_b.verify.sql", "verify"],
        ],
      );
      assert.deepEqual([failure, pending], [undefined, ["0003_c.sql"]]);
      // Somebody has taken a table away: that is for the check to say.
      const dropping = "-- migrate: allow drop-table\nDROP TABLE b";
      await migrate(world, "apply", { ...texts, "R__drop.sql": dropping }, shop);
      const broken = await migrate(world, "verify", { ...texts, "R__drop.sql": dropping }, shop);
      assert.equal(broken.failure?.file, "0002_b.verify.sql");
      for (const check of [
        "INSERT INTO a VALUES (1)",
        "COMMIT; INSERT INTO a VALUES (1)",
        "CREATE TABLE made (id int)",
      ]) {
        const writes = { ...texts, "R__drop.sql": dropping, "0001_a.verify.sql": check };
        const reply = await migrateRaw(world, migrationRequest(world.cluster, "verify", writes, shop));
        assert.ok((reply.error?.message ?? reply.migration?.failure?.file ?? "").includes("0001_a.verify.sql"), check);
      }
      assert.deepEqual(await byHand(world, shop.database, "SELECT id FROM a"), []);
      assert.equal(await isThere(shop.database, "made"), false);
    });

    it("variables are written by the server's rules, and another value runs a repeatable file again", async () => {
      const shop = await database("vars");
      const texts = {
        "0001_a.sql":
          "CREATE TABLE ${table} (note varchar(100));\nINSERT INTO ${table} VALUES (${note}), ('$${note}');",
        "R__v.sql": `CREATE OR REPLACE VIEW v AS SELECT \${number} AS n, \${yes} AS y;`,
      };
      const odd = world.family === "postgresql" ? `it's a "note" \\ ; -- x` : "it is; a -- note /* x";
      const variables = {
        table: { identifier: 'sel"ect;-- x' },
        note: { literal: odd },
        number: { literal: -3 },
        yes: { literal: true },
      };
      await migrate(world, "apply", texts, { ...shop, variables });
      const table = world.family === "postgresql" ? '"sel""ect;-- x"' : '`sel"ect;-- x`';
      const rows = await byHand(world, "vars", `SELECT note FROM ${table}`);
      assert.deepEqual(rows.map(({ note }) => note).sort(), ["${note}", odd].sort());
      assert.deepEqual((await migrate(world, "apply", texts, { ...shop, variables })).ran, []);
      const other = { ...variables, number: { literal: 4 } };
      assert.deepEqual((await migrate(world, "plan", texts, { ...shop, variables: other })).pending, ["R__v.sql"]);
      await migrate(world, "apply", texts, { ...shop, variables: other });
      assert.equal(Number((await byHand(world, "vars", "SELECT n FROM v"))[0].n), 4);
      assert.match(
        await refused(world, { ...texts, "0002_b.sql": "SELECT ${nobody}" }, { ...shop, variables }),
        /^MigrationRefused: 0002_b\.sql uses \$\{nobody\}, and variables has only table, note, number, yes; declare it, or write \$\$\{nobody\} for the text itself\. Nothing was changed\.$/,
      );
      if (world.family === "mysql")
        assert.match(
          await refused(world, texts, { ...shop, variables: { ...variables, note: { literal: "it's" } } }),
          /variables\.note cannot be written: A text for MySQL or MariaDB has a quote/,
        );
    });

    it("without variables nothing in a file is replaced", async () => {
      const shop = await database("plain");
      const texts = { "0001_a.sql": "CREATE TABLE a (note varchar(20));\nINSERT INTO a VALUES ('${x}$${x}');" };
      await migrate(world, "apply", texts, shop);
      assert.deepEqual((await byHand(world, "plain", "SELECT note FROM a"))[0].note, "${x}$${x}");
    });

    it("one history is one owner's, who has it in the inventory until it ends", async () => {
      const shop = await database("owned");
      const texts = { "0001_a.sql": "CREATE TABLE a (id int)", "0002_b.sql": "CREATE TABLE b (id int)" };
      await migrate(world, "apply", { "0001_a.sql": texts["0001_a.sql"] }, shop, { owner: "test/one" });
      assert.deepEqual(await claimsOf("test/one", "test/two"), [["test/one", 1]]);
      assert.equal((await migrate(world, "plan", texts, shop, { owner: "test/two" })).owner, "test/one");
      assert.match(
        await refused(world, texts, shop, { owner: "test/two" }),
        /^OwnedElsewhere: migrations of owned \(db_access_migrations\) is managed by test\/one; remove it there first/,
      );
      assert.equal(await isThere("owned", "b"), false);
      for (const operation of ["retain", "forget", "down"] as const)
        assert.match(await refused(world, texts, shop, { operation, owner: "test/two" }), /^NotOurs: /);
      await migrate(world, "apply", texts, shop, { owner: "test/two", previousOwner: "test/one" });
      assert.deepEqual(await claimsOf("test/one", "test/two"), [["test/two", 1]]);
      await migrate(world, "retain", texts, shop, { owner: "test/two" });
      assert.deepEqual(await claimsOf("test/one", "test/two"), []);
      assert.deepEqual((await migrate(world, "plan", texts, shop)).pending, []);
    });

    it("forget leaves what the files have made, and knows nothing of them any more", async () => {
      const shop = await database("forgotten");
      const texts = { "0001_a.sql": "CREATE TABLE a (id int)" };
      await migrate(world, "apply", texts, shop);
      await migrate(world, "forget", texts, shop);
      assert.equal(await isThere("forgotten", "a"), true);
      for (const suffix of ["", "_log", "_lock"])
        assert.equal(await isThere("forgotten", `db_access_migrations${suffix}`), false);
      assert.deepEqual((await migrate(world, "plan", texts, shop)).pending, ["0001_a.sql"]);
      await migrate(world, "forget", texts, shop);
    });

    it("down takes everything back, the last first, or nothing at all", async () => {
      const shop = await database("taken");
      const there = {
        "0001_a.sql": "CREATE TABLE a (id int)",
        "R__v.sql": "CREATE OR REPLACE VIEW v AS SELECT id FROM a",
      };
      await migrate(world, "apply", there, shop);
      const operation = "down" as const;
      assert.match(
        await refused(world, there, shop, { operation }),
        /^MigrationRefused: There is no way back from .*0001_a\.sql.*: write .*0001_a\.down\.sql.*onDestroy: "retain"\. Nothing was changed\.$/,
      );
      const ways = {
        "0001_a.down.sql": "-- migrate: allow drop-table\nDROP TABLE a",
        "R__v.down.sql": "-- migrate: allow drop-object\nDROP VIEW v",
      };
      assert.match(
        await refused(world, { ...there, ...ways, "0001_a.down.sql": "DROP TABLE a" }, shop, { operation }),
        /0001_a\.down\.sql .*allow drop-table/,
      );
      const failing = { ...there, ...ways, "0001_a.down.sql": `${ways["0001_a.down.sql"]}; SELECT * FROM nowhere` };
      const { failure, ran } = await migrate(world, "down", failing, shop);
      assert.deepEqual([failure?.file, ran.map(({ name }) => name)], ["0001_a.down.sql", ["R__v.down.sql"]]);
      if (world.family === "mysql") {
        const words = await refused(world, { ...there, ...ways }, shop, { operation });
        const [, id = ""] = /0001_a\.sql \(failure ([0-9a-f]{8})\) ended part of the way/.exec(words) ?? [];
        assert.equal(failure?.id, id, "the failure is named as the refusal names it");
        assert.equal(await isThere("taken", "a"), false);
        const resolve = { "0001_a.sql": { as: "skip" as const, failure: id } };
        const { ran: marked } = await migrate(world, "resolve", { ...there, ...ways }, { ...shop, resolve });
        assert.deepEqual(
          marked.map(({ kind }) => kind),
          ["skip"],
        );
      } else assert.equal(await isThere("taken", "a"), true);
      await migrate(world, "down", { ...there, ...ways }, shop);
      assert.equal(await isThere("taken", "a"), false);
      assert.equal(await isThere("taken", "db_access_migrations_log"), false);
      assert.equal((await migrate(world, "plan", there, shop)).owner, undefined);
    });

    it("a resolution names the failure that was looked at, and nothing runs by it", async () => {
      const shop = await database("resolved");
      const head = world.family === "postgresql" ? "-- migrate: no-transaction\n" : "";
      const texts = { "0001_a.sql": `${head}CREATE TABLE a (id int);\nSELECT * FROM nowhere;` };
      const { failure } = await migrate(world, "apply", texts, shop);
      assert.equal(failure?.statement, 2);
      const { blocks } = await migrate(world, "plan", texts, shop);
      const [{ failure: id = "" }] = blocks;
      const say = (as: "retry" | "applied" | "skip", failed: string) => ({
        ...shop,
        resolve: { "0001_a.sql": { as, failure: failed } },
      });
      const operation = "resolve" as const;
      assert.match(
        await refused(world, texts, say("applied", "00000000"), { operation }),
        /failed in another way since/,
      );
      await migrate(world, "resolve", texts, say("retry", id));
      assert.deepEqual((await migrate(world, "plan", texts, shop)).pending, ["0001_a.sql"]);
      assert.match(await refused(world, texts, say("retry", id), { operation }), /has not failed part of the way/);
    });

    it("what one invocation has no time for, the next one goes on with", async () => {
      const shop = await database("slow");
      const wait = world.family === "postgresql" ? "SELECT pg_sleep(1.5);" : "DO SLEEP(1.5);";
      const texts = Object.fromEntries(
        ["0001_a.sql", "0002_b.sql", "0003_c.sql", "0004_d.sql"].map((name) => [name, wait]),
      );
      const { migrateFunctionName: name } = world.target;
      // Of these, 15 s are kept for records and answers.
      await world.stack.lambda.updateFunction(name, { timeoutSeconds: 18 });
      const first = await migrate(world, "apply", texts, shop);
      assert.equal(first.incomplete, true);
      assert.ok(first.ran.length > 0 && first.ran.length < 4, String(first.ran.length));
      assert.deepEqual(first.pending, Object.keys(texts).slice(first.ran.length));
      await world.stack.lambda.updateFunction(name, { timeoutSeconds: 900 });
      const second = await migrate(world, "apply", texts, shop);
      assert.deepEqual(
        [second.incomplete, second.ran.map((one) => one.name)],
        [false, Object.keys(texts).slice(first.ran.length)],
      );
    });

    it("what went with its database ends without it", async () => {
      const shop = await database("gone");
      await migrate(world, "apply", { "0001_a.sql": "CREATE TABLE a (id int)" }, shop, { owner: "test/gone" });
      await apply(world, {
        action: "remove",
        claim: { kind: "database", name: "gone", owner: "gone_owner", deletion: "drop" },
      });
      await migrate(world, "down", {}, shop, { owner: "test/gone" });
      assert.deepEqual(await claimsOf("test/gone"), []);
    });

    it("every file is a link of the cluster's chain of changes, told without any SQL", async () => {
      const shop = await database("chained");
      const texts = {
        "0001_a.sql": "CREATE TABLE a (id int)",
        "0002_b.sql": "CREATE TABLE b (id int);\nSELECT * FROM nowhere",
      };
      await migrate(world, "apply", texts, shop);
      const [{ problems, changes, recorded }] = await verifyAudit(client, { ref: world.target.ref });
      assert.deepEqual([problems, changes], [[], { from: 1, to: recorded }]);
      const [group] = world.stack.aws.logs.of({ account: world.stack.account, region: world.stack.region });
      const lines = [...group.streams.values()].flatMap(({ events }) => events.map(({ message }) => message));
      const told = lines
        .map((line) => JSON.parse(line) as AuditRecord)
        .filter(({ kind, id }) => kind === "migration" && id?.includes("/chained/") === true);
      assert.deepEqual(
        told.map((event) => [event.outcome, event.owner, event.changes.join(), event.change !== undefined]),
        [
          ["changed", "test/migrations", "record migrations of chained (db_access_migrations)", true],
          ["changed", "test/migrations", "run migration 0001_a.sql in chained as chained_owner", true],
          ["failed", "test/migrations", "run migration 0002_b.sql in chained as chained_owner", true],
        ],
      );
      assert.ok(!lines.some((line) => /CREATE TABLE|SELECT \*/.test(line)));
    });
  });
