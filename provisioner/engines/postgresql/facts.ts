import type { ServerFacts } from "../../access/server";
import { DbAccessError } from "../../errors";
import type { Connection } from "./connection";
import { maxNameBytes } from "./quote";

/** What the engine itself needs to know beside the facts that planners see. */
export interface Facts extends ServerFacts {
  /** 16 and newer: memberships have options and grantors, and a role is administered by whoever has ADMIN on it. */
  memberOptions: boolean;
  /** 15 and newer: SET and ALTER SYSTEM of a parameter can be granted. */
  parameterAcls: boolean;
  /** Until 15 this attribute is the right to administer roles. */
  adminCreatesRoles: boolean;
  /** The server has `rds_iam`, whether or not the login may grant it. */
  iamExists: boolean;
}

interface FactsRow {
  number: number;
  version: string;
  admin: string;
  in_recovery: boolean;
  tls: boolean | null;
  forces_tls: boolean;
  creates_roles: boolean;
  superuser: boolean;
  iam_exists: boolean;
  iam_admin: boolean;
}

/** ADMIN on a role directly, or through a role whose privileges the login has: what GRANT itself looks for. */
export const holdsAdmin = (roleOid: string): string =>
  `EXISTS (SELECT FROM pg_catalog.pg_auth_members held WHERE held.roleid = ${roleOid} AND held.admin_option
     AND pg_catalog.pg_has_role(held.member, 'USAGE'))`;

const factsQuery = `
SELECT current_setting('server_version_num')::int AS number,
  split_part(current_setting('server_version'), ' ', 1) AS version,
  current_user::text AS admin,
  pg_is_in_recovery() AS in_recovery,
  (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) AS tls,
  coalesce(lower(current_setting('rds.force_ssl', true)) IN ('1', 'on', 'true'), false) AS forces_tls,
  me.rolcreaterole OR me.rolsuper AS creates_roles, me.rolsuper AS superuser,
  iam.oid IS NOT NULL AS iam_exists,
  ${holdsAdmin("iam.oid")} AS iam_admin
FROM (SELECT to_regrole('rds_iam')::oid AS oid) iam JOIN pg_roles me ON me.rolname = current_user`;

const withParameterAcls = 150000;
const withMemberOptions = 160000;

/** The first message of a session. Refuses a connection without TLS and a server that cannot be written. */
export async function readFacts(connection: Connection): Promise<Facts> {
  const [row] = await connection.query<FactsRow>(factsQuery, [], { step: "reading the server's version and settings" });
  if (row.tls !== true)
    throw new DbAccessError(
      "TlsUnavailable",
      "The server says that this connection is not encrypted; connect to it directly, with TLS up to the server.",
    );
  if (row.in_recovery)
    throw new DbAccessError("ServerReadOnly", "This server is a replica; use the writer endpoint.", {
      transient: true,
    });
  const memberOptions = row.number >= withMemberOptions;
  const adminsIam = row.iam_admin || row.superuser || (!memberOptions && row.creates_roles);
  return {
    family: "postgresql",
    product: "postgresql",
    version: row.version,
    versionNumber: row.number,
    admin: { name: row.admin },
    adminDatabase: connection.database,
    forcesTls: row.forces_tls,
    iamAvailable: row.iam_exists && adminsIam,
    maxNameLength: maxNameBytes,
    memberOptions,
    parameterAcls: row.number >= withParameterAcls,
    adminCreatesRoles: row.creates_roles,
    iamExists: row.iam_exists,
  };
}
