import type { Client, QueryResult } from "pg";

import { assertTime, deadlineExceeded, dial, openingError, type Login, type Reach } from "./dial";
import { toDbAccessError, type ErrorContext } from "./errors";
import { patiently } from "./patience";
import { Preparation, type PreparedText } from "./prepare";

export interface MessageOptions {
  /** For error messages: continues "while …". */
  step: string;
  /** The text carries a verifier. */
  secret?: boolean;
}

export type Rows = Record<string, unknown>[];

/** One statement of a message, and what becomes of the rows it answers with. */
export interface Part {
  text: string;
  answer?(rows: Rows): void;
}

export const part = <Row extends object>(text: string, answer: (rows: Row[]) => void): Part => ({
  text,
  answer: (rows) => answer(rows as Row[]),
});

/** SQLSTATE of the warning that there is no transaction to take back. */
const noTransaction = "25P01";

/** One connection to one database. Nothing is sent after the deadline; what runs then is cut off. */
export class Connection {
  private warnings: string[] = [];
  private lost = false;
  private tookNothingBack = false;

  private constructor(
    private readonly client: Client,
    private readonly reach: Reach,
    readonly database: string,
  ) {
    client.on("notice", (notice) => {
      if (notice.code === noTransaction) this.tookNothingBack = true;
      else if (notice.severity === "WARNING" && notice.message !== undefined) this.warnings.push(notice.message);
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
  async script(text: string, options: MessageOptions): Promise<Rows[]> {
    const results = await this.send(() => this.client.query(text) as Promise<QueryResult | QueryResult[]>, options);
    return (Array.isArray(results) ? results : [results]).map((result) => result.rows as Rows);
  }

  /** Statements in one message. Each gets its rows when all have succeeded. */
  async ask(parts: readonly Part[], options: MessageOptions): Promise<void> {
    if (parts.length === 0) return;
    const results = await this.script(parts.map(({ text }) => text).join(";\n"), options);
    parts.forEach((each, index) => each.answer?.(results[index] ?? []));
  }

  /** Names statements, for EXECUTE in a later message: one message, which runs none of them. */
  async prepare(statements: readonly PreparedText[], options: MessageOptions): Promise<void> {
    await this.send(() => this.client.query(new Preparation(statements)).done, options);
  }

  /**
   * Takes the transaction under way back. Resolves with whether there was one. When this fails too, closing the
   * connection takes it back.
   */
  async rollBack(): Promise<boolean> {
    this.tookNothingBack = false;
    if (this.alive) await this.script("ROLLBACK", { step: "taking a transaction back" }).catch(() => this.close());
    this.warnings = [];
    return !this.tookNothingBack;
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
    const opened = await patiently(this.reach.deadline, () => Connection.open(this.reach, this.login, database));
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

  isOpen(database: string): boolean {
    return this.open.get(database)?.alive === true;
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
