import { isIP } from "node:net";
import { checkServerIdentity } from "node:tls";

import { Client, type ClientConfig } from "pg";

import { DbAccessError } from "../../errors";
import { toDbAccessError } from "./errors";

/** How every connection of a session reaches the server. */
export interface Reach {
  host: string;
  port: number;
  ca: string[];
  tlsServerName?: string;
  applicationName: string;
  deadline: number;
}

export interface Login {
  username: string;
  password: string;
}

/**
 * Fixed for the whole session before the first statement, at no round trip: what statements mean must not depend on
 * settings of the role or the database. Temporary tables come last, so that none can stand in for a catalog.
 */
const sessionSettings = {
  search_path: "pg_catalog,pg_temp",
  lock_timeout: "5000",
  statement_timeout: "30000",
  idle_in_transaction_session_timeout: "60000",
  standard_conforming_strings: "on",
  quote_all_identifiers: "off",
  // Statements of one message would otherwise see what was there when the first of them began, before the lock.
  default_transaction_isolation: "read committed",
  // A default role of the login would make "the current user" somebody else.
  role: "none",
  DateStyle: "ISO",
  TimeZone: "UTC",
};

export const statementTimeoutMs = Number(sessionSettings.statement_timeout);

const connectTimeoutMs = 10_000;

/** As the server's start-up options are split: at spaces that no backslash precedes. */
const optionText = (settings: Readonly<Record<string, string>>): string =>
  Object.entries(settings)
    .map(([key, value]) => `-c ${key}=${value.replace(/[\\ ]/g, "\\$&")}`)
    .join(" ");

function clientConfig(
  reach: Reach,
  login: Login,
  database: string,
  settings: Readonly<Record<string, string>>,
): ClientConfig {
  const name = reach.tlsServerName ?? reach.host;
  return {
    host: reach.host,
    port: reach.port,
    user: login.username,
    password: login.password,
    database,
    application_name: reach.applicationName,
    options: optionText(settings),
    keepAlive: true,
    sslnegotiation: "postgres",
    enableChannelBinding: true,
    connectionTimeoutMillis: Math.max(1, Math.min(connectTimeoutMs, reach.deadline - Date.now())),
    ssl: {
      ca: reach.ca,
      rejectUnauthorized: true,
      minVersion: "TLSv1.2",
      ...(isIP(name) === 0 ? { servername: name } : {}),
      // The driver replaces `servername` with the host it dials, so the name to check is bound here.
      checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
    },
  };
}

/** A connection as the driver has it, or the driver's error. */
export async function dial(
  reach: Reach,
  login: Login,
  database: string,
  settings: Readonly<Record<string, string>> = sessionSettings,
): Promise<Client> {
  // An empty password would make the driver look into the environment and into files for another one.
  if (login.password === "")
    throw new DbAccessError("AdminLoginRefused", `There is no password for ${login.username}; check its secret.`);
  assertTime(reach.deadline, openingStep(database));
  const client = new Client(clientConfig(reach, login, database, settings));
  // Without a listener an 'error' event ends the process.
  client.on("error", () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

const openingStep = (database: string): string => `connecting to database ${database}`;

export const openingError = (error: unknown, { host, port }: Reach, database: string): DbAccessError =>
  toDbAccessError(error, { host, port, step: openingStep(database), opening: true });

export const deadlineExceeded = (step: string): DbAccessError =>
  new DbAccessError("DeadlineExceeded", `The time for this request ran out while ${step}; run it again.`, {
    transient: true,
  });

export function assertTime(deadline: number, step: string): void {
  if (Date.now() >= deadline) throw deadlineExceeded(step);
}
