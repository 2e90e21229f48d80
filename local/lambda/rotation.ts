import { randomUUID } from "node:crypto";
import { AwsError } from "../aws/errors";
import { partitionOf } from "../aws/identity";
import type { RotatedSecret, RotationEvent, RotationFunctions } from "../aws/secrets/rotation-run";
import type { LambdaHost } from "./host";
import type { InvokeRequest } from "./types";

/** Whose name the rotation function's policy has to hold. */
export const rotationPrincipal = "secretsmanager.amazonaws.com";

const callerOf = ({ account, region, arn }: RotatedSecret): InvokeRequest["caller"] => ({
  account,
  region,
  arn: `arn:${partitionOf(region)}:iam::${account}:root`,
  service: { principal: rotationPrincipal, sourceArn: arn },
});

function failureOf(payload: Buffer): string {
  const { errorType, errorMessage } = JSON.parse(payload.toString("utf8")) as Record<string, unknown>;
  return `${String(errorType)}: ${String(errorMessage)}`;
}

/** The functions of the host as Secrets Manager sees them: it waits for each answer, and reads none but failures. */
export const rotationFunctions = (host: LambdaHost): RotationFunctions => ({
  admits(functionArn, secret) {
    try {
      host.find({ functionName: functionArn, caller: callerOf(secret) });
      return true;
    } catch (error) {
      if (error instanceof AwsError) return false;
      throw error;
    }
  },

  async invoke(functionArn: string, event: RotationEvent, secret: RotatedSecret) {
    const request: InvokeRequest = {
      functionName: functionArn,
      invocationType: "RequestResponse",
      payload: Buffer.from(JSON.stringify(event)),
      requestId: randomUUID(),
      caller: callerOf(secret),
    };
    try {
      const { functionError, payload, lost } = await host.invoke(request);
      if (lost) return "The function's answer was lost.";
      return functionError === undefined ? undefined : failureOf(payload);
    } catch (error) {
      return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    }
  },
});
