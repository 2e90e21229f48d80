import { DescribeSecretCommand, type DescribeSecretCommandOutput } from "@aws-sdk/client-secrets-manager";
import type { Replica } from "../access/claims";
import type { AttachedRotation } from "../access/secret";
import { secretsClient } from "./aws-clients";
import { isAws } from "./aws-error";

export type Described = DescribeSecretCommandOutput;

export async function describeAny(id: string): Promise<Described | undefined> {
  try {
    return await secretsClient().send(new DescribeSecretCommand({ SecretId: id }));
  } catch (error) {
    if (isAws(error, "ResourceNotFoundException")) return undefined;
    throw error;
  }
}

/** Undefined when it is gone or on its way out. */
export const describeLive = async (id: string): Promise<Described | undefined> => {
  const described = await describeAny(id);
  return described?.DeletedDate === undefined ? described : undefined;
};

export const stagesOf = (described: Described | undefined, versionId: string): string[] =>
  described?.VersionIdsToStages?.[versionId] ?? [];

/** The version that has a label. */
export const versionWith = (described: Described | undefined, stage: string): string | undefined =>
  Object.entries(described?.VersionIdsToStages ?? {}).find(([, stages]) => stages.includes(stage))?.[0];

/** How AWS names the account's own key where it does not leave it out. */
const OWN_KEY = "alias/aws/secretsmanager";

/** Undefined: the account's own key. */
export const keyIn = (kmsKeyId: string | undefined): string | undefined =>
  kmsKeyId === undefined || kmsKeyId === "" || kmsKeyId.endsWith(OWN_KEY) ? undefined : kmsKeyId;

/** A replica that could not be made is none. */
export const replicasOf = (described: Described | undefined): Replica[] =>
  (described?.ReplicationStatus ?? []).flatMap(({ Region, KmsKeyId, Status }) => {
    if (Region === undefined || Status === "Failed") return [];
    const key = keyIn(KmsKeyId);
    return [{ region: Region, ...(key === undefined ? {} : { kmsKeyArn: key }) }];
  });

/** Secrets Manager computes days from a schedule: where there is one, that is what was asked for. */
export function rulesOf({ RotationRules: rules }: Described): Pick<AttachedRotation, "days" | "schedule"> {
  if (rules?.ScheduleExpression !== undefined) return { schedule: rules.ScheduleExpression };
  return rules?.AutomaticallyAfterDays === undefined ? {} : { days: rules.AutomaticallyAfterDays };
}

/** The function's ARN is empty where AWS rotates by itself. */
export const rotationOf = (described: Described | undefined): AttachedRotation | undefined =>
  described?.RotationEnabled === true
    ? { functionArn: described.RotationLambdaARN ?? "", ...rulesOf(described) }
    : undefined;
