import { escapeIdentifier, type Client } from "pg";
import { DbAccessError } from "../../errors";
import { recordOf, type RecordRow } from "../others/record";
import { historyNames, liquibaseLockOf, locate, type CatalogTable, type Located } from "../others/shapes";
import type { OtherHistory, OtherRecord } from "../others/tool";

/**
 * The catalogue is everybody's to read, whoever may read the tables. To read one whose types or policies are somebody's
 * own is to run what they have written, with the rights of whoever reads.
 */
const catalogQuery = `
SELECT n.nspname AS schema, c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns,
  bool_and(t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace) AND NOT c.relrowsecurity AS plain
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND pg_catalog.lower(c.relname) = ANY ($1)
GROUP BY n.nspname, c.relname, c.relrowsecurity ORDER BY n.nspname, c.relname`;

type Queries = Pick<Client, "query">;

interface Found extends Located {
  plain: boolean;
}

async function find(client: Queries): Promise<Found[]> {
  const { rows } = await client.query<CatalogTable & { plain: boolean }>(catalogQuery, [historyNames]);
  return rows.flatMap((row) => locate([row]).map((table) => ({ ...table, plain: row.plain })));
}

const namedBy = ({ schema, name }: CatalogTable): string => `${schema}.${name}`;

/** Histories of other tools, in any schema of the database. */
export const recogniseOthers = async (client: Queries): Promise<OtherHistory[]> =>
  (await find(client)).map((table) => ({ tool: table.tool, table: namedBy(table) }));

/** Reads one of them, as whoever the session acts as. */
export async function readOther(client: Queries, other: OtherHistory): Promise<OtherRecord> {
  const known = (await find(client)).find(isTable(other));
  if (known === undefined) throw gone(other);
  await client.query("BEGIN READ ONLY");
  try {
    await client.query("SET LOCAL row_security = off");
    // What was looked at is what is read.
    await client.query(`LOCK TABLE ${from(known.schema, known.name)} IN ACCESS SHARE MODE`);
    const table = (await find(client)).find(isTable(other));
    if (table === undefined) throw gone(other);
    if (!table.plain)
      throw refused(`${other.table} has policies or types that no tool gives its history, and is not read`);
    const columns = table.read.map(({ name, column }) => `${escapeIdentifier(column)}::text AS ${name}`);
    const order = table.order.map((column) => escapeIdentifier(column));
    const { rows } = await client.query<RecordRow>(
      `SELECT ${columns.join(", ")} FROM ONLY ${from(table.schema, table.name)} ORDER BY ${order.join(", ")}`,
    );
    return recordOf(other, rows, table.tool === "liquibase" && (await isLocked(client, table)));
  } catch (error) {
    if ((error as { code?: string }).code !== insufficientPrivilege) throw error;
    throw refused(
      `The role that files act as may not read ${other.table}; grant it USAGE of the schema and SELECT of that table`,
    );
  } finally {
    await client.query("ROLLBACK");
  }
}

const isTable =
  ({ tool, table }: OtherHistory) =>
  (found: Found): boolean =>
    found.tool === tool && namedBy(found) === table;

const refused = (words: string): DbAccessError =>
  new DbAccessError("MigrationRefused", `${words}. Nothing was changed.`);

const gone = ({ table }: OtherHistory): DbAccessError => refused(`${table} is no longer there; run it again`);

const insufficientPrivilege = "42501";

const from = (schema: string, name: string): string => `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`;

async function isLocked(client: Queries, { schema, name }: Located): Promise<boolean> {
  const lock = from(schema, liquibaseLockOf(name));
  const { rows } = await client.query<{ there: boolean }>("SELECT pg_catalog.to_regclass($1) IS NOT NULL AS there", [
    lock,
  ]);
  if (rows[0]?.there !== true) return false;
  await client.query(`LOCK TABLE ${lock} IN ACCESS SHARE MODE`);
  const { rows: columns } = await client.query(
    `SELECT FROM pg_catalog.pg_attribute WHERE attrelid = pg_catalog.to_regclass($1) AND attname = 'locked'
     AND atttypid = 'pg_catalog.bool'::pg_catalog.regtype`,
    [lock],
  );
  return columns.length > 0 && (await client.query(`SELECT FROM ONLY ${lock} WHERE locked`)).rows.length > 0;
}
