import { GetResourcePolicyCommand } from "@aws-sdk/client-secrets-manager";
import type { PrimarySecret, SecretState } from "../access/secret";
import { DbAccessError } from "../errors";
import { secretsClient } from "./aws-clients";
import { adminSecretError, isAws, secretError } from "./aws-error";
import {
  describeAny,
  describeLive,
  keyIn,
  replicasOf,
  rotationOf,
  rulesOf,
  stagesOf,
  versionWith,
} from "./describe-secret";
import { tagsOf } from "./ownership";

/** A login's secret without its value. Undefined when it is gone or scheduled for deletion. */
export async function readSecretState(arnOrName: string, wants: { policy: boolean }): Promise<SecretState | undefined> {
  try {
    const described = await describeLive(arnOrName);
    if (described === undefined) return undefined;
    const arn = described.ARN ?? arnOrName;
    const pending = versionWith(described, "AWSPENDING");
    const key = keyIn(described.KmsKeyId);
    const rotation = rotationOf(described);
    return {
      arn,
      name: described.Name ?? arnOrName,
      versionId: versionWith(described, "AWSCURRENT") ?? "",
      ...(pending === undefined || stagesOf(described, pending).includes("AWSCURRENT")
        ? {}
        : { pendingVersionId: pending }),
      ...(key === undefined ? {} : { kmsKeyArn: key }),
      tags: tagsOf(described.Tags),
      ...(wants.policy ? { policy: await policyOf(arn) } : {}),
      replicas: replicasOf(described),
      ...(rotation === undefined ? {} : { rotation }),
    };
  } catch (error) {
    if (isAws(error, "ResourceNotFoundException")) return undefined;
    throw secretError(error, "the login's secret");
  }
}

/** What may be inherited from the admin's secret, which may be RDS's own. */
export async function readPrimary(adminSecretArn: string, wants: { policy: boolean }): Promise<PrimarySecret> {
  try {
    const described = await describeAny(adminSecretArn);
    if (described === undefined)
      throw new DbAccessError(
        "AdminSecretUnavailable",
        "The admin secret does not exist; nothing can be inherited from it.",
      );
    const rules = described.RotationEnabled === true ? rulesOf(described) : {};
    return {
      tags: Object.fromEntries(Object.entries(tagsOf(described.Tags)).filter(([tag]) => !/^aws:/i.test(tag))),
      ...(wants.policy ? { policy: await policyOf(adminSecretArn) } : {}),
      ...(rules.days === undefined && rules.schedule === undefined ? {} : { rotation: rules }),
    };
  } catch (error) {
    throw adminSecretError(error);
  }
}

async function policyOf(arn: string): Promise<string | null> {
  const { ResourcePolicy } = await secretsClient().send(new GetResourcePolicyCommand({ SecretId: arn }));
  return ResourcePolicy === undefined || ResourcePolicy === "" ? null : ResourcePolicy;
}
