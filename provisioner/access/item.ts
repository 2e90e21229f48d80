import { accountKey, type Account } from "./account";

export type ItemKind =
  | "global"
  | "database"
  | "schema"
  | "table"
  | "column"
  | "sequence"
  | "routine"
  | "type"
  | "largeObject"
  | "parameter"
  | "default"
  | "role";

/** The object classes that default privileges know. */
export type DefaultClass = "tables" | "sequences" | "functions" | "types" | "schemas" | "largeObjects";

/**
 * One privilege of one grantee on one object, as the server has it. The unit of everything: wanted, recorded and
 * actual are sets of these. Fields that a kind does not have are empty strings, so that the key is total.
 */
export interface Item {
  grantee: Account;
  kind: ItemKind;
  database: string;
  /** PostgreSQL only. For `default`: the schema, or empty for a global default privilege. */
  schema: string;
  /**
   * Table, sequence, routine signature (MySQL, MariaDB: `FUNCTION name`) …; for `default` its `DefaultClass`; for
   * `role` the granted role's name. A hand-made wildcard row of MySQL has `pattern` here and the pattern as database.
   */
  object: string;
  column: string;
  /** Upper case, as the server spells it. A membership is `MEMBER`. */
  privilege: string;
  /** WITH GRANT OPTION, or ADMIN for a membership. */
  grantable: boolean;
  /** `default` only: the role whose future objects are meant. */
  creator?: string;
  /** Memberships only. PostgreSQL 16+: `inherit`, `set`. MySQL, MariaDB: `default` (active at login). */
  options?: MembershipOptions;
  /** As read from the server; absent in what is wanted. */
  grantor?: string;
  /**
   * The opposite: the grantee does not hold it, although it would by default. Held by PUBLIC on PostgreSQL when there
   * is no such entry, and by an account on MySQL as a partial revoke.
   */
  absent?: true;
}

export interface MembershipOptions {
  inherit?: boolean;
  set?: boolean;
  default?: boolean;
}

const segment = (text: string): string => encodeURIComponent(text);

/** What an item is about, without how it is held (grant option, options, grantor). */
export const itemKey = (item: Item): string =>
  [
    accountKey(item.grantee),
    item.kind,
    item.database,
    item.schema,
    item.object,
    item.column,
    item.creator ?? "",
    item.privilege,
    ...(item.absent === true ? ["absent"] : []),
  ]
    .map(segment)
    .join("/");

/** The same privilege the other way round. */
export function opposite({ absent, ...item }: Item): Item {
  return absent === true ? item : { ...item, absent: true };
}

/** The object an item is about, without grantee and privilege: what one GRANT statement can name. */
export const objectKey = (item: Item): string =>
  [item.kind, item.database, item.schema, item.object, item.creator ?? ""].map(segment).join("/");
