import type { AccountState, AuthState } from "../../access/server";
import type { Connection, Row } from "./connection";
import { isMariaDb, type MySqlFacts } from "./facts";
import { isReserved } from "./system";

const mysqlQuestion = `
SELECT u.User AS name, u.Host AS host, u.plugin AS plugin, HEX(u.authentication_string) AS storedForm,
  u.ssl_type <> '' AS requiresTls, u.account_locked = 'Y' AS isLocked, u.password_expired = 'Y' AS isExpired,
  u.password_lifetime AS lifetimeDays, u.password_last_changed AS changedAt, u.max_user_connections AS connectionLimit,
  u.Super_priv = 'Y' OR EXISTS (SELECT 1 FROM mysql.global_grants g
    WHERE g.USER = u.User AND g.HOST = u.Host AND g.PRIV = 'SYSTEM_USER') AS isPowerful, 0 AS isRole
FROM mysql.user u WHERE u.User IN (?)`;

/** mysql.user is a view there and leaves out the lock and the lifetime. */
const mariadbQuestion = `
SELECT g.User AS name, g.Host AS host, JSON_VALUE(g.Priv, '$.plugin') AS plugin,
  HEX(JSON_VALUE(g.Priv, '$.authentication_string')) AS storedForm,
  COALESCE(JSON_VALUE(g.Priv, '$.ssl_type'), 0) > 0 AS requiresTls,
  COALESCE(JSON_VALUE(g.Priv, '$.account_locked'), 0) = 1 AS isLocked, 0 AS isExpired,
  NULLIF(JSON_VALUE(g.Priv, '$.password_lifetime'), -1) AS lifetimeDays,
  FROM_UNIXTIME(JSON_VALUE(g.Priv, '$.password_last_changed')) AS changedAt,
  COALESCE(JSON_VALUE(g.Priv, '$.max_user_connections'), 0) AS connectionLimit,
  CAST(COALESCE(JSON_VALUE(g.Priv, '$.access'), 0) AS UNSIGNED) & 32768 <> 0 AS isPowerful,
  COALESCE(JSON_VALUE(g.Priv, '$.is_role'), 0) = 1 AS isRole
FROM mysql.global_priv g WHERE g.User IN (?)`;

const passwordPlugins = new Set([
  "caching_sha2_password",
  "mysql_native_password",
  "sha256_password",
  "mysql_old_password",
  "ed25519",
  "parsec",
  "",
]);

function authOf(row: Row, role: boolean): AuthState {
  if (role) return "none";
  const plugin = String(row.plugin ?? "");
  if (plugin === "AWSAuthenticationPlugin") return "iam";
  if (!passwordPlugins.has(plugin)) return "other";
  return String(row.storedForm ?? "") === "" ? "none" : "password";
}

function toState(row: Row, facts: MySqlFacts): AccountState {
  const account = { name: String(row.name), host: String(row.host) };
  const stored = String(row.storedForm ?? "");
  // A role of MySQL is an account that nobody can use: locked, expired and without a password.
  const role = isMariaDb(facts) ? row.isRole === 1 : row.isLocked === 1 && row.isExpired === 1 && stored === "";
  const system = row.isPowerful === 1 || isReserved(account, facts);
  return {
    account,
    login: !role,
    auth: authOf(row, role),
    locked: !role && row.isLocked === 1,
    requireTls: row.requiresTls === 1,
    connectionLimit: Number(row.connectionLimit) === 0 ? null : Number(row.connectionLimit),
    validUntil: null,
    passwordExpires: row.lifetimeDays === null ? null : Number(row.lifetimeDays),
    ...(typeof row.changedAt === "string" && !role
      ? { passwordLastChanged: `${row.changedAt.slice(0, 19).replace(" ", "T")}Z` }
      : {}),
    system,
    administrable: !system,
    ...(stored === "" || role || system ? {} : { storedVerifier: stored }),
  };
}

/** Every account and role of the names, at every host: one message. */
export async function readAccounts(
  connection: Connection,
  facts: MySqlFacts,
  names: string[],
): Promise<AccountState[]> {
  if (names.length === 0) return [];
  const question = isMariaDb(facts) ? mariadbQuestion : mysqlQuestion;
  const rows = await connection.rows("reading accounts", question, [names]);
  return rows.map((row) => toState(row, facts));
}
