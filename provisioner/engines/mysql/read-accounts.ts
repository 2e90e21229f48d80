import type { Account } from "../../access/account";
import type { Item } from "../../access/item";
import type { AccountState, AuthState } from "../../access/server";
import { isMariaDb, type MySqlFacts } from "./facts";
import { isOn, numberOf, textOf, type Answer, type Part } from "./question";
import { isReserved } from "./system";

const dateOf = (expression: string): string => `DATE_FORMAT(${expression}, '%Y-%m-%dT%H:%i:%sZ')`;

const mysqlFields = {
  name: "u.User",
  host: "u.Host",
  plugin: "u.plugin",
  storedForm: "HEX(u.authentication_string)",
  secondForm: "HEX(u.User_attributes->>'$.additional_password')",
  requiresTls: "u.ssl_type <> ''",
  isLocked: "u.account_locked = 'Y'",
  isExpired: "u.password_expired = 'Y'",
  lifetimeDays: "u.password_lifetime",
  changedAt: dateOf("u.password_last_changed"),
  connectionLimit: "u.max_user_connections",
  queriesPerHour: "u.max_questions",
  updatesPerHour: "u.max_updates",
  connectionsPerHour: "u.max_connections",
  isPowerful:
    "u.Super_priv = 'Y' OR EXISTS (SELECT 1 FROM mysql.global_grants g WHERE g.USER = u.User AND g.HOST = u.Host AND g.PRIV = 'SYSTEM_USER')",
  restrictions: "JSON_EXTRACT(u.User_attributes, '$.Restrictions')",
};

const stored = (key: string): string => `JSON_VALUE(g.Priv, '$.${key}')`;
const storedNumber = (key: string): string => `CAST(COALESCE(${stored(key)}, 0) AS SIGNED)`;

/** mysql.user is a view there and leaves out the lock and the lifetime. */
const mariadbFields = {
  name: "g.User",
  host: "g.Host",
  plugin: stored("plugin"),
  storedForm: `HEX(${stored("authentication_string")})`,
  requiresTls: `${storedNumber("ssl_type")} > 0`,
  isLocked: `${storedNumber("account_locked")} = 1`,
  isRole: `${storedNumber("is_role")} = 1`,
  lifetimeDays: `NULLIF(${stored("password_lifetime")}, -1)`,
  changedAt: dateOf(`FROM_UNIXTIME(${stored("password_last_changed")})`),
  connectionLimit: storedNumber("max_user_connections"),
  queriesPerHour: storedNumber("max_questions"),
  updatesPerHour: storedNumber("max_updates"),
  connectionsPerHour: storedNumber("max_connections"),
  isPowerful: `CAST(COALESCE(${stored("access")}, 0) AS UNSIGNED) & 32768 <> 0`,
};

/** Every account and role of the names, at every host. */
export const accountsPart = (facts: MySqlFacts, names: string[]): Part => ({
  name: "account",
  fields: isMariaDb(facts) ? mariadbFields : mysqlFields,
  from: isMariaDb(facts) ? "FROM mysql.global_priv g WHERE g.User IN (?)" : "FROM mysql.user u WHERE u.User IN (?)",
  values: [names],
});

const passwordPlugins = new Set([
  "caching_sha2_password",
  "mysql_native_password",
  "sha256_password",
  "mysql_old_password",
  "ed25519",
  "parsec",
  "",
]);

function authOf(answer: Answer, role: boolean): AuthState {
  if (role) return "none";
  const plugin = textOf(answer, "plugin");
  if (plugin === "AWSAuthenticationPlugin") return "iam";
  if (!passwordPlugins.has(plugin)) return "other";
  return textOf(answer, "storedForm") === "" ? "none" : "password";
}

/** A role of MySQL is an account that nobody can use: locked, expired and without a password. */
const isRole = (answer: Answer, facts: MySqlFacts): boolean =>
  isMariaDb(facts)
    ? isOn(answer, "isRole")
    : isOn(answer, "isLocked") && isOn(answer, "isExpired") && textOf(answer, "storedForm") === "";

export const accountOf = (answer: Answer): Account => ({ name: textOf(answer, "name"), host: textOf(answer, "host") });

export function toAccountState(answer: Answer, facts: MySqlFacts): AccountState {
  const account = accountOf(answer);
  const role = isRole(answer, facts);
  const system = isOn(answer, "isPowerful") || isReserved(account, facts);
  const count = (key: string): number => numberOf(answer, key) ?? 0;
  const changedAt = textOf(answer, "changedAt");
  return {
    account,
    login: !role,
    auth: authOf(answer, role),
    locked: !role && isOn(answer, "isLocked"),
    requireTls: isOn(answer, "requiresTls"),
    connectionLimit: count("connectionLimit") === 0 ? null : count("connectionLimit"),
    validUntil: null,
    passwordExpires: numberOf(answer, "lifetimeDays"),
    limits: {
      queriesPerHour: count("queriesPerHour"),
      updatesPerHour: count("updatesPerHour"),
      connectionsPerHour: count("connectionsPerHour"),
    },
    ...(changedAt !== "" && !role ? { passwordLastChanged: changedAt } : {}),
    system,
    administrable: !system,
    ...(role || system ? {} : verifiersOf(answer)),
  };
}

function verifiersOf(answer: Answer): Pick<AccountState, "storedVerifier" | "secondVerifier"> {
  const [storedVerifier, secondVerifier] = [textOf(answer, "storedForm"), textOf(answer, "secondForm")];
  return {
    ...(storedVerifier === "" ? {} : { storedVerifier }),
    ...(secondVerifier === "" ? {} : { secondVerifier }),
  };
}

interface Restriction {
  Database: string;
  Privileges: string[];
}

/** Partial revokes: what an account does not hold in one database although it holds it on the whole server. */
export function restrictionsOf(answer: Answer): Item[] {
  const restrictions = (answer.restrictions ?? []) as Restriction[];
  return restrictions.flatMap(({ Database, Privileges }) =>
    // So is the grant option written here; it is no privilege, and nobody can ask for its absence.
    Privileges.filter((privilege) => privilege !== "GRANT").map((privilege): Item => ({
      grantee: accountOf(answer),
      kind: "database",
      database: Database,
      schema: "",
      object: "",
      column: "",
      privilege,
      grantable: false,
      absent: true,
    })),
  );
}
