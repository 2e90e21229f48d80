import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  UntagResourceCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { DbAccessError } from "../errors";
import { secretsClient } from "./aws-clients";
import { isAws, secretError } from "./aws-error";
import { describeLive, stagesOf, versionWith, type Described } from "./describe-secret";
import { FORMER_TAG, tagsOf } from "./ownership";
import { parseValue, type SecretValue } from "./secret-value";

export interface StoredVersion extends SecretValue {
  versionId: string;
  text: string;
}

export const currentVersion = (arn: string): Promise<StoredVersion> => getVersion(arn);

/** Undefined when there is no such version, or one without a value. */
export async function versionOf(arn: string, versionId: string): Promise<StoredVersion | undefined> {
  try {
    return await getVersion(arn, versionId);
  } catch (error) {
    if (isAws(error, "ResourceNotFoundException", "InvalidParameterException")) return undefined;
    throw error;
  }
}

async function getVersion(arn: string, VersionId?: string): Promise<StoredVersion> {
  const answer = await secretsClient().send(new GetSecretValueCommand({ SecretId: arn, VersionId }));
  const text = answer.SecretString ?? "";
  const value = parseValue(text);
  if (value !== undefined) return { versionId: answer.VersionId ?? "", ...value, text };
  throw new DbAccessError(
    "SecretUnavailable",
    "The login's secret holds no password; put one in as JSON with password, or change passwordVersion to set a new one.",
  );
}

/** False when the token has been used before, for another value. */
export async function putVersion(arn: string, token: string, text: string, stage: Stage): Promise<boolean> {
  try {
    await secretsClient().send(
      new PutSecretValueCommand({
        SecretId: arn,
        ClientRequestToken: token,
        SecretString: text,
        VersionStages: [stage],
      }),
    );
    return true;
  } catch (error) {
    if (isAws(error, "ResourceExistsException")) return false;
    throw error;
  }
}

export type Stage = "AWSCURRENT" | "AWSPENDING";

/** Whether something of the promotion of a version is left to do. */
export const isUnfinished = (described: Described | undefined, versionId: string): boolean => {
  const stages = stagesOf(described, versionId);
  return !stages.includes("AWSCURRENT") || stages.includes("AWSPENDING") || FORMER_TAG in tagsOf(described?.Tags);
};

/** The password works on the server: its version becomes the current one, and the secret is nobody else's any more. */
export async function promoteSecret(prepared: { arn: string; versionId: string; pending: boolean }): Promise<void> {
  if (!prepared.pending) return;
  const { arn, versionId } = prepared;
  try {
    await seeingAnew(() => promote(arn, versionId));
  } catch (error) {
    throw secretError(error, "the login's secret");
  }
}

/** The answer to a call that succeeded was lost, and the SDK's repetition found its work done: looking again tells. */
export const seeingAnew = (run: () => Promise<void>): Promise<void> =>
  run().catch((error: unknown) => {
    if (!isAws(error, "InvalidParameterException")) throw error;
    return run();
  });

async function promote(arn: string, versionId: string): Promise<void> {
  const described = await describeLive(arn);
  const before = versionWith(described, "AWSCURRENT");
  if (before !== versionId)
    await secretsClient().send(
      new UpdateSecretVersionStageCommand({
        SecretId: arn,
        VersionStage: "AWSCURRENT",
        MoveToVersionId: versionId,
        ...(before === undefined ? {} : { RemoveFromVersionId: before }),
      }),
    );
  if (stagesOf(described, versionId).includes("AWSPENDING")) await dropPending(arn, versionId);
  if (FORMER_TAG in tagsOf(described?.Tags))
    await secretsClient().send(new UntagResourceCommand({ SecretId: arn, TagKeys: [FORMER_TAG] }));
}

export async function dropPending(arn: string, versionId: string): Promise<void> {
  await secretsClient().send(
    new UpdateSecretVersionStageCommand({
      SecretId: arn,
      VersionStage: "AWSPENDING",
      RemoveFromVersionId: versionId,
    }),
  );
}
