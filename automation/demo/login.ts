import type { RunningServer } from "../../local/servers";
import { CommandFailure } from "../errors";
import type { DemoEngine } from "./options";

export type Row = Record<string, unknown>;

/** One connection as one user, over TLS whose certificate and host name are verified. */
export interface Session {
  run(sql: string): Promise<Row[]>;
  end(): Promise<void>;
}

export interface Login {
  engine: DemoEngine;
  server: Pick<RunningServer, "host" | "port" | "ca">;
  user: string;
  password: string;
  database?: string;
}

export const logIn = (login: Login): Promise<Session> =>
  login.engine === "postgresql" ? postgresqlSession(login) : mysqlSession(login);

async function postgresqlSession({ server, user, password, database }: Login): Promise<Session> {
  const { Client } = await driver(() => import("pg"));
  const { host, port, ca } = server;
  const client = new Client({ host, port, user, password, database: database ?? "postgres", ssl: { ca } });
  // The server ends sessions of users it drops; without a listener that would end this process.
  client.on("error", () => undefined);
  await client.connect();
  return {
    run: async (sql) => (await client.query<Row>(sql)).rows,
    end: () => client.end(),
  };
}

async function mysqlSession({ server, user, password, database }: Login): Promise<Session> {
  const { createConnection } = await driver(() => import("mysql2/promise"));
  const { host, port, ca } = server;
  const ssl = { ca, verifyIdentity: true };
  const connection = await createConnection({ host, port, user, password, database, ssl });
  connection.on("error", () => undefined);
  return {
    run: async (sql) => {
      const [rows] = await connection.query(sql);
      return Array.isArray(rows) ? (rows as Row[]) : [];
    },
    end: () => connection.end(),
  };
}

/** Drivers are needed in the checkout only: the published package brings none. */
export async function driver<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    throw new CommandFailure(
      "DemoNeedsCheckout",
      "The demo logs in with pg, mysql2 and the AWS SDK, which only a checkout has: clone the repository, run npm ci, then npm run demo.",
      undefined,
      { cause: error },
    );
  }
}

const refusals = new Set([
  ...["42501", "28P01", "28000"],
  ...[
    "ER_ACCESS_DENIED_ERROR",
    "ER_DBACCESS_DENIED_ERROR",
    "ER_TABLEACCESS_DENIED_ERROR",
    "ER_COLUMNACCESS_DENIED_ERROR",
    "ER_SPECIFIC_ACCESS_DENIED_ERROR",
  ],
]);

/** The server's code when it refused, undefined when it allowed. Any other failure is not an answer and is thrown. */
export async function refusal(attempt: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await attempt();
    return undefined;
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (typeof code === "string" && refusals.has(code)) return code;
    throw error;
  }
}
