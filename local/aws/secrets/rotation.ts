import { z } from "zod";
import { AwsError } from "../errors";
import { readInput, sized } from "../input";
import type { JsonOperation } from "../service";
import { current, moveStage, pending, versionWith, type Secret } from "./model";
import type { Rotations } from "./rotation-run";
import { checkRules } from "./schedule";
import type { SecretStore } from "./store";
import { clientRequestToken, secretId, tokenOf } from "./values";

const rotateInput = z.object({
  SecretId: secretId,
  ClientRequestToken: clientRequestToken,
  RotationLambdaARN: sized(0, 2048).optional(),
  RotationRules: z
    .object({
      AutomaticallyAfterDays: z.number().int().optional(),
      Duration: sized(2, 3).optional(),
      ScheduleExpression: sized(1, 256).optional(),
    })
    .optional(),
  RotateImmediately: z.boolean().default(true),
});
const refuse = (text: string): AwsError => new AwsError("InvalidRequestException", text);

/** A version for the new value, which the function puts in. A label that a finished rotation left behind moves. */
function addPending(secret: Secret, token: string): void {
  const version = { id: token, stages: [], created: Date.now(), value: {} };
  secret.versions.push(version);
  moveStage(secret, pending, version);
}

/** Turning rotation on and off. The function runs in the background; nothing runs by the schedule. */
export function rotationOperations(store: SecretStore, rotations: Rotations): Record<string, JsonOperation> {
  return {
    /** API RotateSecret; User Guide, Troubleshoot rotation. */
    RotateSecret(request, caller) {
      const input = readInput(rotateInput, request);
      const token = tokenOf(input.ClientRequestToken);
      const secret = store.findLive(input.SecretId, "RotateSecret", caller);
      const functionArn = input.RotationLambdaARN ?? secret.rotation?.functionArn;
      if (functionArn === undefined || functionArn === "") {
        throw refuse("No Lambda rotation function ARN is associated with this secret.");
      }
      if (input.RotationRules !== undefined) checkRules(input.RotationRules);
      if (!rotations.admits(functionArn, secret)) {
        const text =
          "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.";
        throw new AwsError("AccessDeniedException", text);
      }
      const waiting = versionWith(secret, pending);
      if (waiting !== undefined && !waiting.stages.includes(current)) {
        // The same request again is answered as it was the first time.
        if (waiting.id === token && rotations.isRunning(secret)) {
          return { ARN: secret.arn, Name: secret.name, VersionId: token };
        }
        if (!rotations.isRunning(secret) && secret.rotation?.enabled === true) rotations.start(secret, waiting.id);
        throw refuse("A previous rotation isn't complete. That rotation will be reattempted.");
      }
      if (secret.versions.some(({ id }) => id === token)) {
        const text = `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${secret.arn}.`;
        throw new AwsError("ResourceExistsException", text);
      }
      secret.rotation = {
        since: Date.now(),
        ...secret.rotation,
        enabled: true,
        functionArn,
        rules: input.RotationRules ?? secret.rotation?.rules,
      };
      addPending(secret, token);
      secret.changed = Date.now();
      store.touch();
      if (input.RotateImmediately) rotations.start(secret, token);
      else rotations.test(secret, token);
      return { ARN: secret.arn, Name: secret.name, VersionId: token };
    },

    /** API CancelRotateSecret: what was staged stays as it is, and may be empty. */
    CancelRotateSecret(request, caller) {
      const { SecretId } = readInput(z.object({ SecretId: secretId }), request);
      const secret = store.findLive(SecretId, "CancelRotateSecret", caller);
      if (secret.rotation === undefined) {
        throw refuse("You can't cancel rotation of a secret that isn't configured for rotation.");
      }
      secret.rotation.enabled = false;
      rotations.cancel(secret);
      secret.changed = Date.now();
      store.touch();
      const version = versionWith(secret, pending);
      return { ARN: secret.arn, Name: secret.name, ...(version === undefined ? {} : { VersionId: version.id }) };
    },
  };
}
