import type { TargetKind } from "./claims";
import type { Product } from "./server";

/** A privilege and the first version that has it (comparable number, see `ServerFacts.versionNumber`). */
interface Known {
  name: string;
  since?: number;
  /** Not part of `ALL`: granted only by name. */
  byNameOnly?: boolean;
}

const plain = (...names: string[]): Known[] => names.map((name) => ({ name }));

/** Sources: PostgreSQL "Privileges" (5.8); MySQL 8.0 "Privileges Provided by MySQL"; MariaDB "GRANT". */
const postgresql: Record<Exclude<TargetKind, "role">, Known[]> = {
  database: plain("CONNECT", "CREATE", "TEMPORARY"),
  schema: plain("CREATE", "USAGE"),
  tables: [
    ...plain("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"),
    { name: "MAINTAIN", since: 170000 },
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

const mysql: Record<Exclude<TargetKind, "role" | "schema">, Known[]> = { database: mysqlDatabase, tables: mysqlTable };

// The admin of RDS for MariaDB does not hold it, so an ALL with it could be granted nowhere.
const deleteHistory: Known = { name: "DELETE HISTORY", byNameOnly: true };

const mariadb: typeof mysql = {
  database: [...mysqlDatabase, deleteHistory],
  tables: [...mysqlTable, deleteHistory],
};

const aliases: Record<string, string> = {
  TEMP: "TEMPORARY",
  "ALL PRIVILEGES": "ALL",
  "DELETE VERSIONING ROWS": "DELETE HISTORY",
};

/** Upper case, single spaces, aliases resolved. */
export const canonicalPrivilege = (privilege: string): string => {
  const upper = privilege.trim().replace(/\s+/g, " ").toUpperCase();
  return aliases[upper] ?? upper;
};

const known = (product: Product, kind: TargetKind): Known[] => {
  if (kind === "role") return [];
  if (product === "postgresql") return postgresql[kind];
  if (kind === "schema") return [];
  return (product === "mysql" ? mysql : mariadb)[kind];
};

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
  const named = privileges.map(canonicalPrivilege);
  const byNameOnly = known(product, kind).filter((privilege) => privilege.byNameOnly === true);
  const all = privilegesOf(product, kind, versionNumber).filter(
    (name) => !byNameOnly.some((privilege) => privilege.name === name),
  );
  return [...new Set(named.flatMap((name) => (name === "ALL" ? all : [name])))].sort();
}
