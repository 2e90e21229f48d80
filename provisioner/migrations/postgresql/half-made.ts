import type { Client } from "pg";
import type { FileFailure } from "../run";

const query = `
SELECT n.nspname AS schema, c.relname AS name FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid AND c.relkind = 'i' AND pg_catalog.pg_has_role(c.relowner, 'USAGE') ORDER BY 1, 2 LIMIT 5`;

/**
 * CREATE INDEX CONCURRENTLY that fails leaves an index that is kept up to date and never used, and that IF NOT EXISTS
 * takes for the one that is wanted.
 */
export async function withHalfMade(record: Pick<Client, "query">, failure: FileFailure): Promise<FileFailure> {
  const found = await record.query<{ schema: string; name: string }>(query).catch(() => undefined);
  const names = (found?.rows ?? []).map(({ schema, name }) => `${schema}.${name}`);
  if (names.length === 0) return failure;
  const [are, them] = names.length === 1 ? ["index", "is half made: drop it"] : ["indexes", "are half made: drop them"];
  return { ...failure, words: `${failure.words}; ${are} ${names.join(", ")} ${them} before the file runs again` };
}
