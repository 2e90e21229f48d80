import type { LoginClaim } from "./claims";
import { ownerDigest } from "./id";
import type { ServiceFacts } from "./secret";

/** Tag that says which principal a secret belongs to: the claim's id. */
export const PRINCIPAL_TAG = "db-access:principal";
export const CLUSTER_TAG = "db-access:cluster";
/** Whose claim it was, shortened: a login that replaces another one of the same owner may take its secret over. */
export const OWNER_TAG = "db-access:owner";

/** On a secret of somebody else: its owner lets logins of the cluster of this name have its password. */
export const SUPPLIES_TAG = "db-access:supplies";

/** What we give every secret, and nobody else. */
export const isOwnTag = (tag: string): boolean =>
  tag.startsWith("db-access:") || tag === "create_by_user_automation" || tag === "creation_timestamp";

export const ownershipTags = (id: string, cluster: string, owner: string): Record<string, string> => ({
  [PRINCIPAL_TAG]: id,
  [CLUSTER_TAG]: cluster,
  [OWNER_TAG]: ownerDigest(owner),
});

/** The name of a login's secret: as given, by convention, or under the first prefix that is allowed. */
export function secretNameOf(service: ServiceFacts, cluster: string, claim: LoginClaim): string {
  const named = claim.auth.kind === "password" ? claim.auth.secret?.name : undefined;
  if (named !== undefined) return named;
  const usual = `rds-${claim.database ?? cluster}-${claim.name}-secret`;
  const allowed = service.secretNamePrefixes.some((prefix) => usual.startsWith(prefix));
  return allowed ? usual : `${service.secretNamePrefixes[0]}${claim.name}`;
}

/** The value in the shape RDS tools expect, in a fixed order: the same value must be the same bytes. */
export function secretText(service: ServiceFacts, claim: LoginClaim, username: string, password: string): string {
  const foreign = claim.rotation?.functionArn !== undefined;
  return JSON.stringify({
    engine: service.engine,
    host: service.host,
    port: service.port,
    username,
    password,
    ...(claim.database === undefined ? {} : { dbname: claim.database }),
    ...service.identifier,
    // A function that rotates with two users logs in with the admin's secret.
    ...(foreign ? { masterarn: service.adminSecretArn } : {}),
    ssl: true,
  });
}

/** Everything of the value but user name and password: what the ledger keeps to see when it has to be written again. */
export const secretContent = (service: ServiceFacts, claim: LoginClaim): string => secretText(service, claim, "", "");
