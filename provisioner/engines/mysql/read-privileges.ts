import { accountKey, type Account } from "../../access/account";
import type { Item, ItemKind } from "../../access/item";
import { isMariaDb, type MySqlFacts } from "./facts";
import { comparable, parseDatabaseRow, patternMark, roleObject, routineObject } from "./names";
import { isOn, textOf, type Answer, type Part } from "./question";

/** A role that is active at login. */
export interface DefaultRole {
  grantee: Account;
  role: Account;
}

/** How the server writes an account in its privilege tables: without escaping. */
const written = (account: Account): string => `'${account.name}'@'${account.host ?? ""}'`;

/** What stands before the last `@`, since a host has none. */
export const beforeHost = (expression: string): string =>
  comparable(`LEFT(${expression}, CHAR_LENGTH(${expression}) - LOCATE('@', REVERSE(${expression})))`);

const places = { db: "''", object: "''", column: "''" };

function schemaPart(name: string, table: string, where: Partial<typeof places>, names: string[]): Part {
  return {
    name,
    fields: { ...places, ...where, grantee: "GRANTEE", privilege: "PRIVILEGE_TYPE", grantable: "IS_GRANTABLE = 'YES'" },
    from: `FROM information_schema.${table} WHERE ${beforeHost("GRANTEE")} IN (?)`,
    values: [names.map((name) => `'${name}'`)],
  };
}

const granteeOf = (user: string, host: string): string => `CONCAT('''', ${user}, '''@''', ${host}, '''')`;

const routinesPart = (names: string[]): Part => ({
  name: "routine",
  fields: {
    ...places,
    db: "p.Db",
    object: "CONCAT(p.Routine_type, ' ', p.Routine_name)",
    grantee: granteeOf("p.User", "p.Host"),
    privilege: "CONVERT(p.Proc_priv USING utf8mb4)",
    grantable: "FIND_IN_SET('Grant', p.Proc_priv) > 0",
  },
  from: "FROM mysql.procs_priv p WHERE p.User IN (?)",
  values: [names],
});

const rolesPart = (facts: MySqlFacts, names: string[]): Part => ({
  name: "role",
  ...(isMariaDb(facts)
    ? {
        fields: {
          ...places,
          object: "m.Role",
          grantee: granteeOf("m.User", "m.Host"),
          privilege: "'MEMBER'",
          grantable: "m.Admin_option = 'Y'",
        },
        from: "FROM mysql.roles_mapping m WHERE m.User IN (?)",
      }
    : {
        fields: {
          ...places,
          object: "IF(e.FROM_HOST = '%', e.FROM_USER, CONCAT(e.FROM_USER, '@', e.FROM_HOST))",
          grantee: granteeOf("e.TO_USER", "e.TO_HOST"),
          privilege: "'MEMBER'",
          grantable: "e.WITH_ADMIN_OPTION = 'Y'",
        },
        from: "FROM mysql.role_edges e WHERE e.TO_USER IN (?)",
      }),
  values: [names],
});

/** By themselves, because a mandatory role is active at login without a membership. */
const defaultRolesPart = (facts: MySqlFacts, names: string[]): Part => ({
  name: "defaultRole",
  ...(isMariaDb(facts)
    ? {
        fields: { grantee: granteeOf("g.User", "g.Host"), name: "JSON_VALUE(g.Priv, '$.default_role')", host: "''" },
        from: "FROM mysql.global_priv g WHERE COALESCE(JSON_VALUE(g.Priv, '$.default_role'), '') <> '' AND g.User IN (?)",
      }
    : {
        fields: {
          grantee: granteeOf("d.USER", "d.HOST"),
          name: "d.DEFAULT_ROLE_USER",
          host: "d.DEFAULT_ROLE_HOST",
        },
        from: "FROM mysql.default_roles d WHERE d.USER IN (?)",
      }),
  values: [names],
});

/**
 * MariaDB's USER_PRIVILEGES leaves roles out; what they hold on the whole server are bits of their row. Source:
 * privilege_t in MariaDB's sql/privilege.h; a bit never changes its meaning.
 */
const privilegeBits: Record<string, number> = {
  SELECT: 0,
  INSERT: 1,
  UPDATE: 2,
  DELETE: 3,
  CREATE: 4,
  DROP: 5,
  RELOAD: 6,
  SHUTDOWN: 7,
  PROCESS: 8,
  FILE: 9,
  REFERENCES: 11,
  INDEX: 12,
  ALTER: 13,
  "SHOW DATABASES": 14,
  SUPER: 15,
  "CREATE TEMPORARY TABLES": 16,
  "LOCK TABLES": 17,
  EXECUTE: 18,
  "REPLICATION SLAVE": 19,
  "BINLOG MONITOR": 20,
  "CREATE VIEW": 21,
  "SHOW VIEW": 22,
  "CREATE ROUTINE": 23,
  "ALTER ROUTINE": 24,
  "CREATE USER": 25,
  EVENT: 26,
  TRIGGER: 27,
  "CREATE TABLESPACE": 28,
  "DELETE HISTORY": 29,
  "SET USER": 30,
  "FEDERATED ADMIN": 31,
  "CONNECTION ADMIN": 32,
  "READ_ONLY ADMIN": 33,
  "REPLICATION SLAVE ADMIN": 34,
  "REPLICATION MASTER ADMIN": 35,
  "BINLOG ADMIN": 36,
  "BINLOG REPLAY": 37,
  "SLAVE MONITOR": 38,
};
const grantBit = 10;

const bitsOf = (bit: string): string => `CAST(JSON_VALUE(g.Priv, '$.access') AS UNSIGNED) >> ${bit} & 1`;

const roleGlobalsPart = (names: string[]): Part => ({
  name: "roleGlobal",
  fields: {
    ...places,
    grantee: granteeOf("g.User", "''"),
    privilege: "b.word",
    grantable: `${bitsOf(String(grantBit))} = 1`,
  },
  from: `FROM mysql.global_priv g JOIN (${Object.entries(privilegeBits)
    .map(([word, bit]) => `SELECT '${word}' AS word, ${bit} AS bit`)
    .join(" UNION ALL ")}) b ON ${bitsOf("b.bit")} = 1 WHERE JSON_VALUE(g.Priv, '$.is_role') = 1 AND g.User IN (?)`,
  values: [names],
});

/** Every privilege and membership of all accounts of the names, in every database. */
export const privilegeParts = (facts: MySqlFacts, names: string[]): Part[] => [
  schemaPart("global", "USER_PRIVILEGES", {}, names),
  ...(isMariaDb(facts) ? [roleGlobalsPart(names)] : []),
  schemaPart("database", "SCHEMA_PRIVILEGES", { db: "TABLE_SCHEMA" }, names),
  schemaPart("table", "TABLE_PRIVILEGES", { db: "TABLE_SCHEMA", object: "TABLE_NAME" }, names),
  schemaPart("column", "COLUMN_PRIVILEGES", { db: "TABLE_SCHEMA", object: "TABLE_NAME", column: "COLUMN_NAME" }, names),
  routinesPart(names),
  rolesPart(facts, names),
  defaultRolesPart(facts, names),
];

const kinds: ItemKind[] = ["global", "database", "table", "column", "routine", "role"];

function toItems(answer: Answer, kind: ItemKind, grantee: Account, facts: MySqlFacts): Item[] {
  const stored = textOf(answer, "db");
  const place = kind === "database" ? parseDatabaseRow(stored, facts) : { database: stored };
  const object = textOf(answer, "object");
  const base = {
    grantee,
    kind,
    schema: "",
    column: textOf(answer, "column"),
    grantable: isOn(answer, "grantable"),
    ...("pattern" in place
      ? { database: place.pattern, object: patternMark }
      : { database: place.database, object: kind === "routine" ? routineObject(object) : object }),
  };
  const privilege = textOf(answer, "privilege");
  const words = kind === "routine" ? privilege.toUpperCase().split(",") : [privilege];
  return words
    .filter((word) => word !== "" && word !== "USAGE" && word !== "GRANT")
    .map((word) => ({ ...base, privilege: word }));
}

/** What the answers say of exactly these accounts. */
export function privilegesOf(
  answers: Map<string, Answer[]>,
  accounts: Account[],
  facts: MySqlFacts,
): { items: Item[]; defaults: DefaultRole[] } {
  const byGrantee = new Map(accounts.map((account) => [written(account), account]));
  const granteeIn = (answer: Answer): Account[] => {
    const grantee = byGrantee.get(textOf(answer, "grantee"));
    return grantee === undefined ? [] : [grantee];
  };
  const defaults = (answers.get("defaultRole") ?? []).flatMap((answer) =>
    granteeIn(answer).map((grantee) => ({
      grantee,
      role: { name: textOf(answer, "name"), host: textOf(answer, "host") },
    })),
  );
  const active = new Set(defaults.map(({ grantee, role }) => `${accountKey(grantee)}\n${roleObject(role)}`));
  const withOptions = (item: Item): Item =>
    item.kind === "role"
      ? { ...item, options: { default: active.has(`${accountKey(item.grantee)}\n${item.object}`) } }
      : item;
  const answersOf = (kind: ItemKind): Answer[] => [
    ...(answers.get(kind) ?? []),
    ...(kind === "global" ? (answers.get("roleGlobal") ?? []) : []),
  ];
  const items = kinds.flatMap((kind) =>
    answersOf(kind).flatMap((answer) =>
      granteeIn(answer).flatMap((grantee) => toItems(answer, kind, grantee, facts).map(withOptions)),
    ),
  );
  return { items, defaults };
}
