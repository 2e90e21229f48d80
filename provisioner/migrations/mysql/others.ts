import type { Connection, RowDataPacket } from "mysql2/promise";
import { identifierSql } from "../../engines/mysql/names";
import { DbAccessError } from "../../errors";
import { recordOf, type RecordRow } from "../others/record";
import { historyNames, liquibaseLockOf, locate, type Located } from "../others/shapes";
import type { OtherHistory, OtherRecord } from "../others/tool";

/** Who may do nothing with a table does not see it. */
const catalogQuery = `
SELECT c.TABLE_NAME AS name, c.COLUMN_NAME AS col FROM information_schema.COLUMNS c
JOIN information_schema.TABLES t ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME
WHERE c.TABLE_SCHEMA = ? AND t.TABLE_SCHEMA = ? AND LOWER(c.TABLE_NAME) IN (?) AND t.TABLE_TYPE = 'BASE TABLE'
ORDER BY c.TABLE_NAME, c.ORDINAL_POSITION`;

interface ColumnRow extends RowDataPacket {
  name: string;
  col: string;
}

async function find(connection: Connection, database: string): Promise<Located[]> {
  const [rows] = await connection.query<ColumnRow[]>(catalogQuery, [database, database, historyNames]);
  const tables = new Map<string, string[]>();
  for (const { name, col } of rows) tables.set(name, [...(tables.get(name) ?? []), col]);
  return locate([...tables].map(([name, columns]) => ({ schema: database, name, columns })));
}

/** Histories of other tools in a database. */
export const recogniseOthers = async (connection: Connection, database: string): Promise<OtherHistory[]> =>
  (await find(connection, database)).map(({ tool, name }) => ({ tool, table: name }));

/** Reads one of them, as whoever the session acts as. */
export async function readOther(connection: Connection, database: string, other: OtherHistory): Promise<OtherRecord> {
  const table = (await find(connection, database)).find(
    ({ tool, name }) => tool === other.tool && name === other.table,
  );
  if (table === undefined)
    throw new DbAccessError(
      "MigrationRefused",
      `The role that files act as does not see ${other.table}; grant it SELECT of that table. Nothing was changed.`,
    );
  const columns = table.read.map(
    ({ name, column }) => `CAST(${identifierSql(column)} AS CHAR) AS ${identifierSql(name)}`,
  );
  const order = table.order.map((column) => identifierSql(column));
  const [rows] = await connection.query<(RecordRow & RowDataPacket)[]>(
    `SELECT ${columns.join(", ")} FROM ${identifierSql(database)}.${identifierSql(table.name)} ORDER BY ${order.join(", ")}`,
  );
  return recordOf(other, rows, table.tool === "liquibase" && (await isLocked(connection, table)));
}

const noSuchTable = 1146;

async function isLocked(connection: Connection, { schema, name }: Located): Promise<boolean> {
  try {
    const [rows] = await connection.query<RowDataPacket[]>(
      `SELECT 1 FROM ${identifierSql(schema)}.${identifierSql(liquibaseLockOf(name))} WHERE LOCKED <> 0`,
    );
    return rows.length > 0;
  } catch (error) {
    if ((error as { errno?: number }).errno === noSuchTable) return false;
    throw error;
  }
}
