import type { Item } from "../../access/item";
import type { RelationKind, RelationState, SchemaState } from "../../access/server";
import { givenAcl, heldAcl } from "./acl-sources";
import type { Connection } from "./connection";
import { textArray } from "./literals";
import { objectRows, type DatabaseQuery } from "./objects";
import { granteeTable, itemsOf, type AclRow } from "./rows";

export interface DatabaseReading {
  schemas: SchemaState[];
  relations: RelationState[];
  items: Item[];
}

interface RelationRow {
  schema: string;
  name: string;
  kind: RelationKind;
  owner: string;
  owned_by_table: string | null;
  columns: string[] | null;
}

export interface DatabaseRow {
  schemas: { name: string; owner: string; fixed: boolean }[];
  relations: RelationRow[];
  acl: AclRow[];
}

/** One row: a `DatabaseRow`. */
export const databaseQuery = (query: DatabaseQuery): string => `
WITH ${granteeTable(query.names)},
${heldAcl(query)},
${objectRows(query)}
SELECT coalesce((SELECT json_agg(x) FROM schema_rows x), '[]') AS schemas,
  coalesce((SELECT json_agg(x) FROM relation_rows x), '[]') AS relations,
  coalesce((SELECT json_agg(x) FROM acl_rows x), '[]') AS acl`;

/** One message on the database's own connection. */
export async function readDatabase(connection: Connection, query: DatabaseQuery): Promise<DatabaseReading> {
  const { database } = connection;
  const [row] = await connection.query<DatabaseRow>(databaseQuery(query), [], { step: `reading database ${database}` });
  return databaseReading(row, database);
}

export function databaseReading(row: DatabaseRow, database: string): DatabaseReading {
  return {
    schemas: row.schemas.map(({ name, owner, fixed }) => ({ database, name, owner, fixedForPublic: fixed })),
    relations: row.relations.map(({ schema, name, kind, owner, owned_by_table: table, columns }) => ({
      database,
      schema,
      name,
      kind,
      owner,
      ...(table === null ? {} : { ownedByTable: table }),
      ...(columns === null ? {} : { columns }),
    })),
    items: row.acl.flatMap((entry) => itemsOf(entry, database)),
  };
}

const grantedByQuery = (name: string): string => `
WITH gone AS (SELECT oid FROM pg_roles WHERE rolname = ANY (${textArray([name])})),
${givenAcl}`;

/** What a role that owns nothing here has given to others out of what it may pass on. */
export async function readGrantedBy(connection: Connection, name: string): Promise<Item[]> {
  const { database } = connection;
  const rows = await connection.query<AclRow>(grantedByQuery(name), [], {
    step: `reading what ${name} has granted in database ${database}`,
  });
  return rows.flatMap((row) => itemsOf(row, database));
}
