import type { Item } from "../../access/item";
import type { AccountState, DatabaseState, ReadQuery } from "../../access/server";
import type { Connection } from "./connection";
import { holdsAdmin, type Facts } from "./facts";
import { textArray } from "./literals";
import { grantableParameters } from "./parameters";
import { settingsOf } from "./settings";
import { aclColumns, aclEntries, granteeTable, itemsOf, namesRole, type AclRow } from "./rows";

interface RoleRow {
  name: string;
  login: boolean;
  system: boolean;
  iam: boolean;
  limit: number;
  valid_until: string | null;
  administrable: boolean;
  settings: string[];
}

interface MembershipRow {
  member: string;
  role: string;
  grantor: string;
  admin: boolean;
  inherit: boolean | null;
  set: boolean | null;
}

interface DatabaseRow {
  name: string;
  owner: string;
  charset: string;
  connectable: boolean;
  fixed: boolean;
  mentions: boolean;
}

/** What roles and databases are, from the catalogs that all databases share. */
export interface ClusterReading {
  accounts: AccountState[];
  databases: DatabaseState[];
  items: Item[];
  /** Databases in which one of the names holds or owns something. */
  mentioning: Set<string>;
  /** What the provisioner's login may pass on; undefined on versions without such privileges. */
  parameters?: Map<string, string[]>;
}

export interface ClusterRow {
  roles: RoleRow[];
  memberships: MembershipRow[];
  databases: DatabaseRow[];
  acl: (AclRow & { database: string })[];
  parameters: { name: string; privileges: string[] }[] | null;
}

/** Roles of the server and of RDS: never touched. The provisioner's own login is one of them. */
const systemRole = `r.rolsuper OR r.rolreplication OR r.rolbypassrls OR r.rolname = current_user
  OR r.rolname ~ '^(pg_|rds_)' OR r.rolname IN ('rdsadmin', 'rdsrepladmin', 'rdstopmgr', 'rdswriteforwarduser')`;

const isoTime = `to_char(r.rolvaliduntil AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** One row: a `ClusterRow`. */
export const clusterQuery = (facts: Facts, { names, databases, parameters = [] }: ReadQuery): string => `
WITH ${granteeTable(names)},
iam AS (SELECT to_regrole('rds_iam')::oid AS oid),
named AS (SELECT d.* FROM pg_database d WHERE d.datname = ANY (${textArray(databases)})),
role_rows AS (
  SELECT r.rolname::text AS name, r.rolcanlogin AS login, ${systemRole} AS system,
    coalesce(NOT r.rolsuper AND pg_has_role(r.oid, iam.oid, 'MEMBER'), false) AS iam,
    r.rolconnlimit AS "limit",
    CASE WHEN isfinite(r.rolvaliduntil) THEN ${isoTime} WHEN r.rolvaliduntil = '-infinity' THEN '-infinity' END AS valid_until,
    ${facts.memberOptions ? holdsAdmin("r.oid") : `${facts.adminCreatesRoles} AND NOT r.rolsuper`} AS administrable,
    coalesce(r.rolconfig, '{}') AS settings
  FROM grantee g JOIN pg_roles r ON r.oid = g.oid CROSS JOIN iam),
membership_rows AS (
  SELECT g.name AS member, pg_get_userbyid(m.roleid)::text AS role, pg_get_userbyid(m.grantor)::text AS grantor,
    m.admin_option AS admin, ${facts.memberOptions ? 'm.inherit_option AS inherit, m.set_option AS "set"' : 'NULL AS inherit, NULL AS "set"'}
  FROM grantee g JOIN pg_auth_members m ON m.member = g.oid),
database_rows AS (
  SELECT d.datname::text AS name, pg_get_userbyid(d.datdba)::text AS owner, pg_encoding_to_char(d.encoding)::text AS charset,
    d.datallowconn AND d.datconnlimit <> -2 AND has_database_privilege(d.oid, 'CONNECT') AS connectable,
    (SELECT o.rolsuper FROM pg_roles o WHERE o.oid = d.datdba) AND EXISTS (
      SELECT FROM aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a WHERE a.grantee = 0 AND a.privilege_type = 'CONNECT') AS fixed,
    EXISTS (SELECT FROM pg_shdepend s WHERE ${namesRole("SELECT oid FROM grantee")} AND s.dbid = d.oid) AS mentions
  FROM named d),
acl_rows AS (
  ${aclColumns({ kind: "'database'" })}, d.datname::text AS database
  FROM named d ${aclEntries("coalesce(d.datacl, acldefault('d', d.datdba))")}${
    facts.parameterAcls
      ? `
  UNION ALL ${aclColumns({ kind: "'parameter'", object: "p.parname" })}, '' AS database
  FROM pg_parameter_acl p ${aclEntries("p.paracl")}`
      : ""
  })
SELECT coalesce((SELECT json_agg(x) FROM role_rows x), '[]') AS roles,
  coalesce((SELECT json_agg(x) FROM membership_rows x), '[]') AS memberships,
  coalesce((SELECT json_agg(x) FROM database_rows x), '[]') AS databases,
  coalesce((SELECT json_agg(x) FROM acl_rows x), '[]') AS acl,
  ${grantableParameters(facts, parameters)} AS parameters`;

/** One message. */
export async function readCluster(connection: Connection, facts: Facts, query: ReadQuery): Promise<ClusterReading> {
  const [row] = await connection.query<ClusterRow>(clusterQuery(facts, query), [], {
    step: "reading roles and databases",
  });
  return clusterReading(row, facts);
}

export function clusterReading(row: ClusterRow, facts: Facts): ClusterReading {
  return {
    ...(row.parameters === null
      ? {}
      : { parameters: new Map(row.parameters.map(({ name, privileges }) => [name, privileges])) }),
    accounts: row.roles.map((role) => accountState(role, facts)),
    databases: row.databases.map(({ name, owner, charset, connectable, fixed }) => ({
      name,
      owner,
      charset,
      connectable,
      fixedForPublic: fixed,
    })),
    items: [...row.memberships.map(membershipItem), ...row.acl.flatMap((entry) => itemsOf(entry, entry.database))],
    mentioning: new Set(row.databases.filter((database) => database.mentions).map((database) => database.name)),
  };
}

function accountState(row: RoleRow, facts: Facts): AccountState {
  const auth = row.iam ? "iam" : row.login ? "password" : "none";
  return {
    account: { name: row.name },
    login: row.login,
    auth,
    locked: !row.login,
    requireTls: facts.forcesTls,
    connectionLimit: row.limit === -1 ? null : row.limit,
    validUntil: row.valid_until,
    passwordExpires: null,
    system: row.system,
    administrable: row.administrable,
    settings: settingsOf(row.settings),
  };
}

const membershipItem = (row: MembershipRow): Item => ({
  grantee: { name: row.member },
  kind: "role",
  database: "",
  schema: "",
  object: row.role,
  column: "",
  privilege: "MEMBER",
  grantable: row.admin,
  ...(row.inherit === null || row.set === null ? {} : { options: { inherit: row.inherit, set: row.set } }),
  grantor: row.grantor,
});
