import type { Connection, RowDataPacket } from "mysql2/promise";
import { DbAccessError } from "../../errors";

/** Of a database: `<name>` is the engine's, `<name>_log` ours. */
export interface HistoryTable {
  database: string;
  name: string;
}

const log = ["name", "sha256", "rendered", "state", "transactional", "statement", "code", "at", "ms", "run_id"];
const engine = ["name", "timestamp"];
const lock = ["id", "is_locked"];

interface Column extends RowDataPacket {
  name: string;
  type: string;
  part: string;
}

/** What is there under the names of a history is one: nothing else is read, written or dropped. */
export async function assertOurs(connection: Connection, table: HistoryTable): Promise<void> {
  const shapes = new Map([
    [table.name, engine],
    [`${table.name}_log`, log],
    [`${table.name}_lock`, lock],
  ]);
  const [columns] = await connection.query<Column[]>(
    "SELECT t.TABLE_NAME AS name, t.TABLE_TYPE AS type, c.COLUMN_NAME AS part FROM information_schema.TABLES t " +
      "JOIN information_schema.COLUMNS c ON c.TABLE_SCHEMA = t.TABLE_SCHEMA AND c.TABLE_NAME = t.TABLE_NAME " +
      "WHERE t.TABLE_SCHEMA = ? AND t.TABLE_NAME IN (?)",
    [table.database, [...shapes.keys()]],
  );
  for (const [name, expected] of shapes) {
    // A server may keep names in lower case.
    const found = columns.filter((column) => column.name.toLowerCase() === name.toLowerCase());
    if (found.length === 0) continue;
    const parts = found.map(({ part }) => part);
    // The log's columns only ever get more.
    const more = expected === log ? 0 : parts.length - expected.length;
    const isTable = found.every(({ type }) => type === "BASE TABLE");
    if (!isTable || more > 0 || !expected.every((part) => parts.includes(part))) throw foreign(name, table);
  }
}

export const foreign = (name: string, table: HistoryTable): DbAccessError =>
  new DbAccessError(
    "MigrationRefused",
    `historyTable is ${table.name}, and ${table.database}.${name} is there and no history; name another historyTable. It was not touched.`,
    { property: "historyTable" },
  );
