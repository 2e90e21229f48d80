import type { Connection, RowDataPacket } from "mysql2/promise";
import { errnoOf } from "../../engines/mysql/errors";
import { identifierSql } from "../../engines/mysql/names";
import { historyStates, type HistoryRow, type HistoryState } from "../history";
import { assertOurs, foreign, type HistoryTable } from "./history-shape";

export type { HistoryTable } from "./history-shape";

const logOf = ({ database, name }: HistoryTable): string =>
  `${identifierSql(database)}.${identifierSql(`${name}_log`)}`;

const noSuchTable = 1146;
const notATable = 1347;
const columns = "name, sha256, rendered, state, transactional, statement, code, at, ms, run_id";

interface LogRow extends RowDataPacket {
  name: string;
  sha256: string;
  rendered: string | null;
  state: string;
  transactional: number;
  statement: number | null;
  code: string | null;
  at: string;
  ms: number | null;
  run_id: string;
}

/** Of rows; a folder has no more files. */
const MOST = 100_000;

/**
 * Empty where nothing has ever run. To read a view is to run what somebody has written with the rights of whoever reads,
 * who may be the admin: HANDLER reads tables, and never a view.
 */
export async function readHistory(connection: Connection, table: HistoryTable): Promise<HistoryRow[]> {
  await assertOurs(connection, table);
  try {
    await connection.query(`HANDLER ${logOf(table)} OPEN AS history`);
    const [rows] = await connection.query<LogRow[]>(`HANDLER history READ FIRST LIMIT ${MOST}`);
    await connection.query("HANDLER history CLOSE");
    return rows.map(({ name, sha256, rendered, state, transactional, statement, code, at, ms, run_id }) => ({
      name,
      sha256,
      ...(rendered === null ? {} : { rendered }),
      // What nobody knows was written by somebody else, and is not counted as there.
      state: historyStates.find((known): known is HistoryState => known === state) ?? "failed",
      transactional: transactional === 1,
      at: `${at.replace(" ", "T")}Z`,
      runId: run_id,
      ...(statement === null ? {} : { statement }),
      ...(code === null ? {} : { code }),
      ...(ms === null ? {} : { ms }),
    }));
  } catch (error) {
    if (errnoOf(error) === noSuchTable) return [];
    if (errnoOf(error) === notATable) throw foreign(`${table.name}_log`, table);
    throw error;
  }
}

/** The columns only ever get more. */
export async function createHistory(connection: Connection, table: HistoryTable): Promise<void> {
  await assertOurs(connection, table);
  await connection.query(
    `CREATE TABLE IF NOT EXISTS ${logOf(table)} (name varchar(140) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PRIMARY KEY, ` +
      "sha256 char(64) NOT NULL, rendered char(64), state varchar(20) NOT NULL, transactional tinyint NOT NULL, statement int, code varchar(20), " +
      "at datetime(3) NOT NULL, ms int, run_id varchar(128) NOT NULL)",
  );
}

export async function writeHistory(
  connection: Connection,
  table: HistoryTable,
  { name, sha256, rendered, state, transactional, statement, code, ms, runId }: Omit<HistoryRow, "at">,
): Promise<void> {
  await connection.query(
    `REPLACE INTO ${logOf(table)} (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(3), ?, ?)`,
    [name, sha256, rendered ?? null, state, transactional ? 1 : 0, statement ?? null, code ?? null, ms ?? null, runId],
  );
}

/** All of them or none. */
export async function writeAll(
  connection: Connection,
  table: HistoryTable,
  rows: readonly Omit<HistoryRow, "at">[],
): Promise<void> {
  await connection.beginTransaction();
  try {
    for (const row of rows) await writeHistory(connection, table, row);
    await connection.commit();
  } catch (error) {
    await connection.rollback().catch(() => undefined);
    throw error;
  }
}

export const engineTable = ({ database, name }: HistoryTable): string =>
  `${identifierSql(database)}.${identifierSql(name)}`;

/** The names that the engine's own table has. */
export async function engineNames(connection: Connection, table: HistoryTable): Promise<string[]> {
  try {
    const [rows] = await connection.query<LogRow[]>(`SELECT name FROM ${engineTable(table)}`);
    return rows.map(({ name }) => name);
  } catch (error) {
    if (errnoOf(error) === noSuchTable) return [];
    throw error;
  }
}

/** Knows nothing of a file any more. */
export async function eraseRow(connection: Connection, table: HistoryTable, name: string): Promise<void> {
  await connection.query(`DELETE FROM ${logOf(table)} WHERE name = ?`, [name]);
  if ((await engineNames(connection, table)).includes(name)) await forgetName(connection, table, name);
}

/** All three tables: the engine's two, and ours. */
export async function dropHistory(connection: Connection, table: HistoryTable): Promise<void> {
  await assertOurs(connection, table);
  const lock = `${identifierSql(table.database)}.${identifierSql(`${table.name}_lock`)}`;
  await connection.query(`DROP TABLE IF EXISTS ${logOf(table)}, ${engineTable(table)}, ${lock}`);
}

/** Lets a repeatable file, or one that somebody has resolved, run again. */
export async function forgetName(connection: Connection, table: HistoryTable, name: string): Promise<void> {
  await connection.query(`DELETE FROM ${engineTable(table)} WHERE name = ?`, [name]);
}
