import * as net from "node:net";
import { createConnection, type Connection as Driver, type ResultSetHeader } from "mysql2/promise";
import { DbAccessError } from "../../errors";
import { connectError, connectionLost, deadlineExceeded, errnoOf, statementError, type Destination } from "./errors";

/** Who connects where, and how the server is verified. */
export interface Login extends Destination {
  password: string;
  /** The password is an IAM token, which the server asks for as it is. Any other password never leaves in clear. */
  iam: boolean;
  ca: string[];
  /** Name the certificate must carry. Default: `host`. */
  tlsServerName?: string;
  applicationName: string;
  /** Milliseconds since the epoch after which no statement may run any more. */
  deadline: number;
}

/** What may stand for a placeholder. Objects never: the driver would write them as SQL. */
export type Value = string | number | boolean | null | Buffer | string[];

export type Row = Record<string, string | number | null>;

const longestConnect = 10_000;

/** A connection as the driver has it: its errors hold statements. Several statements in one message only where asked for. */
export async function dial(login: Login, multipleStatements = false): Promise<Driver> {
  const name = login.tlsServerName ?? login.host;
  // The driver would compare an address's certificate with "localhost": Node falls back to it without a server name.
  if (net.isIP(name) !== 0)
    throw new DbAccessError(
      "TlsUntrusted",
      `The host ${name} is an address, and a certificate is checked by name. Use the endpoint's name or set tlsServerName.`,
    );
  const left = login.deadline - Date.now();
  if (left <= 0) throw deadlineExceeded(`connecting to ${login.host}`);
  try {
    return await createConnection({
      // The driver takes the server name from `host`; the socket is our own so that both can differ.
      stream: () => net.connect({ host: login.host, port: login.port, noDelay: true, keepAlive: true }),
      host: name,
      port: login.port,
      user: login.username,
      password: login.password,
      ssl: { ca: login.ca, verifyIdentity: true, minVersion: "TLSv1.2" },
      enableCleartextPlugin: login.iam,
      connectTimeout: Math.min(left, longestConnect),
      connectAttributes: { program_name: login.applicationName },
      flags: ["-LOCAL_FILES"],
      charset: "utf8mb4",
      multipleStatements,
      disableEval: true,
      dateStrings: true,
      jsonStrings: true,
    });
  } catch (error) {
    throw connectError(error, login);
  }
}

/** One TLS connection. Every failure leaves it as a `DbAccessError` without the statement's text. */
export class Connection {
  private broken = false;

  private constructor(
    private readonly driver: Driver,
    readonly login: Login,
  ) {}

  static async open(login: Login): Promise<Connection> {
    const driver = await dial(login);
    const connection = new Connection(driver, login);
    driver.on("error", () => {
      connection.broken = true;
    });
    return connection;
  }

  /** One message. `step` says in words what it does, for errors. */
  async rows(step: string, sql: string, values: Value[] = []): Promise<Row[]> {
    const [result] = await this.send(step, sql, values);
    return Array.isArray(result) ? (result as Row[]) : [];
  }

  /** One message that answers without rows. Resolves with the number of warnings, or undefined when `ignore` has its error. */
  async run(step: string, sql: string, values: Value[] = [], ignore: number[] = []): Promise<number | undefined> {
    try {
      const [result] = await this.send(step, sql, values);
      return Array.isArray(result) ? 0 : (result as ResultSetHeader).warningStatus;
    } catch (error) {
      if (error instanceof DbAccessError && ignore.includes(Number(error.serverCode))) return undefined;
      throw error;
    }
  }

  private async send(step: string, sql: string, values: Value[]): ReturnType<Driver["query"]> {
    const timeout = this.login.deadline - Date.now();
    if (timeout <= 0) throw deadlineExceeded(step);
    if (this.broken) throw connectionLost(this.login);
    try {
      return await this.driver.query({ sql, values, timeout });
    } catch (error) {
      // Without a number it is no answer of the server: an answer that comes late would be taken for the next one's.
      if (errnoOf(error) === undefined) this.abandon();
      throw statementError(error, step, this.login);
    }
  }

  /** False once an answer has been lost: the server then has ended the session, or ends it with the connection. */
  get isUsable(): boolean {
    return !this.broken;
  }

  private abandon(): void {
    this.broken = true;
    this.driver.destroy();
  }

  async close(): Promise<void> {
    if (this.broken) {
      this.driver.destroy();
      return;
    }
    this.broken = true;
    await this.driver.end().catch(() => {
      this.driver.destroy();
    });
  }
}
