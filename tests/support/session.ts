import mysql from "mysql2/promise";
import { Client } from "pg";
import type { Login, World } from "./world";

/** A connection that stays open, as an application's does. */
export interface Session {
  /** Whether the statement still works. */
  run(sql: string): Promise<boolean>;
  close(): Promise<void>;
}

const answered = (sent: Promise<unknown>): Promise<boolean> =>
  sent.then(
    () => true,
    () => false,
  );

export async function openSession(world: Pick<World, "server" | "family">, login: Login): Promise<Session> {
  const { host, port, ca } = world.server;
  const { user, password } = login;
  if (world.family === "postgresql") {
    const client = new Client({ host, port, user, password, database: "postgres", ssl: { ca } });
    client.on("error", () => undefined);
    await client.connect();
    return { run: (sql) => answered(client.query(sql)), close: () => client.end().catch(() => undefined) };
  }
  const connection = await mysql.createConnection({ host, port, user, password, ssl: { ca } });
  connection.on("error", () => undefined);
  return {
    run: (sql) => answered(connection.query(sql)),
    close: () => connection.end().catch(() => undefined),
  };
}
