import { escapeIdentifier, type Client } from "pg";
import { historyStates, type HistoryRow, type HistoryState } from "../history";
import type { HistoryTable } from "./history-name";
import { assertOurs, foreign } from "./history-shape";

export { historyTableOf, type HistoryTable } from "./history-name";

const logOf = ({ schema, name }: HistoryTable): string =>
  `${escapeIdentifier(schema)}.${escapeIdentifier(`${name}_log`)}`;

const undefinedTable = "42P01";
const undefinedSchema = "3F000";
const wrongObject = "42809";

interface LogRow {
  name: string;
  sha256: string;
  rendered: string | null;
  state: string;
  transactional: boolean;
  statement: number | null;
  code: string | null;
  at: Date;
  ms: number | null;
  run_id: string;
}

/**
 * Empty where nothing has ever run. To read a view, or a table with policies, is to run what somebody has written with
 * the rights of whoever reads, who may be the admin: what was looked at is what is read.
 */
export async function readHistory(client: Pick<Client, "query">, table: HistoryTable): Promise<HistoryRow[]> {
  await client.query("BEGIN READ ONLY");
  try {
    await assertOurs(client, table);
    await client.query(`LOCK TABLE ${logOf(table)} IN ACCESS SHARE MODE`);
    await assertOurs(client, table);
    const { rows } = await client.query<LogRow>(
      `SELECT name, sha256, rendered, state, transactional, statement, code, at, ms, run_id FROM ONLY ${logOf(table)}`,
    );
    return rows.map(({ statement, code, at, ms, run_id, state, rendered, ...rest }) => ({
      ...rest,
      ...(rendered === null ? {} : { rendered }),
      // What nobody knows was written by somebody else, and is not counted as there.
      state: historyStates.find((known): known is HistoryState => known === state) ?? "failed",
      at: at.toISOString(),
      runId: run_id,
      ...(statement === null ? {} : { statement }),
      ...(code === null ? {} : { code }),
      ...(ms === null ? {} : { ms }),
    }));
  } catch (error) {
    const code = (error as { code?: string }).code ?? "";
    if ([undefinedTable, undefinedSchema].includes(code)) return [];
    if (code === wrongObject) throw foreign(table, `${table.name}_log`);
    throw error;
  } finally {
    await client.query("ROLLBACK");
  }
}

/** The columns only ever get more. */
export async function createHistory(client: Client, table: HistoryTable, reader: string): Promise<void> {
  await assertOurs(client, table);
  const schema = escapeIdentifier(table.schema);
  const { rows } = await client.query("SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1", [table.schema]);
  if (rows.length === 0) await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
  await client.query(
    `CREATE TABLE IF NOT EXISTS ${logOf(table)} (name text PRIMARY KEY, sha256 text NOT NULL, rendered text, state text NOT NULL, ` +
      "transactional boolean NOT NULL, statement integer, code text, at timestamptz NOT NULL DEFAULT pg_catalog.now(), ms integer, run_id text NOT NULL)",
  );
  await client.query(`GRANT USAGE ON SCHEMA ${schema} TO ${escapeIdentifier(reader)}`);
  await client.query(`GRANT SELECT ON ${logOf(table)} TO ${escapeIdentifier(reader)}`);
}

export async function writeHistory(
  client: Pick<Client, "query">,
  table: HistoryTable,
  row: Omit<HistoryRow, "at">,
): Promise<void> {
  await write(client, table, row, "");
}

/**
 * Of a file whose end nobody has seen. False where this very run has written it down as applied: its commit has come
 * through, and only the answer was lost. Waits for a transaction that is still about it.
 */
export const writeFailure = async (
  client: Pick<Client, "query">,
  table: HistoryTable,
  row: Omit<HistoryRow, "at">,
): Promise<boolean> =>
  (await write(client, table, row, " WHERE NOT (log.state = 'applied' AND log.run_id = excluded.run_id)")) > 0;

async function write(
  client: Pick<Client, "query">,
  table: HistoryTable,
  { name, sha256, rendered, state, transactional, statement, code, ms, runId }: Omit<HistoryRow, "at">,
  unless: string,
): Promise<number> {
  const { rowCount } = await client.query(
    `INSERT INTO ${logOf(table)} AS log (name, sha256, rendered, state, transactional, statement, code, ms, run_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ` +
      "ON CONFLICT (name) DO UPDATE SET sha256 = excluded.sha256, rendered = excluded.rendered, state = excluded.state, transactional = excluded.transactional, " +
      `statement = excluded.statement, code = excluded.code, at = pg_catalog.now(), ms = excluded.ms, run_id = excluded.run_id${unless}`,
    [name, sha256, rendered ?? null, state, transactional, statement ?? null, code ?? null, ms ?? null, runId],
  );
  return rowCount ?? 0;
}

/** All of them or none. */
export async function writeAll(
  client: Pick<Client, "query">,
  table: HistoryTable,
  rows: readonly Omit<HistoryRow, "at">[],
): Promise<void> {
  await client.query("BEGIN");
  try {
    for (const row of rows) await writeHistory(client, table, row);
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}

/** Knows nothing of a file any more. */
export async function eraseRow(client: Pick<Client, "query">, table: HistoryTable, name: string): Promise<void> {
  await client.query(`DELETE FROM ${logOf(table)} WHERE name = $1`, [name]);
}

/** All three tables: the engine's two, and ours. The schema stays: it may hold more. */
export async function dropHistory(client: Pick<Client, "query">, table: HistoryTable): Promise<void> {
  await assertOurs(client, table);
  const schema = escapeIdentifier(table.schema);
  const names = [table.name, `${table.name}_lock`].map((name) => `${schema}.${escapeIdentifier(name)}`);
  await client.query(`DROP TABLE IF EXISTS ${[logOf(table), ...names].join(", ")}`);
}
