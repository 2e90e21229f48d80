import { accountKey, type Account } from "./account";
import type { Limits } from "./claims";
import type { Item } from "./item";

export type Family = "postgresql" | "mysql";
export type Product = "postgresql" | "mysql" | "mariadb";

/** What a session learns about its server before anything else. */
export interface ServerFacts {
  family: Family;
  product: Product;
  /** For people: `17.10`, `8.0.31`, `10.11.14`. */
  version: string;
  /** Comparable: major * 10000 + minor * 100 + patch (PostgreSQL: server_version_num). */
  versionNumber: number;
  /** The provisioner's own login. */
  admin: Account;
  /** PostgreSQL: the database with the ledger. */
  adminDatabase: string;
  /** The server refuses connections without TLS (`rds.force_ssl`, `require_secure_transport`). */
  forcesTls: boolean;
  /** `rds_iam` exists and the admin may grant it, or the AWS authentication plugin is active. */
  iamAvailable: boolean;
  /** MySQL: `_` and `%` are literal in database-level grants. */
  partialRevokes?: boolean;
  /** MySQL, MariaDB: table and database names are stored in lower case. */
  lowerCaseTableNames?: number;
  /** MySQL: caching_sha2_password is active. MariaDB: false, native password is used. */
  cachingSha2?: boolean;
  /** MySQL: an account can have two passwords. */
  dualPasswords?: boolean;
  /** Limit of a login's or role's name: 63 bytes, 32 or 128 characters. */
  maxNameLength: number;
}

export type AuthState = "password" | "iam" | "none" | "other";

/** One role (PostgreSQL) or one account (MySQL, MariaDB), as the server has it. */
export interface AccountState {
  account: Account;
  /** Can it log in at all: LOGIN on PostgreSQL, not a role on MySQL and MariaDB. A locked account on MySQL still is a login. */
  login: boolean;
  auth: AuthState;
  /** NOLOGIN of a principal that has a password (PostgreSQL cannot tell: equals `!login`), ACCOUNT LOCK elsewhere. */
  locked: boolean;
  requireTls: boolean;
  /** -1 (PostgreSQL) and 0 (MySQL) are read as null: no limit. */
  connectionLimit: number | null;
  /** PostgreSQL: ISO time in UTC, or null for never. */
  validUntil: string | null;
  /** MySQL, MariaDB: days, 0 for never, null for the server's default. */
  passwordExpires: number | null;
  /** MySQL: from the server. */
  passwordLastChanged?: string;
  /** Superuser, SYSTEM_USER, replication and the like: never touched. */
  system: boolean;
  /** The provisioner's login may alter and drop it (PostgreSQL 16+: ADMIN on it). */
  administrable: boolean;
  /** MySQL, MariaDB: what is stored, hex. Never leaves the function. */
  storedVerifier?: string;
  /** MySQL: the same of the second password that is valid, if there is one. */
  secondVerifier?: string;
  /** MySQL, MariaDB: 0 for no limit. */
  limits?: Required<Limits>;
  /** PostgreSQL: defaults of its sessions. */
  settings?: Record<string, string>;
}

export interface OwnedObject {
  database: string;
  /** For people: `table public.orders`, `schema app`, `database orders`. */
  words: string;
  /** MySQL, MariaDB: the host of the definer; a role's is empty. */
  host?: string;
}

export interface PrincipalState {
  name: string;
  /** PostgreSQL: exactly one. MySQL: one per host. */
  accounts: AccountState[];
  /** What blocks a drop, in every database: owned objects (PostgreSQL), definers (MySQL). Read only for removals. */
  owns?: OwnedObject[];
}

export interface DatabaseState {
  name: string;
  /** PostgreSQL: the owner role. */
  owner?: string;
  charset?: string;
  /** The provisioner's login can enter it. */
  connectable: boolean;
  /** PostgreSQL: see `SchemaState.fixedForPublic`, for CONNECT. */
  fixedForPublic?: boolean;
}

export interface SchemaState {
  database: string;
  name: string;
  owner: string;
  /**
   * A superuser owns it, so that nobody of ours can grant on it, and PUBLIC has USAGE: what `reach` would claim is
   * there for everybody. So is schema `public` on PostgreSQL 13 and 14.
   */
  fixedForPublic?: boolean;
}

export type RelationKind =
  | "table"
  | "view"
  | "materializedView"
  | "partitionedTable"
  | "foreignTable"
  | "sequence"
  | "routine"
  | "type"
  | "largeObject";

export interface RelationState {
  database: string;
  schema: string;
  /** A routine's signature, `total(integer)`; MySQL, MariaDB: `FUNCTION total`. A large object's oid. */
  name: string;
  kind: RelationKind;
  /** PostgreSQL only. */
  owner?: string;
  /** PostgreSQL: nobody of ours can grant on it, because the login can never act for its owner. A sentence that says why. */
  barred?: string;
  /** PostgreSQL, sequences: the table whose column owns it. */
  ownedByTable?: string;
  /** Its columns, where they were asked for. */
  columns?: string[];
}

/** One reading of the server: everything a batch of claims needs to be planned. */
export interface ServerState {
  principals: Map<string, PrincipalState>;
  databases: Map<string, DatabaseState>;
  /** Key: `schemaKey`. */
  schemas: Map<string, SchemaState>;
  relations: RelationState[];
  /** Every privilege of the named grantees, at least in the named databases, plus their memberships. */
  items: Item[];
  /** PostgreSQL 15 and newer: what the provisioner's login may pass on, by parameter asked for. */
  parameters?: Map<string, string[]>;
  /** MySQL, MariaDB: what the provisioner's login may pass on of the server's own privileges, where asked for. */
  grantableGlobals?: string[];
  /** MariaDB: the provisioner's login may say which role another account has active at login, where asked for. */
  setsDefaultRoles?: boolean;
}

export const schemaKey = (database: string, schema: string): string => `${database}\u0000${schema}`;

/** What a batch asks a session to read. */
export interface ReadQuery {
  /** Login and role names; on MySQL all their accounts. `PUBLIC` reads what PUBLIC holds. */
  names: string[];
  databases: string[];
  /** Schemas whose objects are needed. */
  schemas: SchemaQuery[];
  /** Names whose owned objects or definers are needed, in every database: they are about to be dropped. */
  ownersOf: string[];
  /** Tables whose columns are needed. */
  columnsOf?: { database: string; schema: string; table: string }[];
  /** PostgreSQL. */
  largeObjects?: { database: string; oid: number }[];
  /** PostgreSQL: parameters of which it matters what the provisioner's login may pass on. */
  parameters?: string[];
  /** MySQL, MariaDB: it matters what the provisioner's login may pass on of the server's own privileges. */
  globals?: boolean;
  /** MariaDB: it matters whether the provisioner's login may set other accounts' default roles. */
  defaultRoles?: boolean;
}

/** Tables, views and sequences of a schema. On MySQL and MariaDB `schema` is empty: the database's. */
export interface SchemaQuery {
  database: string;
  /** PostgreSQL: empty for every schema that is not the system's. */
  schema: string;
  routines?: boolean;
  types?: boolean;
}

export const findAccount = (state: ServerState, account: Account): AccountState | undefined =>
  state.principals.get(account.name)?.accounts.find((known) => accountKey(known.account) === accountKey(account));
