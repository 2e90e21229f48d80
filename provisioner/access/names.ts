import type { Product } from "./server";

export type NameKind = "login" | "role" | "database" | "schema" | "relation" | "column" | "routine" | "type";

/** The ledger's own schema (PostgreSQL) or database (MySQL, MariaDB). */
export const LEDGER_NAME = "db_access";

const principalDenied: Record<"postgresql" | "mysql", RegExp[]> = {
  postgresql: [
    /^rdsadmin$/,
    /^rds_/,
    /^rdsrepladmin$/,
    /^rdstopmgr$/,
    /^rdswriteforwarduser$/,
    /^pg_/,
    /^public$/,
    /^none$/,
    /^current_user$/,
    /^current_role$/,
    /^session_user$/,
  ],
  mysql: [
    /^rdsadmin$/,
    /^rdsrepladmin$/,
    /^rds_/,
    /^mysql\./,
    /^mariadb\./,
    /^root$/,
    /^event_scheduler$/,
    /^aws_.*_access$/,
    /^public$/,
    /^none$/,
    /^current_user$/,
  ],
};

const databaseDenied: Record<"postgresql" | "mysql", RegExp[]> = {
  postgresql: [/^rdsadmin$/, /^template0$/, /^template1$/, /^db_access$/],
  mysql: [/^mysql$/, /^sys$/, /^performance_schema$/, /^information_schema$/, /^innodb$/, /^db_access$/],
};

const schemaDenied = [/^pg_/, /^information_schema$/, /^db_access$/, /^rdsadmin$/];

const forms: Record<NameKind, string> = {
  login: "user name",
  role: "role name",
  database: "database name",
  schema: "schema name",
  relation: "table name",
  column: "column name",
  routine: "routine name",
  type: "type name",
};

const limits: Record<Product, { principal: number; other: number; unit: "bytes" | "characters" }> = {
  postgresql: { principal: 63, other: 63, unit: "bytes" },
  mysql: { principal: 32, other: 64, unit: "characters" },
  // One more is refused with error 1470: tried on 10.11.
  mariadb: { principal: 128, other: 64, unit: "characters" },
};

/** Control and format characters (zero-width, bidirectional marks, byte order mark) and line separators: names that look like other names. */
const invisible = /[\p{Cc}\p{Cf}\u2028\u2029]/u;
const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

const outsideBasicPlane = /[\u{10000}-\u{10ffff}]/u;

export interface NameProblem {
  code: "InvalidInput" | "NameTooLong" | "ReservedName";
  message: string;
}

const shown = (name: string): string => JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);

export const nameLength = (name: string, product: Product): number =>
  limits[product].unit === "bytes" ? Buffer.byteLength(name, "utf8") : [...name].length;

/**
 * Refuses what a server would truncate, reinterpret or reserve. Nothing is sanitised: a name is used as written or
 * not at all. Sources: PostgreSQL NAMEDATALEN, MySQL and MariaDB "Identifier Length Limits".
 */
export function nameProblem(kind: NameKind, name: unknown, product: Product): NameProblem | undefined {
  const form = forms[kind];
  const invalid = (message: string): NameProblem => ({ code: "InvalidInput", message });
  if (typeof name !== "string") return invalid(`The ${form} must be a text, not ${typeof name}.`);
  if (name === "") return invalid(`The ${form} is empty; give it a name.`);
  if (invisible.test(name))
    return invalid(`The ${form} ${shown(name)} has a control or invisible character; remove it.`);
  if (loneSurrogate.test(name))
    return invalid(`The ${form} ${shown(name)} has half of a surrogate pair, which no server can store; remove it.`);
  if (name !== name.normalize("NFC"))
    return invalid(`The ${form} ${shown(name)} is not in Unicode NFC form; use ${shown(name.normalize("NFC"))}.`);
  if (name !== name.trim()) return invalid(`The ${form} ${shown(name)} begins or ends with white space; remove it.`);
  const principal = kind === "login" || kind === "role";
  if (product !== "postgresql" && principal && /['"`\\]/.test(name))
    return invalid(
      `The ${form} ${shown(name)} has a quote or backslash, which changes meaning with the server's sql_mode; remove it.`,
    );
  if (product !== "postgresql" && !principal && /[/\\.]/.test(name) && kind === "database")
    return invalid(`The ${form} ${shown(name)} has one of / \\ . which cannot be granted on reliably; remove it.`);
  if (product !== "postgresql" && outsideBasicPlane.test(name))
    return invalid(
      `The ${form} ${shown(name)} has a character outside of Unicode's basic plane, which the server's own tables cannot store; remove it.`,
    );
  const limit = limits[product];
  const max = principal ? limit.principal : limit.other;
  const length = nameLength(name, product);
  if (length > max)
    return {
      code: "NameTooLong",
      message: `The ${form} ${shown(name)} has ${length} ${limit.unit}; ${productWords(product)} allows ${max}. Shorten it.`,
    };
  const family = product === "postgresql" ? "postgresql" : "mysql";
  const lower = name.toLowerCase();
  const denied = principal
    ? principalDenied[family]
    : kind === "database"
      ? databaseDenied[family]
      : kind === "schema"
        ? schemaDenied
        : [];
  if (denied.some((pattern) => pattern.test(lower)))
    return {
      code: "ReservedName",
      message: `The ${form} ${shown(name)} is reserved by ${lower === LEDGER_NAME ? "db-access itself" : `${productWords(product)} or RDS`}; choose another.`,
    };
  return undefined;
}

/** `%`, an address, a netmask, a CIDR, or a host name; MySQL and MariaDB only. */
export function hostProblem(host: unknown): NameProblem | undefined {
  if (typeof host !== "string" || host === "")
    return { code: "InvalidInput", message: 'A host must be a text such as "%" or "10.0.%"; it is empty.' };
  if (host.length > 255)
    return {
      code: "NameTooLong",
      message: `The host ${shown(host)} has ${host.length} characters; the server allows 255.`,
    };
  if (!/^[A-Za-z0-9.:%_\-/]+$/.test(host))
    return {
      code: "InvalidInput",
      message: `The host ${shown(host)} is not an address, a netmask, a pattern with % or a host name.`,
    };
  return undefined;
}

export const productWords = (product: Product): string =>
  product === "postgresql" ? "PostgreSQL" : product === "mysql" ? "MySQL" : "MariaDB";
