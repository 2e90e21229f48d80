import { GetPolicyCommand } from "@aws-sdk/client-lambda";
import type { SecretProblem } from "../access/plan";
import { functionsClient } from "./aws-clients";
import { functionError, isAws, isDenied } from "./aws-error";

const SERVICE = "secretsmanager.amazonaws.com";

/**
 * Why Secrets Manager cannot rotate by somebody's function. A pure read, for the plan. A policy that may not be looked
 * at is no reason: Secrets Manager checks it again when the function is attached.
 */
export async function rotationProblem(functionArn: string): Promise<SecretProblem | undefined> {
  try {
    const { Policy } = await functionsClient().send(new GetPolicyCommand({ FunctionName: functionArn }));
    return letsIn(Policy) ? undefined : notInvited(functionArn);
  } catch (error) {
    if (isAws(error, "ResourceNotFoundException")) return notInvited(functionArn);
    if (isDenied(error)) return undefined;
    throw functionError(error, functionArn);
  }
}

const notInvited = (functionArn: string): SecretProblem => ({
  code: "RotationRefused",
  message: `Secrets Manager may not invoke ${functionArn}, or there is no such function; let ${SERVICE} invoke it (lambda:AddPermission with this account as its source).`,
});

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

/** Conditions speak of the secret, which may not be there yet. */
function letsIn(policy: string | undefined): boolean {
  const { Statement } = JSON.parse(policy ?? "{}") as { Statement?: unknown };
  return list(Statement).some((statement) => {
    const { Effect, Principal, Action } = (statement ?? {}) as Record<string, unknown>;
    const service =
      typeof Principal === "object" && Principal !== null && "Service" in Principal ? Principal.Service : Principal;
    return (
      Effect === "Allow" &&
      list(service).some((name) => name === SERVICE || name === "*") &&
      list(Action).some((action) => ["lambda:invokefunction", "lambda:*", "*"].includes(String(action).toLowerCase()))
    );
  });
}
