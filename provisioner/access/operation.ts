import type { Account } from "./account";
import type { Limits } from "./claims";
import type { Item } from "./item";

/** Attributes of a login. Only what is present is set. */
export interface LoginAttributes {
  /** null: no limit. */
  connectionLimit?: number | null;
  /** PostgreSQL: ISO time, or null for never. */
  validUntil?: string | null;
  /** MySQL, MariaDB: days, 0 for never, null for the server's default. */
  passwordExpires?: number | null;
  /** MySQL, MariaDB. */
  requireTls?: boolean;
  locked?: boolean;
  /** MySQL, MariaDB: 0 for no limit. */
  limits?: Required<Limits>;
  /** PostgreSQL: null takes the setting away. */
  settings?: Record<string, string | null>;
}

/**
 * What a plan is made of. Neutral of the engine's SQL: each engine turns an operation into its statements. The order
 * within a claim is the order of execution.
 */
export type Operation =
  /** `comment` is the short ownership note for people (role comment, user ATTRIBUTE); ignored where there is no place. */
  | { op: "createLogin"; account: Account; auth: "password" | "iam"; attributes: LoginAttributes; comment: string }
  | { op: "createRole"; account: Account; comment: string }
  | { op: "alterLogin"; account: Account; attributes: LoginAttributes }
  /** Takes its verifier from the unit; on MySQL without RETAIN and with the secondary password discarded. */
  | { op: "setPassword"; account: Account }
  /** MySQL: as `setPassword`, and the password so far stays valid beside the new one. */
  | { op: "addPassword"; account: Account }
  /** MySQL: ends what `addPassword` has left valid. Nothing to end is no error. */
  | { op: "discardPassword"; account: Account }
  /** Converts in one step; to `password` it takes its verifier from the unit, so that no moment is without a login. */
  | { op: "setAuth"; account: Account; auth: "password" | "iam" }
  /** Refuses new logins and ends the sessions of the account; part of a drop or a lock. */
  | { op: "lockLogin"; account: Account }
  | { op: "endSessions"; account: Account }
  /** PostgreSQL: everything it owns, in every database, gets another owner. */
  | { op: "reassignOwned"; account: Account; to: string }
  /** PostgreSQL: everything it owns, in every database, is dropped. */
  | { op: "dropOwned"; account: Account }
  /** MySQL, MariaDB: one account of a login at another host; keeps password, attributes and privileges. */
  | { op: "renameAccount"; account: Account; to: Account }
  | { op: "dropPrincipal"; account: Account }
  | { op: "createDatabase"; database: string; charset?: string }
  /** PostgreSQL. In a transaction of its own with a transactional membership in `owner`. */
  | { op: "setDatabaseOwner"; database: string; owner: string }
  | { op: "dropDatabase"; database: string }
  | { op: "createSchema"; database: string; schema: string; owner?: string }
  | { op: "setSchemaOwner"; database: string; schema: string; owner: string }
  | { op: "dropSchema"; database: string; schema: string }
  /** An item that is held without its grant option is granted again with it. */
  | { op: "grant"; items: Item[] }
  | { op: "revoke"; items: Item[]; cascade: boolean }
  /** Takes the grant option and leaves the privilege. */
  | { op: "revokeGrantOption"; items: Item[]; cascade: boolean };

/** The database an operation has to run in, or undefined for the cluster as a whole. */
export function databaseOf(operation: Operation): string | undefined {
  switch (operation.op) {
    case "createSchema":
    case "setSchemaOwner":
    case "dropSchema":
      return operation.database;
    case "grant":
    case "revoke":
    case "revokeGrantOption": {
      const inside = operation.items.find((item) => !isClusterWide(item));
      return inside?.database;
    }
    default:
      return undefined;
  }
}

/** Those that take a verifier: with them an account gets its password. */
export const carriesPassword = (
  operation: Operation,
): operation is Extract<Operation, { op: "createLogin" | "setPassword" | "setAuth" }> =>
  operation.op === "setPassword" ||
  ((operation.op === "createLogin" || operation.op === "setAuth") && operation.auth === "password");

/** Database and role privileges are granted from any database. */
export const isClusterWide = (item: Item): boolean =>
  item.kind === "database" || item.kind === "role" || item.kind === "global" || item.kind === "parameter";
