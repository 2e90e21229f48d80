import { DbAccessError } from "../../errors";
import type { Connection } from "./connection";
import type { MySqlFacts } from "./facts";
import { comparable } from "./names";

export const ledgerDatabase = "db_access";

/**
 * Whoever holds a privilege at or below the ledger's database; a row with wildcards counts when it covers the name. Who
 * holds privileges on the whole server administers it and could undo any protection: those are not asked for.
 */
function holders(facts: MySqlFacts): string {
  const covers = facts.partialRevokes ? "Db = ?" : "? LIKE Db";
  const lower = (condition: string): string =>
    facts.lowerCaseTableNames === 0 ? condition : condition.replace("Db", "LOWER(Db)");
  const from = (table: string, condition: string): string =>
    `SELECT 'holder' AS fact, ${comparable("CONCAT(User, '@', Host)")} AS name, '' AS detail FROM mysql.${table}
     WHERE ${lower(condition)} AND NOT (User = ? AND Host = ?)`;
  return [
    from("db", covers),
    from("tables_priv", "Db = ?"),
    from("columns_priv", "Db = ?"),
    from("procs_priv", "Db = ?"),
  ].join(" UNION ");
}

const objects = `
SELECT 'table', ${comparable("TABLE_NAME")}, ${comparable("CONCAT(TABLE_TYPE, ' ', COALESCE(ENGINE, ''))")}
  FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?
UNION ALL SELECT 'trigger', ${comparable("TRIGGER_NAME")}, '' FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = ?`;

const untrusted = (what: string, fix: string): DbAccessError =>
  new DbAccessError("LedgerUntrusted", `The record in database ${ledgerDatabase} cannot be trusted: ${what}. ${fix}`);

/** Names the ledger's tables that exist. Throws LedgerUntrusted when anybody else could have written them: one message. */
export async function inspectLedger(connection: Connection, facts: MySqlFacts): Promise<Set<string>> {
  const { name, host = "%" } = facts.admin;
  const values = [
    ...Array.from({ length: 4 }, () => [ledgerDatabase, name, host]).flat(),
    ledgerDatabase,
    ledgerDatabase,
  ];
  const rows = await connection.rows("checking the ledger", `${holders(facts)} UNION ALL ${objects}`, values);
  const named = (fact: string): string[] => rows.filter((row) => row.fact === fact).map((row) => String(row.name));

  const others = [...new Set(named("holder"))];
  if (others.length > 0)
    throw untrusted(`${others.join(", ")} can use it`, `Revoke every privilege that covers ${ledgerDatabase}.`);
  const [trigger] = named("trigger");
  if (trigger !== undefined) throw untrusted(`the trigger ${trigger} acts on it`, "Drop the trigger.");
  const odd = rows.find((row) => row.fact === "table" && row.detail !== "BASE TABLE InnoDB");
  if (odd !== undefined)
    throw untrusted(`${String(odd.name)} is not a plain InnoDB table`, "Move what is not the provisioner's elsewhere.");
  return new Set(named("table"));
}
