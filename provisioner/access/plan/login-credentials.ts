import type { LoginClaim } from "../claims";
import type { Operation } from "../operation";
import type { ClaimRecord } from "../record";
import type { CredentialStep, PlanContext } from "./context";

/**
 * A row left as `intent` with the same passwordVersion resumes its generation: the secret may have the new password
 * already, under the token of that generation.
 */
function nextGeneration(context: PlanContext, claim: LoginClaim, record: ClaimRecord | undefined): number {
  if (record === undefined) return context.firstGeneration;
  const resumed =
    record.state === "intent" &&
    record.claim.kind === "login" &&
    record.claim.passwordVersion === claim.passwordVersion;
  return resumed ? record.generation : record.generation + 1;
}

export function credentialStep(
  context: PlanContext,
  claim: LoginClaim,
  record: ClaimRecord | undefined,
  adopting: boolean,
  operations: readonly Operation[],
): CredentialStep {
  const credentials = record?.credentials;
  if (claim.auth.kind === "iam")
    return credentials === undefined ? { step: "none" } : { step: "delete", recoveryDays: recoveryDaysOf(record) };
  const bumped = credentials !== undefined && credentials.passwordVersion !== (claim.passwordVersion ?? 1);
  const lost = credentials === undefined || context.missingSecrets.has(credentials.secretArn);
  if (bumped || lost || adopting || record?.retained === true)
    return { step: "set", generation: nextGeneration(context, claim, record), fresh: true };
  const needed = operations.some((operation) => operation.op === "createLogin" || operation.op === "setAuth");
  return needed
    ? { step: "set", generation: record?.generation ?? context.firstGeneration, fresh: false }
    : { step: "none" };
}

const recoveryDaysOf = (record: ClaimRecord | undefined): number =>
  record?.claim.kind === "login" && record.claim.auth.kind === "password"
    ? (record.claim.auth.secret?.recoveryDays ?? 7)
    : 7;
