import type { TargetKind } from "./claims";
import { globalPrivileges } from "./global-privileges";
import type { Product } from "./server";

/** A privilege and the first version that has it (comparable number, see `ServerFacts.versionNumber`). */
interface Known {
  name: string;
  since?: number;
  /** Not part of `ALL`: granted only by name. */
  byNameOnly?: boolean;
}

type KnownByKind = Partial<Record<TargetKind, Known[]>>;

const plain = (...names: string[]): Known[] => names.map((name) => ({ name }));

/** Sources: PostgreSQL "Privileges" (5.8); MySQL 8.0 "Privileges Provided by MySQL"; MariaDB "GRANT". */
const postgresql: KnownByKind = {
  database: plain("CONNECT", "CREATE", "TEMPORARY"),
  schema: plain("CREATE", "USAGE"),
  tables: [
    ...plain("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"),
    { name: "MAINTAIN", since: 170000 },
  ],
  columns: plain("SELECT", "INSERT", "UPDATE", "REFERENCES"),
  sequences: plain("SELECT", "UPDATE", "USAGE"),
  routines: plain("EXECUTE"),
  types: plain("USAGE"),
  largeObjects: plain("SELECT", "UPDATE"),
  parameters: [
    { name: "SET", since: 150000 },
    { name: "ALTER SYSTEM", since: 150000 },
  ],
};

const mysqlTable = plain(
  "SELECT",
  "INSERT",
  "UPDATE",
  "DELETE",
  "CREATE",
  "DROP",
  "REFERENCES",
  "INDEX",
  "ALTER",
  "CREATE VIEW",
  "SHOW VIEW",
  "TRIGGER",
);
const mysqlDatabase = [
  ...mysqlTable,
  ...plain("CREATE TEMPORARY TABLES", "LOCK TABLES", "EXECUTE", "CREATE ROUTINE", "ALTER ROUTINE", "EVENT"),
];

const mysql: KnownByKind = {
  database: mysqlDatabase,
  tables: mysqlTable,
  columns: plain("SELECT", "INSERT", "UPDATE", "REFERENCES"),
  routines: plain("EXECUTE", "ALTER ROUTINE"),
};

// The admin of RDS for MariaDB does not hold it, so an ALL with it could be granted nowhere.
const deleteHistory: Known = { name: "DELETE HISTORY", byNameOnly: true };

const mariadb: KnownByKind = {
  ...mysql,
  database: [...mysqlDatabase, deleteHistory],
  tables: [...mysqlTable, deleteHistory],
};

const aliases: Record<string, string> = {
  TEMP: "TEMPORARY",
  "ALL PRIVILEGES": "ALL",
  "DELETE VERSIONING ROWS": "DELETE HISTORY",
};

/** MariaDB 10.5 renamed them; the old words are still understood. */
const mariadbAliases: Record<string, string> = {
  "REPLICATION CLIENT": "BINLOG MONITOR",
  "REPLICATION REPLICA": "REPLICATION SLAVE",
  "REPLICA MONITOR": "SLAVE MONITOR",
  "REPLICATION REPLICA ADMIN": "REPLICATION SLAVE ADMIN",
};

/** Upper case, single spaces, aliases resolved. */
export const canonicalPrivilege = (privilege: string): string => {
  const upper = privilege.trim().replace(/\s+/g, " ").toUpperCase();
  return aliases[upper] ?? upper;
};

const ofProduct = (product: Product, privilege: string): string =>
  product === "mariadb" ? (mariadbAliases[privilege] ?? privilege) : privilege;

function known(product: Product, kind: TargetKind): Known[] {
  if (kind === "global") return product === "postgresql" ? [] : plain(...globalPrivileges(product));
  const byKind = product === "postgresql" ? postgresql : product === "mysql" ? mysql : mariadb;
  return byKind[kind] ?? [];
}

/** Whether the product has targets of this kind at all. */
export const hasTargetKind = (product: Product, kind: TargetKind): boolean =>
  kind === "role" || known(product, kind).length > 0;

/** Every privilege the target kind has on this product and version; without a version, on any version. */
export const privilegesOf = (product: Product, kind: TargetKind, versionNumber?: number): string[] =>
  known(product, kind)
    .filter(
      (privilege) => versionNumber === undefined || privilege.since === undefined || versionNumber >= privilege.since,
    )
    .map((privilege) => privilege.name);

/** The version a privilege came with, when the server at hand is too old for it. */
export const sinceOf = (product: Product, kind: TargetKind, privilege: string): number | undefined =>
  known(product, kind).find((candidate) => candidate.name === privilege)?.since;

/** `ALL` becomes the exact list of the server's version, so that state can be compared. Sorted, no doubles. */
export function expandPrivileges(
  product: Product,
  kind: TargetKind,
  privileges: readonly string[],
  versionNumber: number,
): string[] {
  const named = privileges.map((privilege) => ofProduct(product, canonicalPrivilege(privilege)));
  const byNameOnly = known(product, kind).filter((privilege) => privilege.byNameOnly === true);
  const all = privilegesOf(product, kind, versionNumber).filter(
    (name) => !byNameOnly.some((privilege) => privilege.name === name),
  );
  return [...new Set(named.flatMap((name) => (name === "ALL" ? all : [name])))].sort();
}
