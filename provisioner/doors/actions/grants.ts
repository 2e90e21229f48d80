import { databaseOfTarget, futureOf, schemaOfTarget, type GrantClaim } from "../../access/claims";
import { DEFAULT_SCHEMA, type GrantRecord } from "../level";

export const hostOf = ({ claim: { grantee } }: GrantRecord): string | undefined =>
  typeof grantee === "string" ? undefined : grantee.host;

export interface Where {
  database?: string;
  schema?: string;
  hosts?: readonly string[];
}

/** Those that an event means: all of them, or those on what it names. */
export const grantsAt = (grants: readonly GrantRecord[], { database, schema, hosts }: Where): GrantRecord[] =>
  grants.filter(
    (grant) =>
      (database === undefined || databaseOfTarget(grant.claim.on) === database) &&
      (schema === undefined || schemaOfTarget(grant.claim.on) === schema) &&
      (hosts === undefined || hosts.includes(hostOf(grant) ?? "")),
  );

/** Who makes tables there, as an earlier event has said. */
export function futureOfRecord(grants: readonly GrantRecord[], database: string, schema = DEFAULT_SCHEMA) {
  const [grant] = grantsAt(grants, { database, schema });
  return grant === undefined ? undefined : futureOf(grant.claim.on)?.createdBy;
}

/** The same on a schema whose tables these roles make. */
export const withCreators = (claim: GrantClaim, createdBy: string[] | undefined): GrantClaim =>
  createdBy === undefined || claim.on.kind !== "schema"
    ? claim
    : { ...claim, on: { ...claim.on, future: { createdBy } } };
