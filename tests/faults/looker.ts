import mysql from "mysql2/promise";
import { Client } from "pg";
import type { World } from "../support/world";

export type Rows = Record<string, unknown>[];

/** Somebody with all rights who stays logged in, because there is something to look at after every case. */
export class Looker {
  private constructor(
    readonly rows: (sql: string) => Promise<Rows>,
    readonly close: () => Promise<void>,
  ) {}

  static async start({ server, family }: World): Promise<Looker> {
    const { host, port, ca, superuser } = server;
    const login = { host, port, user: superuser.user, password: superuser.password, ssl: { ca } };
    if (family === "postgresql") {
      const client = new Client({ ...login, database: "postgres" });
      client.on("error", () => undefined);
      await client.connect();
      return new Looker(
        async (sql) => (await client.query<Record<string, unknown>>(sql)).rows,
        () => client.end(),
      );
    }
    const connection = await mysql.createConnection(login);
    return new Looker(
      async (sql) => (await connection.query(sql))[0] as Rows,
      () => connection.end(),
    );
  }
}
