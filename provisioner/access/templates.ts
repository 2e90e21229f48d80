import type { TargetKind } from "./claims";
import type { Product } from "./server";

const admin = [
  "SELECT",
  "INSERT",
  "UPDATE",
  "DELETE",
  "CREATE",
  "REFERENCES",
  "INDEX",
  "ALTER",
  "CREATE TEMPORARY TABLES",
  "CREATE VIEW",
  "SHOW VIEW",
  "CREATE ROUTINE",
  "ALTER ROUTINE",
  "EXECUTE",
  "EVENT",
  "TRIGGER",
];

/** On MySQL and MariaDB a template is a set of database-level privileges, exactly as the mission lists them. */
const mysql: Record<string, string[]> = {
  read: ["SELECT"],
  readonly: ["SELECT"],
  write: ["SELECT", "INSERT", "UPDATE"],
  readwrite: ["SELECT", "INSERT", "UPDATE", "DELETE"],
  admin,
  trusted_admin: ["ALL"],
};

/** On PostgreSQL a template is a set of table privileges; schema usage and sequences come with `reach`. */
const postgresql: Record<string, string[]> = {
  read: ["SELECT"],
  readonly: ["SELECT"],
  write: ["SELECT", "INSERT", "UPDATE"],
  readwrite: ["SELECT", "INSERT", "UPDATE", "DELETE"],
  admin: ["SELECT", "INSERT", "UPDATE", "DELETE", "REFERENCES", "TRIGGER"],
  trusted_admin: ["ALL"],
};

export const templateNames: readonly string[] = Object.keys(mysql);

/** The privileges of a template on a target, or undefined where the template has no meaning there. */
export function templatePrivileges(product: Product, kind: TargetKind, template: string): string[] | undefined {
  if (product === "postgresql") return kind === "tables" ? postgresql[template] : undefined;
  if (kind === "database") return mysql[template];
  // Table level lacks what exists on a database only; the admin template would silently be less than it says.
  return kind === "tables" && template !== "admin" ? mysql[template] : undefined;
}
