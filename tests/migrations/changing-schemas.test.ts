import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import mysql from "mysql2/promise";
import { Client } from "pg";
import { checkout } from "../support/engine";
import { startServerOf, type OneServer } from "./one-server";

/** Rows of a table of the guide: the statement, and what it says of it. */
function rowsOf(table: string): { statement: string; says: string[] }[] {
  const guide = readFileSync(path.join(checkout, "docs", "changing-schemas.md"), "utf8");
  const [, text = ""] = new RegExp(`<!-- ${table} -->([\\s\\S]*)<!-- /${table} -->`).exec(guide) ?? [];
  assert.notEqual(text, "", `the guide has no table ${table}`);
  return text
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => {
      const [first = "", ...says] = line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim());
      return { statement: /^`([^`]+)`/.exec(first)?.[1] ?? "", says };
    });
}

const whole = (statement: string): string =>
  /^CREATE/.test(statement) ? statement : `ALTER TABLE orders ${statement}`;

/** From the strongest lock on: who has to wait for it. */
const waiting: [string, string][] = [
  ["AccessExclusiveLock", "all wait"],
  ["ShareRowExclusiveLock", "writers wait"],
  ["ShareLock", "writers wait"],
  ["ShareUpdateExclusiveLock", "nobody waits"],
];

describe("what the guide says of statements", function () {
  this.timeout(60_000);

  describe("on PostgreSQL 17", () => {
    let one: OneServer;
    let client: Client;
    const notices: string[] = [];

    before(async () => {
      one = await startServerOf("postgresql@17");
      const { host, port, ca, superuser } = one.server;
      client = new Client({ host, port, ...superuser, database: "postgres", ssl: { ca } });
      client.on("notice", ({ message }) => notices.push(String(message)));
      await client.connect();
      await client.query(`
        CREATE TABLE customers (id int PRIMARY KEY);
        CREATE TABLE orders (id int PRIMARY KEY, amount int, customer int, number int, note varchar(10),
          price numeric(10, 2), given int CHECK (given IS NOT NULL));
        CREATE UNIQUE INDEX numbered ON orders (number);
        INSERT INTO customers VALUES (1);
        INSERT INTO orders SELECT n, 1, 1, n, 'x', 1, 1 FROM generate_series(1, 500) n;
        ALTER TABLE orders ADD CONSTRAINT positive CHECK (amount > 0) NOT VALID;
        ALTER TABLE orders ADD CONSTRAINT known FOREIGN KEY (customer) REFERENCES customers NOT VALID;`);
    });
    after(async () => {
      await client?.end();
      await one?.stop();
    });

    const file = async (): Promise<unknown> =>
      (await client.query("SELECT relfilenode FROM pg_class WHERE relname = 'orders'")).rows;

    for (const { statement, says } of rowsOf("postgresql"))
      it(statement, async () => {
        const before = await file();
        await client.query("BEGIN; SET LOCAL client_min_messages = debug1");
        try {
          notices.length = 0;
          await client.query(whole(statement));
          const { rows } = await client.query<{ mode: string }>(
            "SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'orders'::regclass",
          );
          const [, meanwhile] = waiting.find(([mode]) => rows.some((lock) => lock.mode === mode)) ?? [];
          const isRead = notices.some((text) =>
            /^(verifying table|validating foreign key|building index .* on table "orders")/.test(text),
          );
          const isWritten = JSON.stringify(await file()) !== JSON.stringify(before);
          assert.deepEqual(says, [meanwhile, isWritten ? "written anew" : isRead ? "read" : "untouched"]);
        } finally {
          await client.query("ROLLBACK");
        }
      });
  });

  for (const [column, version] of ["mysql@8.0", "mariadb@10.11"].entries())
    describe(`on ${version}`, () => {
      let one: OneServer;
      let connection: mysql.Connection;

      before(async () => {
        one = await startServerOf(version);
        const { host, port, ca, superuser } = one.server;
        const ssl = { ca, verifyIdentity: true };
        connection = await mysql.createConnection({ host, port, ...superuser, ssl, multipleStatements: true });
        await connection.query("CREATE DATABASE shop; USE shop; CREATE TABLE customers (id int PRIMARY KEY)");
      });
      after(async () => {
        await connection?.end();
        await one?.stop();
      });

      /** DDL cannot be undone: each try has a table of its own. */
      const does = async (statement: string, way: string): Promise<boolean> => {
        await connection.query(
          `DROP TABLE IF EXISTS orders; CREATE TABLE orders (id int PRIMARY KEY, amount int, customer int, number int,
            note varchar(20), state enum('open', 'paid'), UNIQUE KEY numbered (number)) DEFAULT CHARSET = utf8mb4`,
        );
        try {
          await connection.query(`${whole(statement)}${way}`);
          return true;
        } catch (error) {
          const { errno } = error as { errno?: number };
          // The way is not supported, for this statement or for this reason.
          if (errno === 1845 || errno === 1846) return false;
          throw error;
        }
      };

      for (const { statement, says } of rowsOf("mysql"))
        it(statement, async () => {
          const found = (await does(statement, ", ALGORITHM=INSTANT"))
            ? "instant"
            : (await does(statement, ", LOCK=NONE"))
              ? "nobody waits"
              : "writers wait";
          assert.equal(says[column], found);
          assert.ok(await does(statement, ""));
        });
    });
});
