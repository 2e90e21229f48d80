import { isIP } from "node:net";
import { checkServerIdentity } from "node:tls";

import { Client, type ClientConfig, type QueryResult } from "pg";

import { DbAccessError } from "../../errors";
import { toDbAccessError, type ErrorContext } from "./errors";

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

export interface MessageOptions {
  /** For error messages: continues "while …". */
  step: string;
  /** The text carries a verifier. */
  secret?: boolean;
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
  // A default role of the login would make "the current user" somebody else.
  role: "none",
  DateStyle: "ISO",
  TimeZone: "UTC",
};

export const statementTimeoutMs = Number(sessionSettings.statement_timeout);

const connectTimeoutMs = 10_000;

function clientConfig(reach: Reach, login: Login, database: string): ClientConfig {
  const name = reach.tlsServerName ?? reach.host;
  return {
    host: reach.host,
    port: reach.port,
    user: login.username,
    password: login.password,
    database,
    application_name: reach.applicationName,
    options: Object.entries(sessionSettings)
      .map(([key, value]) => `-c ${key}=${value}`)
      .join(" "),
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
export async function dial(reach: Reach, login: Login, database: string): Promise<Client> {
  // An empty password would make the driver look into the environment and into files for another one.
  if (login.password === "")
    throw new DbAccessError("AdminLoginRefused", `There is no password for ${login.username}; check its secret.`);
  assertTime(reach.deadline, openingStep(database));
  const client = new Client(clientConfig(reach, login, database));
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

/** One connection to one database. Nothing is sent after the deadline; what runs then is cut off. */
export class Connection {
  private warnings: string[] = [];
  private lost = false;

  private constructor(
    private readonly client: Client,
    private readonly reach: Reach,
    readonly database: string,
  ) {
    client.on("notice", (notice) => {
      if (notice.severity === "WARNING" && notice.message !== undefined) this.warnings.push(notice.message);
    });
    client.on("error", () => (this.lost = true));
    client.on("end", () => (this.lost = true));
  }

  static async open(reach: Reach, login: Login, database: string): Promise<Connection> {
    try {
      return new Connection(await dial(reach, login, database), reach, database);
    } catch (error) {
      throw openingError(error, reach, database);
    }
  }

  /** Milliseconds until the deadline. */
  get remaining(): number {
    return this.reach.deadline - Date.now();
  }

  get alive(): boolean {
    return !this.lost;
  }

  /** One statement with parameters: one message. */
  async query<Row extends object>(text: string, values: readonly unknown[], options: MessageOptions): Promise<Row[]> {
    const result = await this.send(() => this.client.query<Row>({ text, values: [...values] }), options);
    return result.rows;
  }

  /** Statements without parameters in one message. Resolves with the rows of each. */
  async script(text: string, options: MessageOptions): Promise<Record<string, unknown>[][]> {
    const results = await this.send(() => this.client.query(text) as Promise<QueryResult | QueryResult[]>, options);
    return (Array.isArray(results) ? results : [results]).map((result) => result.rows as Record<string, unknown>[]);
  }

  /** The server's warnings since the last call. */
  takeWarnings(): string[] {
    const taken = this.warnings;
    this.warnings = [];
    return taken;
  }

  async close(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }

  private async send<T>(start: () => Promise<T>, options: MessageOptions): Promise<T> {
    assertTime(this.reach.deadline, options.step);
    let expired = false;
    const timer = setTimeout(() => {
      expired = true;
      // With a statement under way this drops the socket; the server's own timeout ends the statement.
      void this.close();
    }, this.reach.deadline - Date.now());
    try {
      return await start();
    } catch (error) {
      if (expired) throw deadlineExceeded(options.step);
      throw toDbAccessError(error, this.context(options));
    } finally {
      clearTimeout(timer);
    }
  }

  private context(options: MessageOptions): ErrorContext {
    return { host: this.reach.host, port: this.reach.port, step: options.step, secret: options.secret };
  }
}

const deadlineExceeded = (step: string): DbAccessError =>
  new DbAccessError("DeadlineExceeded", `The time for this request ran out while ${step}; run it again.`, {
    transient: true,
  });

function assertTime(deadline: number, step: string): void {
  if (Date.now() >= deadline) throw deadlineExceeded(step);
}

/** The connections of a session, one per database, opened when first needed. */
export class Connections {
  private readonly open = new Map<string, Connection>();

  constructor(
    readonly reach: Reach,
    private readonly login: Login,
    readonly adminDatabase: string,
  ) {}

  async to(database: string): Promise<Connection> {
    const known = this.open.get(database);
    if (known?.alive === true) return known;
    const opened = await Connection.open(this.reach, this.login, database);
    this.open.set(database, opened);
    return opened;
  }

  /** The connection that holds the lock and the ledger. */
  admin(): Promise<Connection> {
    return this.to(this.adminDatabase);
  }

  /** A second login of the provisioner, apart from the others. */
  another(): Promise<Connection> {
    return Connection.open(this.reach, this.login, this.adminDatabase);
  }

  async leave(database: string): Promise<void> {
    await this.open.get(database)?.close();
    this.open.delete(database);
  }

  async close(): Promise<void> {
    await Promise.all([...this.open.values()].map((connection) => connection.close()));
    this.open.clear();
  }
}
