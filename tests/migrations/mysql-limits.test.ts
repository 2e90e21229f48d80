import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { RowDataPacket } from "mysql2/promise";
import { readFolder, type MigrationFile } from "../../provisioner/migrations/folder";
import { analyse } from "../../provisioner/migrations/mysql/analyse";
import { connectMigrator, type MigratorLogin } from "../../provisioner/migrations/mysql/connect";
import { MysqlMigrationSession } from "../../provisioner/migrations/mysql/session";
import { password, useServer } from "../provisioner/mysql/server";
import { versionsToTest } from "../support/versions";

/** Long enough for a session to be opened, and what is kept for the record. */
const shortRunMs = 4_500;

for (const version of versionsToTest("mysql@8.0", "mysql@9.7", "mariadb@10.11"))
  describe(`what a server does with a file, on ${version}`, function () {
    this.timeout(60_000);
    const lab = useServer(version);
    const history = { database: "shop", name: "db_access_migrations" };

    const byHand = async (sql: string): Promise<RowDataPacket[]> => {
      const connection = await lab.as(lab.server.superuser);
      return (await connection.query<RowDataPacket[]>(sql))[0];
    };
    const loginFor = (ms: number): MigratorLogin => {
      const { host, port, ca, applicationName } = lab.options();
      const deadline = Date.now() + ms;
      const login = { username: "mig", password, iam: false, withoutRoles: false };
      return { host, port, ca, applicationName, deadline, ...login };
    };
    const migrations = (ms = 30_000): Promise<MysqlMigrationSession> => {
      const login = loginFor(ms);
      return MysqlMigrationSession.open(() => Promise.resolve(login), history);
    };
    const fileOf = (text: string): MigrationFile => {
      const [file] = readFolder([{ name: `${number++}_file.sql`, bytes: Buffer.from(text) }]).files;
      assert.ok(file !== undefined);
      return file;
    };
    let number = 1;

    before(async () => {
      await byHand("CREATE DATABASE shop");
      await byHand(`CREATE USER mig@'%' IDENTIFIED BY '${password}'`);
      await byHand("GRANT ALL ON shop.* TO mig@'%'");
      await byHand("CREATE TABLE shop.seen (n int)");
      const session = await migrations();
      await session.prepare();
      await session.close();
    });

    it("a file is ended with its run's time, nothing of it runs after that, and its statement is known", async () => {
      const session = await migrations(shortRunMs);
      try {
        // The server takes the end of SLEEP for its result: ending the statement alone would let the file go on.
        const file = fileOf("INSERT INTO seen VALUES (1); DO SLEEP(40); INSERT INTO seen VALUES (2);");
        const failure = await session.apply(file, undefined, randomUUID());
        assert.deepEqual([failure?.statement, failure?.rolledBack], [2, false]);
        assert.match(failure?.words ?? "", /the time ran out/);
        const [row] = (await session.history()).filter(({ name }) => name === file.name);
        assert.deepEqual([row?.state, row?.statement], ["failed", 2]);
      } finally {
        await session.close();
      }
      const sessions = "SELECT 1 FROM information_schema.PROCESSLIST WHERE USER = 'mig'";
      while ((await byHand(sessions)).length > 0);
      assert.deepEqual(await byHand("SELECT n FROM shop.seen"), [{ n: 1 }]);
    });

    if (lab.isMariaDb)
      it("the server itself ends a statement whose function is gone", async () => {
        const work = await connectMigrator(loginFor(3_100), "shop", true);
        try {
          await assert.rejects(work.query("INSERT INTO seen SELECT SLEEP(40)"), { errno: 1969 });
        } finally {
          work.destroy();
        }
      });

    it("what a file leaves open is there, and is not in the way of the record", async () => {
      const session = await migrations();
      try {
        for (const [at, text] of [
          "START TRANSACTION; INSERT INTO seen VALUES (10);",
          "SET autocommit = 0; INSERT INTO seen VALUES (11);",
          "LOCK TABLES seen WRITE; INSERT INTO seen VALUES (12);",
          "SET SESSION TRANSACTION READ ONLY; SET completion_type = 2;",
          "SET autocommit = 0, sql_mode = 'ANSI_QUOTES'; LOCK TABLES seen WRITE; INSERT INTO seen VALUES (13); USE information_schema;",
        ].entries()) {
          const verify = fileOf("SELECT n FROM seen;");
          assert.equal(await session.apply(fileOf(text), verify, randomUUID()), undefined, String(at));
        }
      } finally {
        await session.close();
      }
      const rows = await byHand("SELECT n FROM shop.seen WHERE n >= 10 ORDER BY n");
      assert.deepEqual(
        rows.map(({ n }) => n),
        [10, 11, 12, 13],
      );
    });

    it("what is said to block is what the server does not do beside writers, and nothing else", async () => {
      const blocking = [
        "ADD FULLTEXT INDEX (s)",
        "ADD SPATIAL INDEX (g)",
        "ADD CONSTRAINT f FOREIGN KEY (b) REFERENCES o (id)",
        "ADD CONSTRAINT c CHECK (a > 0)",
        "ADD x int AS (a + 1) STORED",
        "ADD x int AUTO_INCREMENT UNIQUE",
        "MODIFY a bigint",
        "CHANGE s s2 int",
        "CONVERT TO CHARACTER SET latin1",
        "DROP PRIMARY KEY",
        // MariaDB computes the same for every row, and has no index of what is computed.
        ...(lab.isMariaDb ? ["ADD x char(36) DEFAULT (uuid())"] : ["ADD x int DEFAULT (1 + 1)", "ADD INDEX ((a + 1))"]),
        // MySQL 8 makes no reference of that.
        ...(version === "mysql@8.0" ? [] : ["ADD x int REFERENCES o (id)"]),
      ];
      const free = [
        "ADD x int NOT NULL DEFAULT 1",
        "ADD x int AS (a + 1) VIRTUAL",
        "ADD INDEX (a)",
        "ADD UNIQUE (a)",
        "DROP PRIMARY KEY, ADD PRIMARY KEY (id, a)",
        "RENAME COLUMN a TO a2",
        "DROP COLUMN a",
        ...(lab.isMariaDb ? [] : ["ADD CHECK (a > 0) NOT ENFORCED"]),
        "ENGINE=InnoDB",
        "ALTER COLUMN a SET DEFAULT 5",
      ];
      const kinds = new Set(["blocking-index", "blocking-constraint", "change-type"]);
      const connection = await lab.as(lab.server.superuser);
      await connection.query("USE shop");
      await connection.query("CREATE TABLE o (id int PRIMARY KEY)");
      for (const change of [...blocking, ...free]) {
        await connection.query("DROP TABLE IF EXISTS t");
        await connection.query(
          "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b int, s varchar(20), g geometry NOT NULL, KEY (b)) CHARACTER SET utf8mb4",
        );
        const { findings } = await analyse([fileOf(`ALTER TABLE t ${change};`)]);
        const isSaid = findings.some(({ kind }) => kinds.has(kind));
        const isRefused = await connection.query(`ALTER TABLE t ${change}, LOCK=NONE`).then(
          () => false,
          ({ errno }: { errno?: number }) => {
            assert.ok(errno === 1845 || errno === 1846, `${change}: ${String(errno)}`);
            return true;
          },
        );
        assert.deepEqual([isSaid, isRefused], Array(2).fill(blocking.includes(change)), change);
        const { findings: asked } = await analyse([fileOf(`ALTER TABLE t ${change}, LOCK=NONE;`)]);
        assert.ok(!asked.some(({ kind }) => kinds.has(kind)), change);
      }
    });
  });
