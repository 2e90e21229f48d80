import type { ReadQuery } from "../../access/server";
import { brought, oidArray, ownType, plainSchema, routineSignature } from "./acl-sources";
import { textArray } from "./literals";

/** The part of a reading that is about one database. */
export type DatabaseQuery = Pick<ReadQuery, "names" | "schemas" | "columnsOf" | "largeObjects">;

export const inDatabase = (query: ReadQuery, database: string): DatabaseQuery => {
  const here = (asked: { database: string }): boolean => asked.database === database;
  return {
    names: query.names,
    schemas: query.schemas.filter(here),
    columnsOf: query.columnsOf?.filter(here),
    largeObjects: query.largeObjects?.filter(here),
  };
};

/** Whether anything but privileges is asked for. */
export const asksForObjects = ({ schemas, columnsOf = [], largeObjects = [] }: DatabaseQuery): boolean =>
  schemas.length + columnsOf.length + largeObjects.length > 0;

function schemaIn(schemas: readonly { schema: string }[]): string {
  const named = `n.nspname = ANY (${textArray(schemas.map(({ schema }) => schema).filter((name) => name !== ""))})`;
  return schemas.some(({ schema }) => schema === "") ? `(${named} OR ${plainSchema})` : named;
}

const columns = `(SELECT json_agg(t.attname ORDER BY t.attnum) FROM pg_attribute t
      WHERE t.attrelid = c.oid AND t.attnum > 0 AND NOT t.attisdropped)`;

const relationSource = (schemas: DatabaseQuery["schemas"], columnsOf: { schema: string; table: string }[]): string => `
  SELECT n.nspname::text AS schema, c.relname::text AS name, pg_get_userbyid(c.relowner)::text AS owner,
    CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitionedTable' WHEN 'v' THEN 'view'
      WHEN 'm' THEN 'materializedView' WHEN 'f' THEN 'foreignTable' ELSE 'sequence' END AS kind,
    (SELECT o.relname::text FROM pg_depend d JOIN pg_class o ON o.oid = d.refobjid
      WHERE c.relkind = 'S' AND d.classid = 'pg_class'::regclass AND d.objid = c.oid
        AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i') LIMIT 1) AS owned_by_table,
    ${columnsOf.length === 0 ? "NULL::json" : `CASE WHEN c.oid IN (SELECT oid FROM detailed) THEN ${columns} END`} AS columns
  FROM (
    SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE ${schemaIn(schemas)} AND NOT ${brought("pg_class", "c.oid", "c.relowner")}
    UNION SELECT oid FROM detailed) chosen
  JOIN pg_class c USING (oid) JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')`;

const routineSource = (schemas: DatabaseQuery["schemas"]): string => `
  SELECT n.nspname::text, ${routineSignature}, pg_get_userbyid(p.proowner)::text, 'routine', NULL, NULL
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE ${schemaIn(schemas)} AND NOT ${brought("pg_proc", "p.oid", "p.proowner")}`;

const typeSource = (schemas: DatabaseQuery["schemas"]): string => `
  SELECT n.nspname::text, t.typname::text, pg_get_userbyid(t.typowner)::text, 'type', NULL, NULL
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
  WHERE ${schemaIn(schemas)} AND ${ownType} AND NOT ${brought("pg_type", "t.oid", "t.typowner")}`;

const largeObjectSource = (oids: readonly number[]): string => `
  SELECT '', m.oid::text, pg_get_userbyid(m.lomowner)::text, 'largeObject', NULL, NULL
  FROM pg_largeobject_metadata m WHERE m.oid = ANY (${oidArray(oids)})`;

/** The WITH entries `schema_rows` and `relation_rows`. */
export function objectRows({ schemas, columnsOf = [], largeObjects = [] }: DatabaseQuery): string {
  const withRoutines = schemas.filter(({ routines }) => routines === true);
  const withTypes = schemas.filter(({ types }) => types === true);
  const sources = [
    relationSource(schemas, columnsOf),
    ...(withRoutines.length > 0 ? [routineSource(withRoutines)] : []),
    ...(withTypes.length > 0 ? [typeSource(withTypes)] : []),
    ...(largeObjects.length > 0 ? [largeObjectSource(largeObjects.map(({ oid }) => oid))] : []),
  ];
  return `schema_rows AS (
  SELECT n.nspname::text AS name, pg_get_userbyid(n.nspowner)::text AS owner, o.rolsuper AND EXISTS (
      SELECT FROM aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a WHERE a.grantee = 0 AND a.privilege_type = 'USAGE') AS fixed
  FROM pg_namespace n JOIN pg_roles o ON o.oid = n.nspowner WHERE ${schemaIn(schemas)}),
detailed AS (
  SELECT c.oid FROM unnest(${textArray(columnsOf.map(({ schema }) => schema))}, ${textArray(columnsOf.map(({ table }) => table))}) AS w(schema, name)
  JOIN pg_namespace n ON n.nspname = w.schema JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name),
relation_rows AS (${sources.join("\n  UNION ALL")})`;
}
