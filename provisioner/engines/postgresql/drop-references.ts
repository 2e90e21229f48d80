import type { Item } from "../../access/item";
import type { Connection } from "./connection";
import type { Facts } from "./facts";
import { ownedEntry } from "./owned";
import { aclColumns, aclEntries, itemsOf, namesRole, type AclRow } from "./rows";

/** Where a role that is about to be dropped is mentioned, cluster-wide. */
export interface References {
  inside: DatabaseReference[];
  /** Databases whose own ACL mentions it. */
  databases: string[];
  /** Something that belongs to no database mentions it and is no database's ACL. */
  sharedRemains: boolean;
  /** What it owns and belongs to no database: `database orders`. */
  sharedOwned: string[];
  /** What it has granted to others on databases and parameters, and memberships it has granted. */
  given: Item[];
}

export interface DatabaseReference {
  database: string;
  connectable: boolean;
  /** The database takes no connections at all. */
  closed: boolean;
  /** It owns something there. */
  owns: boolean;
  /** Mentioned by something that is not an object's ACL: a default privilege, a policy, an initial privilege. */
  remains: boolean;
}

interface ReferencesRow {
  exists: boolean;
  inside: DatabaseReference[];
  databases: string[];
  shared_remains: boolean;
  shared_owned: string[];
  given: (AclRow & { database: string })[];
  memberships: { member: string; role: string; admin: boolean }[];
}

/** What a REVOKE of single privileges can clear. Parameters have ACLs since 15. */
const plainAcl = `s.deptype = 'a' AND s.classid IN ('pg_namespace'::regclass, 'pg_class'::regclass, 'pg_proc'::regclass, 'pg_type'::regclass,
  'pg_largeobject'::regclass, 'pg_database'::regclass, coalesce(to_regclass('pg_parameter_acl')::oid, 0))`;

const parameterGrants = `
  UNION ALL ${aclColumns({ kind: "'parameter'", object: "p.parname" })}, '' AS database
  FROM refs s JOIN pg_parameter_acl p ON s.dbid = 0 AND s.classid = 'pg_parameter_acl'::regclass AND p.oid = s.objid ${aclEntries("p.paracl", "grantor")}`;

const referencesQuery = (facts: Facts): string => `
WITH gone AS (SELECT oid FROM pg_roles WHERE rolname = $1),
refs AS (SELECT s.* FROM pg_shdepend s WHERE ${namesRole("SELECT oid FROM gone")}),
inside_rows AS (
  SELECT d.datname::text AS database, d.datallowconn AND d.datconnlimit <> -2 AND has_database_privilege(d.oid, 'CONNECT') AS connectable,
    NOT d.datallowconn OR d.datconnlimit = -2 AS closed, bool_or(NOT (${plainAcl})) AS remains,
    bool_or(${ownedEntry}) AS owns
  FROM refs s JOIN pg_database d ON d.oid = s.dbid GROUP BY d.oid, d.datname, d.datallowconn, d.datconnlimit ORDER BY d.datname),
database_rows AS (SELECT d.* FROM refs s JOIN pg_database d ON s.dbid = 0 AND s.classid = 'pg_database'::regclass AND d.oid = s.objid),
given_rows AS (
  ${aclColumns({ kind: "'database'" })}, d.datname::text AS database
  FROM database_rows d ${aclEntries("d.datacl", "grantor")}${facts.parameterAcls ? parameterGrants : ""}),
membership_rows AS (
  SELECT pg_get_userbyid(m.member)::text AS member, pg_get_userbyid(m.roleid)::text AS role, m.admin_option AS admin
  FROM pg_auth_members m JOIN gone ON gone.oid = m.grantor WHERE ${facts.memberOptions})
SELECT EXISTS (SELECT FROM gone) AS exists,
  coalesce((SELECT json_agg(x) FROM inside_rows x), '[]') AS inside,
  coalesce((SELECT json_agg(datname) FROM database_rows), '[]') AS databases,
  EXISTS (SELECT FROM refs s WHERE s.dbid = 0 AND NOT (${plainAcl})) AS shared_remains,
  ARRAY(SELECT coalesce('database ' || d.datname, i.type || ' ' || i.identity)
    FROM refs s CROSS JOIN LATERAL pg_identify_object(s.classid, s.objid, 0) i
    LEFT JOIN pg_database d ON s.classid = 'pg_database'::regclass AND d.oid = s.objid
    WHERE s.dbid = 0 AND ${ownedEntry} ORDER BY 1) AS shared_owned,
  coalesce((SELECT json_agg(x) FROM given_rows x), '[]') AS given,
  coalesce((SELECT json_agg(x) FROM membership_rows x), '[]') AS memberships`;

/** Undefined when there is no such role. */
export async function readReferences(
  connection: Connection,
  facts: Facts,
  name: string,
): Promise<References | undefined> {
  const [row] = await connection.query<ReferencesRow>(referencesQuery(facts), [name], {
    step: `looking for what mentions ${name}`,
  });
  if (!row.exists) return undefined;
  const memberships = row.memberships.map(({ member, role, admin }): Item => ({
    grantee: { name: member },
    kind: "role",
    database: "",
    schema: "",
    object: role,
    column: "",
    privilege: "MEMBER",
    grantable: admin,
    grantor: name,
  }));
  return {
    inside: row.inside,
    databases: row.databases,
    sharedRemains: row.shared_remains,
    sharedOwned: row.shared_owned,
    given: [...row.given.flatMap((entry) => itemsOf(entry, entry.database)), ...memberships],
  };
}
