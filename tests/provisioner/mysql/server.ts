import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { createConnection, type Connection, type RowDataPacket } from "mysql2/promise";
import { parseServerSpec, startServer, type RunningServer, type ServerLogin } from "../../../local/servers";
import type { Account } from "../../../provisioner/access/account";
import type { Item } from "../../../provisioner/access/item";
import type { Operation } from "../../../provisioner/access/operation";
import type { ReadQuery } from "../../../provisioner/access/server";
import type { ConnectOptions, EngineSession, LedgerQuery } from "../../../provisioner/engines/engine";
import { mysql } from "../../../provisioner/engines/mysql";

/** A password as the provisioner makes them: long, and found at once when it leaks into a log. */
export const password = "Vn3kq-Zt8wXy~Lm5pRb2cDf7gHj9sKaQ";

/** One running server for all tests of a file. */
export interface Lab {
  server: RunningServer;
  options(overrides?: Partial<ConnectOptions>): ConnectOptions;
  /** A session that is closed after the test. */
  connect(overrides?: Partial<ConnectOptions>): Promise<EngineSession>;
  /** Somebody's own connection, closed after the test. */
  as(login: ServerLogin, tls?: boolean): Promise<Connection>;
  isMariaDb: boolean;
  /** A role of that name. */
  role(name: string): Account;
}

export function useServer(spec: string): Lab {
  let folder: string;
  let server: RunningServer | undefined;
  let open: { close(): Promise<unknown> }[] = [];
  const running = (): RunningServer => {
    if (server === undefined) throw new Error("The server has not started.");
    return server;
  };

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "db-access-mysql-"));
    server = await startServer(parseServerSpec(spec), { directory: path.join(folder, "server") });
  });
  afterEach(async () => {
    await Promise.all(open.map((each) => each.close()));
    open = [];
  });
  after(async () => {
    await server?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  const options = (overrides: Partial<ConnectOptions> = {}): ConnectOptions => {
    const { host, port, admin, ca } = running();
    return {
      host,
      port,
      username: admin.user,
      password: admin.password,
      adminDatabase: "",
      ca: [ca],
      cluster: "lab",
      applicationName: "db-access/test",
      deadline: Date.now() + 60_000,
      ...overrides,
    };
  };
  const isMariaDb = spec.startsWith("mariadb");
  return {
    get server() {
      return running();
    },
    options,
    async connect(overrides) {
      const session = await mysql.connect(options(overrides));
      open.push(session);
      return session;
    },
    async as(login, tls = true) {
      const { host, port, ca } = running();
      const ssl = tls ? { ssl: { ca, verifyIdentity: true } } : {};
      const connection = await createConnection({ host, port, ...login, ...ssl });
      connection.on("error", () => undefined);
      open.push({ close: () => connection.end().catch(() => undefined) });
      return connection;
    },
    isMariaDb,
    role: (name) => ({ name, host: isMariaDb ? "" : "%" }),
  };
}

export const everywhere = (name: string): Account => ({ name, host: "%" });

export const item = (grantee: Account, fields: Partial<Item>): Item => ({
  grantee,
  kind: "database",
  database: "",
  schema: "",
  object: "",
  column: "",
  privilege: "SELECT",
  grantable: false,
  ...fields,
});

export const grant = (...items: Item[]): Operation => ({ op: "grant", items });
export const revoke = (...items: Item[]): Operation => ({ op: "revoke", items, cascade: false });
export const revokeOption = (...items: Item[]): Operation => ({ op: "revokeGrantOption", items, cascade: false });

export const createLogin = (account: Account, fields: Partial<Operation & { op: "createLogin" }> = {}): Operation => ({
  op: "createLogin",
  account,
  auth: "password",
  attributes: { requireTls: true },
  comment: "lab",
  ...fields,
});

/** Runs operations with `password` for every account in them. */
export function run(session: EngineSession, ...operations: Operation[]): Promise<string[]> {
  const accounts = operations.flatMap((operation) => ("account" in operation ? [operation.account] : []));
  const verifiers = new Map(
    accounts.map((account) => [`${account.name}\u0000${account.host ?? ""}`, session.verifier(password)]),
  );
  return session.run({ operations, verifiers });
}

export const readQuery = (fields: Partial<ReadQuery>): ReadQuery => ({
  names: [],
  databases: [],
  schemas: [],
  ownersOf: [],
  ...fields,
});

export const ledgerQuery = (fields: Partial<LedgerQuery>): LedgerQuery => ({
  ids: [],
  idPrefixes: [],
  owners: [],
  grantees: [],
  ...fields,
});

/** Items of all accounts of the names as short lines, sorted: `database orders SELECT`. */
export async function heldBy(session: EngineSession, ...names: string[]): Promise<string[]> {
  return linesOf((await session.read(readQuery({ names }))).items);
}

/** Items of one account. */
export async function heldAt(session: EngineSession, account: Account): Promise<string[]> {
  const { items } = await session.read(readQuery({ names: [account.name] }));
  return linesOf(items.filter((each) => each.grantee.host === account.host));
}

const linesOf = (items: Item[]): string[] =>
  items
    .map((each) =>
      [
        each.kind,
        each.database,
        each.object,
        each.column,
        each.privilege,
        each.grantable ? "grantable" : "",
        each.options?.default === true ? "default" : "",
        each.absent === true ? "absent" : "",
      ]
        .filter((part) => part !== "")
        .join(" "),
    )
    .sort();

export async function rows(connection: Connection, sql: string, values: string[] = []): Promise<RowDataPacket[]> {
  const [result] = await connection.query<RowDataPacket[]>(sql, values);
  return result;
}

export const codeIs =
  (code: string, pattern = /./) =>
  (error: unknown): boolean =>
    error instanceof Error && (error as Error & { code?: string }).code === code && pattern.test(error.message);
