import { DeleteSecretCommand, UntagResourceCommand } from "@aws-sdk/client-secrets-manager";
import { PRINCIPAL_TAG } from "../access/secret-text";
import { secretsClient } from "./aws-clients";
import { isAws, secretError } from "./aws-error";
import { describeLive, stagesOf, versionWith } from "./describe-secret";
import { giveBack } from "./new-secret";
import { FORMER_TAG, namesPrincipal, tagsOf } from "./ownership";
import { removeReplicas } from "./replicas";
import { dropPending, seeingAnew } from "./secret-versions";
import { whileSettling } from "./settling";

/**
 * Deletes only what still names the principal that is being deleted. Already gone is success. What was taken from
 * another login and never proven goes back to that.
 */
export async function deleteSecret(arn: string, id: string, recoveryDays: number): Promise<string[]> {
  try {
    const described = await describeLive(arn);
    if (described === undefined) return [];
    const tags = tagsOf(described.Tags);
    const name = described.Name ?? arn;
    if (!namesPrincipal(tags, id)) return [`The secret ${name} names another login by now and was left as it is.`];
    const former = tags[FORMER_TAG];
    if (former !== undefined && former !== tags[PRINCIPAL_TAG]) {
      await seeingAnew(() => returnTo(former, arn));
      return [`The secret ${name} belongs to the login again from which it was taken over.`];
    }
    const replicated = await removeReplicas(arn, described);
    await whileSettling(
      () => scheduleDeletion(arn, recoveryDays),
      // Its replicas are still going.
      (error) => replicated && isAws(error, "InvalidRequestException", "InvalidParameterException"),
    );
    return [];
  } catch (error) {
    if (isAws(error, "ResourceNotFoundException")) return [];
    throw secretError(error, "the login's secret");
  }
}

async function returnTo(former: string, arn: string): Promise<void> {
  const described = await describeLive(arn);
  if (described === undefined) return;
  const pending = versionWith(described, "AWSPENDING");
  if (pending !== undefined && !stagesOf(described, pending).includes("AWSCURRENT")) await dropPending(arn, pending);
  await giveBack(arn, former, described);
  await secretsClient().send(new UntagResourceCommand({ SecretId: arn, TagKeys: [FORMER_TAG] }));
}

async function scheduleDeletion(arn: string, recoveryDays: number): Promise<void> {
  try {
    await secretsClient().send(
      new DeleteSecretCommand({
        SecretId: arn,
        ...(recoveryDays === 0 ? { ForceDeleteWithoutRecovery: true } : { RecoveryWindowInDays: recoveryDays }),
      }),
    );
  } catch (error) {
    // The answer to a call that succeeded was lost, and the SDK's repetition found its work done.
    if (isAws(error, "InvalidRequestException") && (await describeLive(arn)) === undefined) return;
    throw error;
  }
}
