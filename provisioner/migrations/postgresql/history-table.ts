import { escapeIdentifier, type Client } from "pg";
import { historyStates, type HistoryRow, type HistoryState } from "../history";

/** Where a history is: `app.history`, or `history` in schema public. */
export interface HistoryTable {
  schema: string;
  name: string;
}

export function historyTableOf(text: string): HistoryTable {
  const dot = text.indexOf(".");
  return dot < 0 ? { schema: "public", name: text } : { schema: text.slice(0, dot), name: text.slice(dot + 1) };
}

const logOf = ({ schema, name }: HistoryTable): string =>
  `${escapeIdentifier(schema)}.${escapeIdentifier(`${name}_log`)}`;

const undefinedTable = "42P01";
const undefinedSchema = "3F000";

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

/** Empty where nothing has ever run. */
export async function readHistory(client: Pick<Client, "query">, table: HistoryTable): Promise<HistoryRow[]> {
  try {
    const { rows } = await client.query<LogRow>(
      `SELECT name, sha256, rendered, state, transactional, statement, code, at, ms, run_id FROM ${logOf(table)}`,
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
    if ([undefinedTable, undefinedSchema].includes((error as { code?: string }).code ?? "")) return [];
    throw error;
  }
}

/** The columns only ever get more. */
export async function createHistory(client: Client, table: HistoryTable, reader: string): Promise<void> {
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
  { name, sha256, rendered, state, transactional, statement, code, ms, runId }: Omit<HistoryRow, "at">,
): Promise<void> {
  await client.query(
    `INSERT INTO ${logOf(table)} AS log (name, sha256, rendered, state, transactional, statement, code, ms, run_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ` +
      "ON CONFLICT (name) DO UPDATE SET sha256 = excluded.sha256, rendered = excluded.rendered, state = excluded.state, transactional = excluded.transactional, " +
      "statement = excluded.statement, code = excluded.code, at = pg_catalog.now(), ms = excluded.ms, run_id = excluded.run_id",
    [name, sha256, rendered ?? null, state, transactional, statement ?? null, code ?? null, ms ?? null, runId],
  );
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
  const schema = escapeIdentifier(table.schema);
  const names = [table.name, `${table.name}_lock`].map((name) => `${schema}.${escapeIdentifier(name)}`);
  await client.query(`DROP TABLE IF EXISTS ${[logOf(table), ...names].join(", ")}`);
}
