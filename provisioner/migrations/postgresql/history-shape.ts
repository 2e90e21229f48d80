import type { Client } from "pg";
import { DbAccessError } from "../../errors";
import type { HistoryTable } from "./history-name";

const log = [
  "name text",
  "sha256 text",
  "rendered text",
  "state text",
  "transactional bool",
  "statement int4",
  "code text",
  "at timestamptz",
  "ms int4",
  "run_id text",
];
const engine = ["name varchar", "timestamp varchar"];
const lock = ["id varchar", "is_locked int4"];

/** The catalogue is everybody's to read, and nothing of what it describes runs. */
const shapeQuery = `
SELECT c.relname AS name,
  c.relkind = 'r' AND NOT c.relrowsecurity AND pg_catalog.bool_and(t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace) AS plain,
  pg_catalog.array_agg(a.attname::text || ' ' || t.typname::text) AS columns
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
WHERE n.nspname = $1 AND c.relname = ANY ($2)
GROUP BY c.oid, c.relname, c.relkind, c.relrowsecurity`;

interface Shape {
  name: string;
  plain: boolean;
  columns: string[];
}

/** What is there under the names of a history is one: nothing else is read, written or dropped. */
export async function assertOurs(client: Pick<Client, "query">, table: HistoryTable): Promise<void> {
  const shapes = new Map([
    [table.name, engine],
    [`${table.name}_log`, log],
    [`${table.name}_lock`, lock],
  ]);
  const { rows } = await client.query<Shape>(shapeQuery, [table.schema, [...shapes.keys()]]);
  for (const { name, plain, columns } of rows) {
    const expected = shapes.get(name) ?? [];
    // The log's columns only ever get more.
    const more = name === `${table.name}_log` ? 0 : columns.length - expected.length;
    if (!plain || more > 0 || !expected.every((column) => columns.includes(column))) throw foreign(table, name);
  }
}

export const foreign = (table: HistoryTable, name: string): DbAccessError =>
  new DbAccessError(
    "MigrationRefused",
    `historyTable is ${table.name}, and ${table.schema}.${name} is there and no history; name another historyTable. It was not touched.`,
    { property: "historyTable" },
  );
