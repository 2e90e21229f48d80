import type { Account } from "../../access/account";
import type { Item, ItemKind } from "../../access/item";
import type { Connection, Row } from "./connection";
import { isMariaDb, type MySqlFacts } from "./facts";
import { comparable, parseDatabaseRow, patternMark } from "./names";

const columns = (kind: string, database: string, object: string, column: string, rest: string): string =>
  `SELECT '${kind}' AS kind, ${comparable(database)} AS db, ${comparable(object)} AS object, ${comparable(column)} AS col, ${rest}`;

const schemaRest = `${comparable("GRANTEE")} AS grantee, ${comparable("PRIVILEGE_TYPE")} AS privilege, IS_GRANTABLE = 'YES' AS grantable, NULL AS isDefault`;

const fromSchema = (kind: string, table: string, database: string, object: string, column: string): string =>
  `${columns(kind, database, object, column, schemaRest)} FROM information_schema.${table} WHERE GRANTEE IN (?)`;

const granteeOf = (user: string, host: string): string => comparable(`CONCAT('''', ${user}, '''@''', ${host}, '''')`);

const routines = `${columns("routine", "p.Db", "CONCAT(p.Routine_type, ' ', p.Routine_name)", "''", `${granteeOf("p.User", "p.Host")} AS grantee, ${comparable("p.Proc_priv")} AS privilege, FIND_IN_SET('Grant', p.Proc_priv) > 0 AS grantable, NULL AS isDefault`)}
FROM mysql.procs_priv p WHERE p.User IN (?)`;

/** A role at another host than `%` cannot be asked for by name; its host stays visible. */
const mysqlRoles = `${columns("role", "''", "IF(e.FROM_HOST = '%', e.FROM_USER, CONCAT(e.FROM_USER, '@', e.FROM_HOST))", "''", `${granteeOf("e.TO_USER", "e.TO_HOST")} AS grantee, 'MEMBER' AS privilege, e.WITH_ADMIN_OPTION = 'Y' AS grantable, d.USER IS NOT NULL AS isDefault`)}
FROM mysql.role_edges e LEFT JOIN mysql.default_roles d ON d.USER = e.TO_USER AND d.HOST = e.TO_HOST
  AND d.DEFAULT_ROLE_USER = e.FROM_USER AND d.DEFAULT_ROLE_HOST = e.FROM_HOST WHERE e.TO_USER IN (?)`;

const mariadbRoles = `${columns("role", "''", "m.Role", "''", `${granteeOf("m.User", "m.Host")} AS grantee, 'MEMBER' AS privilege, m.Admin_option = 'Y' AS grantable, COALESCE(JSON_VALUE(g.Priv, '$.default_role') = m.Role, 0) AS isDefault`)}
FROM mysql.roles_mapping m LEFT JOIN mysql.global_priv g ON g.User = m.User AND g.Host = m.Host WHERE m.User IN (?)`;

const question = (facts: MySqlFacts): string =>
  [
    fromSchema("global", "USER_PRIVILEGES", "''", "''", "''"),
    fromSchema("database", "SCHEMA_PRIVILEGES", "TABLE_SCHEMA", "''", "''"),
    fromSchema("table", "TABLE_PRIVILEGES", "TABLE_SCHEMA", "TABLE_NAME", "''"),
    fromSchema("column", "COLUMN_PRIVILEGES", "TABLE_SCHEMA", "TABLE_NAME", "COLUMN_NAME"),
    routines,
    isMariaDb(facts) ? mariadbRoles : mysqlRoles,
  ].join("\nUNION ALL ");

/** How the server writes an account in its privilege tables: without escaping. */
const written = (account: Account): string => `'${account.name}'@'${account.host ?? ""}'`;

function toItems(row: Row, grantee: Account, facts: MySqlFacts): Item[] {
  const kind = String(row.kind) as ItemKind;
  const stored = String(row.db);
  const place = kind === "database" ? parseDatabaseRow(stored, facts) : { database: stored };
  const base = {
    grantee,
    kind,
    schema: "",
    column: String(row.col),
    grantable: row.grantable === 1,
    ...("pattern" in place
      ? { database: place.pattern, object: patternMark }
      : { database: place.database, object: String(row.object) }),
    ...(kind === "role" ? { options: { default: row.isDefault === 1 } } : {}),
  };
  const words = kind === "routine" ? String(row.privilege).toUpperCase().split(",") : [String(row.privilege)];
  return words
    .filter((privilege) => privilege !== "" && privilege !== "USAGE" && privilege !== "GRANT")
    .map((privilege) => ({ ...base, privilege }));
}

/** Every privilege and membership of exactly these accounts, in every database: one message. */
export async function readPrivileges(connection: Connection, facts: MySqlFacts, accounts: Account[]): Promise<Item[]> {
  if (accounts.length === 0) return [];
  const byGrantee = new Map(accounts.map((account) => [written(account), account]));
  const grantees = [...byGrantee.keys()];
  const names = [...new Set(accounts.map((account) => account.name))];
  const values = [grantees, grantees, grantees, grantees, names, names];
  const rows = await connection.rows("reading privileges", question(facts), values);
  return rows.flatMap((row) => {
    const grantee = byGrantee.get(String(row.grantee));
    return grantee === undefined ? [] : toItems(row, grantee, facts);
  });
}
