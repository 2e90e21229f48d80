import {
  CancelRotateSecretCommand,
  DeleteResourcePolicyCommand,
  PutResourcePolicyCommand,
  RotateSecretCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
} from "@aws-sdk/client-secrets-manager";
import { canonicalJson } from "../access/plan/context";
import type { AttachedRotation, SecretChange } from "../access/secret";
import { DbAccessError } from "../errors";
import { secretsClient } from "./aws-clients";
import { isAws, isDenied, isKeyFailure, secretError } from "./aws-error";
import { describeLive, rotationOf } from "./describe-secret";
import { tagList } from "./ownership";
import { changeReplicas } from "./replicas";

export { rotationProblem } from "./rotation-function";

/**
 * Makes a secret's settings what the plan says. Each of them can be made again. A rotation comes first: when it is
 * refused, nothing else has changed.
 */
export async function applySecretChanges(arn: string, changes: readonly SecretChange[]): Promise<void> {
  for (const change of [...changes].sort((a, b) => rank(a) - rank(b))) {
    try {
      await applyChange(arn, change);
    } catch (error) {
      throw secretError(error, "the login's secret");
    }
  }
}

const rank = ({ set }: SecretChange): number => (set === "rotation" ? 0 : 1);

async function applyChange(arn: string, change: SecretChange): Promise<void> {
  switch (change.set) {
    case "key":
      // Empty: the account's own key.
      await secretsClient().send(new UpdateSecretCommand({ SecretId: arn, KmsKeyId: change.kmsKeyArn ?? "" }));
      return;
    case "policy":
      return changePolicy(arn, change.policy);
    case "tags":
      return changeTags(arn, change.add, change.remove);
    case "replicas":
      return changeReplicas(arn, change.add, change.remove);
    case "rotation":
      return change.rotation === null ? endRotation(arn) : rotate(arn, change.rotation);
  }
}

async function changePolicy(arn: string, policy: string | null): Promise<void> {
  try {
    if (policy === null) await secretsClient().send(new DeleteResourcePolicyCommand({ SecretId: arn }));
    else
      await secretsClient().send(
        new PutResourcePolicyCommand({ SecretId: arn, ResourcePolicy: policy, BlockPublicPolicy: true }),
      );
  } catch (error) {
    if (isAws(error, "PublicPolicyException"))
      throw new DbAccessError(
        "PublicPolicy",
        "Secrets Manager refuses the secret's policy because it would let everybody in; name accounts, roles or users.",
        { property: "auth.secret" },
      );
    if (isAws(error, "MalformedPolicyDocumentException"))
      throw new DbAccessError(
        "SecretUnavailable",
        "Secrets Manager refuses the secret's policy; see that every principal in it exists, and correct auth.secret.readers or the admin secret's policy.",
        { property: "auth.secret" },
      );
    throw error;
  }
}

async function changeTags(arn: string, add: Record<string, string>, remove: string[]): Promise<void> {
  if (Object.keys(add).length > 0)
    await secretsClient().send(new TagResourceCommand({ SecretId: arn, Tags: tagList(add) }));
  if (remove.length > 0) await secretsClient().send(new UntagResourceCommand({ SecretId: arn, TagKeys: remove }));
}

async function rotate(arn: string, wanted: AttachedRotation): Promise<void> {
  const { functionArn, days, schedule } = wanted;
  try {
    await secretsClient().send(
      new RotateSecretCommand({
        SecretId: arn,
        RotationLambdaARN: functionArn,
        RotationRules: schedule === undefined ? { AutomaticallyAfterDays: days } : { ScheduleExpression: schedule },
        // The password has just been proven; it is replaced when its time has come.
        RotateImmediately: false,
      }),
    );
  } catch (error) {
    // The answer to a call that succeeded was lost, and the SDK's repetition found its work done.
    if (isRepeated(error) && canonicalJson(rotationOf(await describeLive(arn))) === canonicalJson(wanted)) return;
    throw rotationFailure(error, functionArn) ?? error;
  }
}

const isRepeated = (error: unknown): boolean => isAws(error, "InvalidRequestException", "ResourceExistsException");

function rotationFailure(error: unknown, functionArn: string): DbAccessError | undefined {
  const refused = (message: string, transient = false): DbAccessError =>
    new DbAccessError("RotationRefused", message, { property: "rotation", transient });
  if (isDenied(error) && !isKeyFailure(error))
    return refused(
      `Secrets Manager may not invoke ${functionArn}: let secretsmanager.amazonaws.com invoke it (lambda:AddPermission with this account as its source), and allow the provisioner's role secretsmanager:RotateSecret on the secret and lambda:InvokeFunction on the function.`,
    );
  if (isAws(error, "InvalidRequestException"))
    return refused("An earlier rotation of the secret has not come to its end; run the same again when it has.", true);
  if (isAws(error, "InvalidParameterException", "ValidationException"))
    return refused("Secrets Manager refuses the rotation; correct rotation.schedule, rotation.days or the function.");
  return undefined;
}

async function endRotation(arn: string): Promise<void> {
  if ((await describeLive(arn))?.RotationEnabled !== true) return;
  await secretsClient().send(new CancelRotateSecretCommand({ SecretId: arn }));
}
