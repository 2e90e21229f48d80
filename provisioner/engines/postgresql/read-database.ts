import { PUBLIC } from "../../access/account";
import type { Item } from "../../access/item";
import type { RelationKind, RelationState, SchemaState } from "../../access/server";
import type { Connection } from "./connection";
import { aclColumns, aclEntries, granteeTable, itemsOf, namesRole, type AclRow } from "./rows";

export interface DatabaseReading {
  schemas: SchemaState[];
  relations: RelationState[];
  items: Item[];
}

interface DatabaseRow {
  schemas: { name: string; owner: string; fixed: boolean }[];
  relations: { schema: string; name: string; kind: RelationKind; owner: string; owned_by_table: string | null }[];
  acl: AclRow[];
}

/** Every kind of object that carries an ACL in this database, with the ACL it has without any GRANT. */
const aclSources: { from: string; acl: string; columns: Parameters<typeof aclColumns>[0] }[] = [
  {
    from: "seen s JOIN pg_namespace n ON s.classid = 'pg_namespace'::regclass AND n.oid = s.objid",
    acl: "coalesce(n.nspacl, acldefault('n', n.nspowner))",
    columns: { kind: "'schema'", schema: "n.nspname::text" },
  },
  {
    from: `seen s JOIN pg_class c ON s.classid = 'pg_class'::regclass AND c.oid = s.objid AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
      JOIN pg_namespace n ON n.oid = c.relnamespace`,
    acl: `coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r'::"char" END, c.relowner))`,
    columns: {
      kind: "CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END",
      schema: "n.nspname::text",
      object: "c.relname::text",
    },
  },
  {
    from: `seen s JOIN pg_attribute t ON s.classid = 'pg_class'::regclass AND t.attrelid = s.objid AND t.attacl IS NOT NULL AND NOT t.attisdropped
      JOIN pg_class c ON c.oid = t.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace`,
    acl: "t.attacl",
    columns: { kind: "'column'", schema: "n.nspname::text", object: "c.relname::text", column: "t.attname::text" },
  },
  {
    from: "seen s JOIN pg_proc p ON s.classid = 'pg_proc'::regclass AND p.oid = s.objid JOIN pg_namespace n ON n.oid = p.pronamespace",
    acl: "coalesce(p.proacl, acldefault('f', p.proowner))",
    columns: {
      kind: "'routine'",
      schema: "n.nspname::text",
      object: "quote_ident(p.proname) || '(' || oidvectortypes(p.proargtypes) || ')'",
    },
  },
  {
    from: "seen s JOIN pg_type t ON s.classid = 'pg_type'::regclass AND t.oid = s.objid JOIN pg_namespace n ON n.oid = t.typnamespace",
    acl: "coalesce(t.typacl, acldefault('T', t.typowner))",
    columns: { kind: "'type'", schema: "n.nspname::text", object: "t.typname::text" },
  },
  {
    from: "pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace",
    acl: "d.defaclacl",
    columns: {
      kind: "'default'",
      schema: "coalesce(n.nspname::text, '')",
      object: `CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
        WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE 'largeObjects' END`,
      creator: "pg_get_userbyid(d.defaclrole)::text",
    },
  },
];

const aclQuery = (by: "grantee" | "grantor"): string =>
  aclSources
    .map(({ from, acl, columns }) => `${aclColumns(columns)} FROM ${from} ${aclEntries(acl, by)}`)
    .join("\nUNION ALL");

/**
 * `seen` is what can carry an entry of the grantees: pg_shdepend is the server's own index from a role to the objects
 * whose owner or ACL names it, so that a database of many tables is not searched. PUBLIC is not in it: for PUBLIC
 * everything outside the system schemas is looked at. Row types and array types follow their table or element.
 */
const databaseQuery = `
WITH ${granteeTable},
plain AS (SELECT oid FROM pg_namespace WHERE $2::boolean AND nspname !~ '^pg_' AND nspname <> 'information_schema'),
seen AS (
  SELECT s.classid, s.objid FROM pg_shdepend s
  WHERE ${namesRole("SELECT oid FROM grantee")} AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
  UNION SELECT 'pg_namespace'::regclass::oid, oid FROM plain
  UNION SELECT 'pg_class'::regclass::oid, c.oid FROM pg_class c JOIN plain ON plain.oid = c.relnamespace
  UNION SELECT 'pg_proc'::regclass::oid, p.oid FROM pg_proc p JOIN plain ON plain.oid = p.pronamespace
  UNION SELECT 'pg_type'::regclass::oid, t.oid FROM pg_type t JOIN plain ON plain.oid = t.typnamespace
    WHERE t.typtype IN ('b', 'd', 'e', 'r') AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)),
acl_rows AS (${aclQuery("grantee")}),
schema_rows AS (
  SELECT n.nspname::text AS name, pg_get_userbyid(n.nspowner)::text AS owner, o.rolsuper AND EXISTS (
      SELECT FROM aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a WHERE a.grantee = 0 AND a.privilege_type = 'USAGE') AS fixed
  FROM pg_namespace n JOIN pg_roles o ON o.oid = n.nspowner WHERE n.nspname = ANY ($3::text[])),
relation_rows AS (
  SELECT n.nspname::text AS schema, c.relname::text AS name, pg_get_userbyid(c.relowner)::text AS owner,
    CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitionedTable' WHEN 'v' THEN 'view'
      WHEN 'm' THEN 'materializedView' WHEN 'f' THEN 'foreignTable' ELSE 'sequence' END AS kind,
    (SELECT o.relname::text FROM pg_depend d JOIN pg_class o ON o.oid = d.refobjid
      WHERE c.relkind = 'S' AND d.classid = 'pg_class'::regclass AND d.objid = c.oid
        AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i') LIMIT 1) AS owned_by_table
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = ANY ($3::text[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S'))
SELECT coalesce((SELECT json_agg(x) FROM schema_rows x), '[]') AS schemas,
  coalesce((SELECT json_agg(x) FROM relation_rows x), '[]') AS relations,
  coalesce((SELECT json_agg(x) FROM acl_rows x), '[]') AS acl`;

/** One message on the database's own connection. */
export async function readDatabase(
  connection: Connection,
  names: string[],
  schemas: string[],
): Promise<DatabaseReading> {
  const { database } = connection;
  const values = [names, names.includes(PUBLIC.name), schemas];
  const [row] = await connection.query<DatabaseRow>(databaseQuery, values, { step: `reading database ${database}` });
  return {
    schemas: row.schemas.map(({ name, owner, fixed }) => ({ database, name, owner, fixedForPublic: fixed })),
    relations: row.relations.map(({ owned_by_table: table, ...relation }) => ({
      database,
      ...relation,
      ...(table === null ? {} : { ownedByTable: table }),
    })),
    items: row.acl.flatMap((entry) => itemsOf(entry, database)),
  };
}

const grantedByQuery = `
WITH gone AS (SELECT oid FROM pg_roles WHERE rolname = $1),
seen AS (
  SELECT DISTINCT s.classid, s.objid FROM pg_shdepend s
  WHERE ${namesRole("SELECT oid FROM gone")} AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()))
${aclQuery("grantor")}`;

/** What a role that owns nothing here has given to others out of what it may pass on. */
export async function readGrantedBy(connection: Connection, name: string): Promise<Item[]> {
  const { database } = connection;
  const rows = await connection.query<AclRow>(grantedByQuery, [name], {
    step: `reading what ${name} has granted in database ${database}`,
  });
  return rows.flatMap((row) => itemsOf(row, database));
}
