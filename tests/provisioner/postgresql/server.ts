import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { Client } from "pg";

import {
  parseServerSpec,
  startServer,
  type RunningServer,
  type ServerLogin,
  type StartOptions,
} from "../../../local/servers";
import type { Account } from "../../../provisioner/access/account";
import type { Item } from "../../../provisioner/access/item";
import type { Operation } from "../../../provisioner/access/operation";
import type { ReadQuery } from "../../../provisioner/access/server";
import type { ConnectOptions, EngineSession, LedgerQuery } from "../../../provisioner/engines/engine";
import { postgresql } from "../../../provisioner/engines/postgresql";

/** A password as the provisioner makes them: long, and found at once when it leaks into a log. */
export const password = "Vn3kq-Zt8wXy~Lm5pRb2cDf7gHj9sKaQ";

/** One running server for all tests of a file. */
export interface Lab {
  readonly server: RunningServer;
  readonly major: number;
  options(overrides?: Partial<ConnectOptions>): ConnectOptions;
  /** A session that is closed after the test. */
  connect(overrides?: Partial<ConnectOptions>): Promise<EngineSession>;
  /** Somebody's own connection, closed after the test. */
  as(login: ServerLogin, database?: string): Promise<Client>;
  superuser(database?: string): Promise<Client>;
  /** A database of `owner` with the schema `app` and the tables `t` (with a serial) and `u`, all of that owner. */
  database(name: string, owner: string): Promise<void>;
}

export function useServer(version: string, start: Partial<StartOptions> = {}): Lab {
  let folder: string;
  let server: RunningServer | undefined;
  let open: { close(): Promise<unknown> }[] = [];
  const running = (): RunningServer => {
    if (server === undefined) throw new Error("The server has not started.");
    return server;
  };

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "db-access-postgresql-"));
    server = await startServer(parseServerSpec(`postgresql@${version}`), {
      directory: path.join(folder, "server"),
      ...start,
    });
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
      adminDatabase: "postgres",
      ca: [ca],
      cluster: "lab",
      applicationName: "db-access/test",
      deadline: Date.now() + 60_000,
      ...overrides,
    };
  };
  const as = async (login: ServerLogin, database = "postgres"): Promise<Client> => {
    const { host, port, ca } = running();
    const client = new Client({ host, port, ...login, database, ssl: { ca } });
    client.on("error", () => undefined);
    await client.connect();
    open.push({ close: () => client.end() });
    return client;
  };
  const superuser = (database?: string): Promise<Client> => as(running().superuser, database);
  return {
    get server() {
      return running();
    },
    major: Number(version),
    options,
    async connect(overrides) {
      const session = await postgresql.connect(options(overrides));
      open.push(session);
      return session;
    },
    as,
    superuser,
    async database(name, owner) {
      const session = await postgresql.connect(options());
      await run(
        session,
        { op: "createRole", account: { name: owner }, comment: "lab" },
        { op: "createDatabase", database: name },
        { op: "setDatabaseOwner", database: name, owner },
      );
      await run(session, { op: "createSchema", database: name, schema: "app", owner });
      await session.close();
      const client = await superuser(name);
      await client.query(`SET ROLE ${owner}; CREATE TABLE app.t (id serial, b int); CREATE TABLE app.u (id int)`);
    },
  };
}

export const item = (grantee: string, fields: Partial<Item>): Item => ({
  grantee: { name: grantee },
  kind: "table",
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
export const drop = (name: string): Operation => ({ op: "dropPrincipal", account: { name } });

export const createLogin = (name: string, fields: Partial<Operation & { op: "createLogin" }> = {}): Operation => ({
  op: "createLogin",
  account: { name },
  auth: "password",
  attributes: {},
  comment: "lab",
  ...fields,
});

export const createRole = (name: string): Operation => ({ op: "createRole", account: { name }, comment: "lab" });

/** Runs operations with `password` for every account in them. */
export function run(session: EngineSession, ...operations: Operation[]): Promise<string[]> {
  const accounts = operations.flatMap((operation): Account[] => ("account" in operation ? [operation.account] : []));
  return session.run({
    operations,
    verifiers: new Map(accounts.map((account) => [account.name, session.verifier(password)])),
  });
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

/** Items as short lines, sorted: `table app.t SELECT by owner`. */
export const lines = (items: readonly Item[]): string[] =>
  items
    .map((each) => {
      const object = [each.schema, each.object, each.column].filter((part) => part !== "").join(".");
      return `${each.kind} ${object === "" ? each.database : object} ${each.privilege}${each.grantable ? "*" : ""} by ${each.grantor ?? "?"}`;
    })
    .sort();

export async function heldBy(session: EngineSession, name: string, ...databases: string[]): Promise<string[]> {
  return lines((await session.read(readQuery({ names: [name], databases }))).items);
}

/** What nobody but the server's own role has given the provisioner's login: nothing may be left here. */
export async function standingMemberships(client: Client, admin: string): Promise<string[]> {
  const { rows } = await client.query<{ role: string }>(
    `SELECT m.roleid::regrole::text AS role FROM pg_auth_members m
     WHERE m.member = $1::regrole AND m.grantor::regrole::text <> 'rdsadmin'`,
    [admin],
  );
  return rows.map((row) => row.role);
}

export const codeIs =
  (code: string, pattern = /./) =>
  (error: unknown): boolean =>
    error instanceof Error && (error as Error & { code?: string }).code === code && pattern.test(error.message);
