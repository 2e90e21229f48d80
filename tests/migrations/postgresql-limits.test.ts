import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFolder, type MigrationFile } from "../../provisioner/migrations/folder";
import { PostgresqlMigrationSession } from "../../provisioner/migrations/postgresql/session";
import { password, useServer } from "../provisioner/postgresql/server";

/** Long enough for two sessions to be opened, and what is kept for the record. */
const shortRunMs = 5_000;

for (const version of ["13", "17"])
  describe(`the time of a file, on PostgreSQL ${version}`, function () {
    this.timeout(60_000);
    const lab = useServer(version);

    const migrations = (ms = 30_000): Promise<PostgresqlMigrationSession> => {
      const { host, port, ca, applicationName } = lab.options();
      const reach = {
        host,
        port,
        ca,
        applicationName,
        deadline: Date.now() + ms,
        database: "shop",
        runAs: "shop_owner",
      };
      return PostgresqlMigrationSession.open(reach, { username: "mig", password }, "history");
    };
    const fileOf = (name: string, text: string): MigrationFile => {
      const [file] = readFolder([{ name, bytes: Buffer.from(text) }]).files;
      assert.ok(file !== undefined);
      return file;
    };

    before(async () => {
      await lab.database("shop", "shop_owner");
      const client = await lab.superuser("shop");
      await client.query(`CREATE ROLE mig LOGIN PASSWORD '${password}' IN ROLE shop_owner`);
      await client.query("SET ROLE shop_owner; CREATE SCHEMA IF NOT EXISTS public; CREATE TABLE app.seen (n int)");
      await client.query("RESET ROLE; GRANT CREATE, USAGE ON SCHEMA public TO shop_owner");
      const session = await migrations();
      await session.prepare("shop_owner");
      await session.close();
    });

    for (const [head, rows] of [
      ["", []],
      ["-- migrate: no-transaction\n", [{ n: 1 }]],
    ] as const)
      it(`ends it ${head === "" ? "with all that it has done" : "at its statement, where no transaction holds it"}, and the record knows`, async () => {
        const session = await migrations(shortRunMs);
        try {
          // Each statement is within the server's limit for one.
          const text = `${head}INSERT INTO app.seen VALUES (1); DO $$ BEGIN PERFORM pg_sleep(40); EXCEPTION WHEN query_canceled THEN NULL; END $$; INSERT INTO app.seen VALUES (2);`;
          const file = fileOf(head === "" ? "0001_whole.sql" : "0002_parts.sql", text);
          const failure = await session.apply(file, undefined, randomUUID());
          assert.match(failure?.words ?? "", /the time ran out/);
          assert.deepEqual([failure?.rolledBack, failure?.statement], head === "" ? [true, undefined] : [false, 2]);
          const [row] = (await session.history()).filter(({ name }) => name === file.name);
          assert.deepEqual([row?.state, row?.statement], ["failed", failure?.statement]);
        } finally {
          await session.close();
        }
        const client = await lab.superuser("shop");
        while ((await client.query("SELECT FROM pg_stat_activity WHERE usename = 'mig'")).rows.length > 0);
        assert.deepEqual((await client.query("SELECT n FROM app.seen")).rows, rows);
      });
  });
