import type { LoginClaim } from "../access/claims";
import { claimIdPrefix } from "../access/id";
import type { ClaimRecord, CredentialRecord } from "../access/record";
import type { SecretState } from "../access/secret";
import { CLUSTER_TAG, PRINCIPAL_TAG } from "../access/secret-text";
import type { FunctionConfig } from "../config";
import { loginNamed, namesPrincipal } from "../credentials/ownership";
import { readSecretState } from "../credentials/secret-state";
import type { LedgerQuery } from "../engines/engine";
import { DbAccessError } from "../errors";
import type { RotationEvent } from "./event";

export const replayed = (name: string): DbAccessError =>
  new DbAccessError(
    "RotationReplayed",
    `The rotation of secret ${name} was overtaken: its version is neither pending nor current any more. Nothing was changed.`,
  );

/** Whether the version still waits to become current; otherwise it is. One that is neither is refused. */
export function isStaged({ name, versionId, pendingVersionId }: SecretState, event: RotationEvent): boolean {
  const staged = event.ClientRequestToken === pendingVersionId;
  if (!staged && event.ClientRequestToken !== versionId) throw replayed(name);
  return staged;
}

/** Anybody who may invoke the function could name any secret: only what carries our tags is touched. */
export async function ownedSecret(config: FunctionConfig, event: RotationEvent): Promise<SecretState> {
  const state = await readSecretState(event.SecretId, { policy: false });
  if (state?.tags[PRINCIPAL_TAG] === undefined)
    throw new DbAccessError(
      "NotOurs",
      "The secret that is to be rotated was not made by this provisioner; nothing was changed.",
    );
  if (state.tags[CLUSTER_TAG] !== config.cluster)
    throw new DbAccessError(
      "SecretOfAnotherCluster",
      `Secret ${state.name} belongs to a login of another cluster; this provisioner serves ${config.cluster}. Nothing was changed.`,
    );
  return state;
}

const principalId = (config: FunctionConfig, name: string): string =>
  claimIdPrefix(config.family, config.cluster, { kind: "role", name, deletion: "drop" });

/** Of all logins. */
export const principalPrefix = (config: FunctionConfig): string => principalId(config, "");

/** The row of the login that the secret's tag names; of all logins where the tag is too short for its id. */
export function rowsOf(config: FunctionConfig, { tags }: SecretState): LedgerQuery {
  const name = loginNamed(tags[PRINCIPAL_TAG]);
  const none: LedgerQuery = { ids: [], idPrefixes: [], owners: [], grantees: [] };
  return name === undefined
    ? { ...none, idPrefixes: [principalPrefix(config)] }
    : { ...none, ids: [principalId(config, name)] };
}

export type RotatableRecord = ClaimRecord & { credentials: CredentialRecord };

export function rotatable(
  rows: readonly ClaimRecord[],
  { arn, name, tags }: SecretState,
): { record: RotatableRecord; claim: LoginClaim } {
  const record = rows.find((row) => namesPrincipal(tags, row.id));
  const refuse = (why: string): DbAccessError =>
    new DbAccessError("RotationRefused", `Secret ${name} is not rotated: ${why}. Nothing was changed.`);
  if (record?.claim.kind !== "login" || record.retained || record.credentials?.secretArn !== arn)
    throw new DbAccessError("NotOurs", `No login that is managed here has the secret ${name}; nothing was changed.`);
  const { claim, credentials } = record;
  if (claim.rotation === undefined || claim.rotation.functionArn !== undefined)
    throw refuse(`login ${claim.name} does not ask for rotation by this provisioner`);
  if (claim.rotation.strategy === "alternating" && credentials.active === undefined)
    throw refuse(`an earlier change of login ${claim.name} did not end; run \`pulumi up\` again`);
  return { record: { ...record, credentials }, claim };
}
