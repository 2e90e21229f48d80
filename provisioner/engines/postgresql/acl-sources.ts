import { PUBLIC } from "../../access/account";
import type { ReadQuery } from "../../access/server";
import { textArray } from "./literals";
import { aclColumns, aclEntries, namesRole, type AclColumns } from "./rows";

interface AclSource {
  from: string;
  acl: string;
  columns: AclColumns;
  where?: string;
}

/** A routine as PostgreSQL prints it; the types of other schemas are qualified under the session's search_path. */
export const routineSignature = "quote_ident(p.proname) || '(' || oidvectortypes(p.proargtypes) || ')'";

/** Where users keep their own: not the server's schemas and not the ledger's. */
export const plainSchema = `n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'db_access')`;

/** Types that can carry an ACL: array types, row types of tables and multiranges follow another type. */
export const ownType = `(t.typtype IN ('b', 'd', 'e', 'r')
    OR t.typtype = 'c' AND EXISTS (SELECT FROM pg_class k WHERE k.oid = t.typrelid AND k.relkind = 'c'))
  AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)`;

/**
 * What an extension brought along and a superuser owns: nobody of ours can grant on it, and "everything in the schema"
 * means what its users made.
 */
export const brought = (catalog: string, oid: string, owner: string): string =>
  `EXISTS (SELECT FROM pg_depend x JOIN pg_roles o ON o.oid = ${owner} AND o.rolsuper
    WHERE x.classid = '${catalog}'::regclass AND x.objid = ${oid} AND x.deptype = 'e')`;

const defaultClass = `CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
        WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE 'largeObjects' END`;

/**
 * Every kind of object that carries an ACL in this database, with the ACL it has without any GRANT. Temporary tables
 * belong to somebody's session and come and go.
 */
const aclSources: AclSource[] = [
  {
    from: "seen s JOIN pg_namespace n ON s.classid = 'pg_namespace'::regclass AND n.oid = s.objid",
    acl: "coalesce(n.nspacl, acldefault('n', n.nspowner))",
    columns: { kind: "'schema'", schema: "n.nspname::text" },
  },
  {
    from: `seen s JOIN pg_class c ON s.classid = 'pg_class'::regclass AND c.oid = s.objid AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
      AND c.relpersistence <> 't' JOIN pg_namespace n ON n.oid = c.relnamespace`,
    acl: `coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r'::"char" END, c.relowner))`,
    columns: {
      kind: "CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END",
      schema: "n.nspname::text",
      object: "c.relname::text",
    },
  },
  {
    from: `seen s JOIN pg_attribute t ON s.classid = 'pg_class'::regclass AND t.attrelid = s.objid AND t.attacl IS NOT NULL AND NOT t.attisdropped
      JOIN pg_class c ON c.oid = t.attrelid AND c.relpersistence <> 't' JOIN pg_namespace n ON n.oid = c.relnamespace`,
    acl: "t.attacl",
    columns: { kind: "'column'", schema: "n.nspname::text", object: "c.relname::text", column: "t.attname::text" },
  },
  {
    from: "seen s JOIN pg_proc p ON s.classid = 'pg_proc'::regclass AND p.oid = s.objid JOIN pg_namespace n ON n.oid = p.pronamespace",
    acl: "coalesce(p.proacl, acldefault('f', p.proowner))",
    columns: { kind: "'routine'", schema: "n.nspname::text", object: routineSignature },
  },
  {
    from: "seen s JOIN pg_type t ON s.classid = 'pg_type'::regclass AND t.oid = s.objid JOIN pg_namespace n ON n.oid = t.typnamespace",
    acl: "coalesce(t.typacl, acldefault('T', t.typowner))",
    columns: { kind: "'type'", schema: "n.nspname::text", object: "t.typname::text" },
  },
  {
    from: "seen s JOIN pg_largeobject_metadata m ON s.classid = 'pg_largeobject'::regclass AND m.oid = s.objid",
    acl: "coalesce(m.lomacl, acldefault('L', m.lomowner))",
    columns: { kind: "'largeObject'", object: "m.oid::text" },
  },
  {
    from: "pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace",
    acl: "d.defaclacl",
    columns: {
      kind: "'default'",
      schema: "coalesce(n.nspname::text, '')",
      object: defaultClass,
      creator: "pg_get_userbyid(d.defaclrole)::text",
    },
  },
];

/** What PUBLIC will hold on what a role creates, as long as no global default privileges of that role say otherwise. */
const builtInDefaults: AclSource = {
  from: `grantee r CROSS JOIN (VALUES ('f'::"char", 'functions'), ('T', 'types')) AS b(type, class)
    LEFT JOIN pg_default_acl d ON d.defaclrole = r.oid AND d.defaclnamespace = 0 AND d.defaclobjtype = b.type`,
  acl: "acldefault(b.type, r.oid)",
  columns: { kind: "'default'", object: "b.class", creator: "r.name" },
  where: "r.oid <> 0 AND d.oid IS NULL AND e.grantee = 0",
};

const rowsOf = ({ from, acl, columns, where }: AclSource, by: "grantee" | "grantor"): string =>
  `${aclColumns(columns)} FROM ${from} ${aclEntries(acl, by)}${where === undefined ? "" : ` WHERE ${where}`}`;

const here = "s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())";

/**
 * `seen` is what can carry an entry of the grantees: pg_shdepend is the server's own index from a role to the objects
 * whose owner or ACL names it, so that a database of many tables is not searched. PUBLIC is not in it: for PUBLIC
 * everything outside the system schemas is looked at. Large objects can be too many for that, and for their owner too:
 * only those that are asked for, or that a GRANT names the grantee in. Needs `grantee`.
 */
export function heldAcl({ names, largeObjects = [] }: Pick<ReadQuery, "names" | "largeObjects">): string {
  const everything = `
  UNION SELECT 'pg_namespace'::regclass::oid, oid FROM plain
  UNION SELECT 'pg_class'::regclass::oid, c.oid FROM pg_class c JOIN plain ON plain.oid = c.relnamespace
    WHERE NOT ${brought("pg_class", "c.oid", "c.relowner")}
  UNION SELECT 'pg_proc'::regclass::oid, p.oid FROM pg_proc p JOIN plain ON plain.oid = p.pronamespace
    WHERE NOT ${brought("pg_proc", "p.oid", "p.proowner")}
  UNION SELECT 'pg_type'::regclass::oid, t.oid FROM pg_type t JOIN plain ON plain.oid = t.typnamespace
    WHERE ${ownType} AND NOT ${brought("pg_type", "t.oid", "t.typowner")}`;
  const publicToo = names.includes(PUBLIC.name);
  const sources = [...aclSources, ...(publicToo ? [builtInDefaults] : [])];
  return `${publicToo ? `plain AS (SELECT n.oid FROM pg_namespace n WHERE ${plainSchema}),\n` : ""}seen AS (
  SELECT s.classid, s.objid FROM pg_shdepend s
  WHERE ${namesRole("SELECT oid FROM grantee")} AND ${here} AND NOT (s.classid = 'pg_largeobject'::regclass AND s.deptype = 'o')
  UNION SELECT 'pg_largeobject'::regclass::oid, unnest(${oidArray(largeObjects.map(({ oid }) => oid))})${publicToo ? everything : ""}),
acl_rows AS (${sources.map((source) => rowsOf(source, "grantee")).join("\nUNION ALL")})`;
}

/** What the role of `gone` has given to others. */
export const givenAcl = `seen AS (
  SELECT DISTINCT s.classid, s.objid FROM pg_shdepend s
  WHERE ${namesRole("SELECT oid FROM gone")} AND ${here})
${aclSources.map((source) => rowsOf(source, "grantor")).join("\nUNION ALL")}`;

export const oidArray = (oids: readonly number[]): string => `${textArray(oids.map(String))}::oid[]`;
