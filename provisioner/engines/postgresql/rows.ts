import { PUBLIC, type Account } from "../../access/account";
import type { Item, ItemKind } from "../../access/item";
import { textArray } from "./literals";

/** One ACL entry: every privilege that one grantor gave one grantee on one object. */
export interface AclRow {
  grantee: string;
  kind: ItemKind;
  schema: string;
  object: string;
  column: string;
  creator: string | null;
  grantor: string;
  privileges: string[];
  grantable: string[];
}

/**
 * SQL for the entries of an ACL, as the end of a SELECT whose FROM clause goes before it: those held by the roles of
 * `grantee`, or those that the role of `gone` has given to others.
 */
export const aclEntries = (acl: string, by: "grantee" | "grantor" = "grantee"): string => `
CROSS JOIN LATERAL (
  SELECT a.grantee, a.grantor, array_agg(a.privilege_type) AS privileges,
    coalesce(array_agg(a.privilege_type) FILTER (WHERE a.is_grantable), '{}') AS grantable
  FROM aclexplode(${acl}) a GROUP BY a.grantee, a.grantor) e
${by === "grantee" ? "JOIN grantee g ON g.oid = e.grantee" : grantedAway}`;

const grantedAway = `JOIN gone ON gone.oid = e.grantor AND e.grantee <> gone.oid
CROSS JOIN LATERAL (SELECT CASE e.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(e.grantee)::text END AS name) g`;

export interface AclColumns {
  kind: string;
  schema?: string;
  object?: string;
  column?: string;
  creator?: string;
}

/** The columns of `AclRow` for one kind of object. */
export const aclColumns = (columns: AclColumns): string => `
SELECT g.name AS grantee, ${columns.kind} AS kind, ${columns.schema ?? "''"} AS schema, ${columns.object ?? "''"} AS object,
  ${columns.column ?? "''"} AS "column", ${columns.creator ?? "NULL::text"} AS creator,
  pg_get_userbyid(e.grantor)::text AS grantor, e.privileges, e.grantable`;

/**
 * The entries of pg_shdepend, alias `s`, that name one of the roles. That catalog is the server's own index from a role
 * to everything whose owner or ACL names it; as a list of constants the roles make it use the index it has for that,
 * which a join does not while the catalog has no statistics.
 */
export const namesRole = (roles: string): string =>
  `s.refclassid = 'pg_authid'::regclass AND s.refobjid = ANY (ARRAY(${roles}))`;

/** The named grantees by oid; 0 is PUBLIC. */
export const granteeTable = (names: readonly string[]): string => `grantee AS (
  SELECT oid, rolname::text AS name FROM pg_roles WHERE rolname = ANY (${textArray(names)})${
    names.includes(PUBLIC.name) ? "\n  UNION ALL SELECT 0::oid, 'PUBLIC'" : ""
  })`;

export const itemsOf = (row: AclRow, database: string): Item[] => {
  const account: Account = { name: row.grantee };
  return row.privileges.map((privilege) => ({
    grantee: account,
    kind: row.kind,
    database,
    schema: row.schema,
    object: row.object,
    column: row.column,
    privilege,
    grantable: row.grantable.includes(privilege),
    ...(row.creator === null ? {} : { creator: row.creator }),
    grantor: row.grantor,
  }));
};
