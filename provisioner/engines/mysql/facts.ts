import type { Account } from "../../access/account";
import type { ServerFacts } from "../../access/server";
import { DbAccessError } from "../../errors";
import type { Connection, Row } from "./connection";
import { readOnlyError } from "./errors";

/** What the statements depend on, besides what every engine tells. */
export interface MySqlFacts extends ServerFacts {
  product: "mysql" | "mariadb";
  partialRevokes: boolean;
  lowerCaseTableNames: number;
  cachingSha2: boolean;
}

export const isMariaDb = (facts: MySqlFacts): boolean => facts.product === "mariadb";

/** Oldest servers whose statements were tried: ATTRIBUTE came with 8.0.21, and 10.11 is the oldest MariaDB RDS keeps. */
const oldest = { mysql: 80021, mariadb: 101100 };

/**
 * The session's own settings, so that quoting does not depend on the server's. MariaDB without NO_AUTO_CREATE_USER
 * lets GRANT create an account that has no password; MySQL 8 does not know the mode any more.
 */
const settings =
  "SET NAMES utf8mb4, " +
  "SESSION sql_mode = CONCAT('STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION' /*M!100000 , ',NO_AUTO_CREATE_USER' */), " +
  "SESSION lock_wait_timeout = 10, SESSION time_zone = '+00:00', SESSION autocommit = 1";

/** MariaDB skips comments with MySQL's version numbers, so one text serves both; the other way round they say `M`. */
const question =
  "SELECT VERSION() AS version, CURRENT_USER() AS admin, @@read_only AS readOnly, " +
  "@@innodb_read_only AS storageReadOnly, @@lower_case_table_names AS lowerCase, " +
  "@@require_secure_transport AS forcesTls, /*!80016 @@partial_revokes AS partialRevokes, */ " +
  "(SELECT GROUP_CONCAT(PLUGIN_NAME) FROM information_schema.PLUGINS WHERE PLUGIN_STATUS = 'ACTIVE' " +
  "AND PLUGIN_NAME IN ('caching_sha2_password', 'AWSAuthenticationPlugin')) AS plugins";

const text = (row: Row, key: string): string => String(row[key] ?? "");
const on = (row: Row, key: string): boolean => text(row, key) === "1" || text(row, key) === "ON";

/** `'u'@'h'` as CURRENT_USER() writes it, without quotes: a host has no `@`. */
export function parseAccount(written: string): Account {
  const at = written.lastIndexOf("@");
  return at < 0 ? { name: written, host: "" } : { name: written.slice(0, at), host: written.slice(at + 1) };
}

export function parseVersion(written: string): { product: "mysql" | "mariadb"; version: string; number: number } {
  const [, major = "0", minor = "0", patch = "0"] = /(\d+)\.(\d+)\.(\d+)/.exec(written) ?? [];
  return {
    product: /mariadb/i.test(written) ? "mariadb" : "mysql",
    version: `${major}.${minor}.${patch}`,
    number: Number(major) * 10000 + Number(minor) * 100 + Number(patch),
  };
}

function refuseOld(product: "mysql" | "mariadb", version: string, number: number): void {
  if (number >= oldest[product]) return;
  throw new DbAccessError(
    "NotSupported",
    product === "mysql"
      ? `MySQL ${version} is too old: MySQL 8.0.21 or newer, or Aurora MySQL 3, is needed.`
      : `MariaDB ${version} is too old: MariaDB 10.11 or newer is needed.`,
  );
}

/** Prepares the session and asks what the rest depends on: three messages. */
export async function readFacts(connection: Connection): Promise<MySqlFacts> {
  const [cipher] = await connection.rows("checking the encryption", "SHOW SESSION STATUS LIKE 'Ssl_cipher'");
  if (cipher === undefined || text(cipher, "Value") === "")
    throw new DbAccessError("TlsUnavailable", "The server says that this connection is not encrypted.");
  await connection.run("preparing the session", settings);
  return factsOf(await askFacts(connection));
}

/** Refuses a server that is too old, or that is not the writer. */
export function factsOf(row: Row): MySqlFacts {
  const { product, version, number } = parseVersion(text(row, "version"));
  refuseOld(product, version, number);
  if (on(row, "readOnly") || on(row, "storageReadOnly")) throw readOnlyError();
  const plugins = text(row, "plugins").split(",");
  const cachingSha2 = product === "mysql" && plugins.includes("caching_sha2_password");
  return {
    family: "mysql",
    product,
    version,
    versionNumber: number,
    admin: parseAccount(text(row, "admin")),
    adminDatabase: "",
    forcesTls: on(row, "forcesTls"),
    iamAvailable: plugins.includes("AWSAuthenticationPlugin"),
    partialRevokes: on(row, "partialRevokes"),
    lowerCaseTableNames: Number(row.lowerCase),
    cachingSha2,
    // Older servers than 8.0.14, which know one password only, are refused above. CREATE USER is all that it needs.
    dualPasswords: cachingSha2,
    maxNameLength: product === "mysql" ? 32 : 128,
  };
}

async function askFacts(connection: Connection): Promise<Row> {
  try {
    const [row] = await connection.rows("reading the server's facts", question);
    if (row !== undefined) return row;
  } catch (error) {
    // Unknown system variable: what is asked for exists on every supported server.
    if (!(error instanceof DbAccessError) || error.serverCode !== "1193") throw error;
  }
  throw new DbAccessError("NotSupported", "This server is too old: MySQL 8.0.21 or MariaDB 10.11 is needed.");
}
