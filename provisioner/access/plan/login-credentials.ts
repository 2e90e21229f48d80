import { formerClaims, secretSpecOf, settledGeneration } from "../begun";
import type { LoginClaim } from "../claims";
import type { Operation } from "../operation";
import type { ClaimRecord, CredentialRecord } from "../record";
import { secretContent, secretNameOf } from "../secret-text";
import type { CredentialStep, PlanContext, SetCredentials } from "./context";

/**
 * A row left as `intent` with the same passwordVersion resumes its generation: the secret may have the new password
 * already, under the token of that generation. Not when that run was about something else than the password: then the
 * token is that of the password so far.
 */
function nextGeneration(context: PlanContext, claim: LoginClaim, record: ClaimRecord | undefined): number {
  if (record === undefined) return context.firstGeneration;
  const resumed =
    record.state === "intent" &&
    record.claim.kind === "login" &&
    record.claim.passwordVersion === claim.passwordVersion &&
    record.generation !== settledGeneration(record);
  return resumed ? record.generation : record.generation + 1;
}

export interface CredentialQuestion {
  id: string;
  claim: LoginClaim;
  record: ClaimRecord | undefined;
  adopting: boolean;
  /** What is planned so far. */
  operations: readonly Operation[];
  /** The account whose password the secret has was changed by hand. */
  changed: boolean;
  /** A fresh password is asked for, whatever there is. */
  resets: boolean;
  /** The secret has to name another login from now on. */
  renames?: boolean;
}

const suppliedArn = (claim: ClaimRecord["claim"] | undefined): string | undefined =>
  claim?.kind === "login" && claim.auth.kind === "password" ? claim.auth.suppliedSecretArn : undefined;

/** The secret that is ours to change: not one that somebody else supplies. */
export function ownSecret(record: ClaimRecord | undefined): CredentialRecord | undefined {
  const credentials = record?.credentials;
  // An interrupted change to or from a supplied secret: the ARN tells, the claim speaks of what was to be.
  return credentials === undefined || credentials.supplied === true ? undefined : credentials;
}

export function credentialStep(context: PlanContext, question: CredentialQuestion): CredentialStep {
  const { id, claim, record, adopting, operations, changed } = question;
  const own = ownSecret(record);
  const recoveryDays = recoveryDaysOf(record);
  if (claim.auth.kind !== "password") return own === undefined ? { step: "none" } : { step: "delete", recoveryDays };
  const needed = operations.some((operation) => operation.op === "createLogin" || operation.op === "setAuth");
  const generation = record?.generation ?? context.firstGeneration;
  const supplied = suppliedArn(claim);
  if (supplied !== undefined) {
    const known = record?.credentials?.supplied === true ? record.credentials : undefined;
    // The claim may name it without the characters that AWS has put behind the name.
    const there = context.secrets.get(id);
    const another = known === undefined || known.secretArn !== there?.arn || known.secretVersionId !== there.versionId;
    if (!another && !needed && !changed && !adopting && record?.retained !== true) return { step: "none" };
    return {
      step: "set",
      generation,
      password: "supplied",
      secret: "keep",
      ...(own === undefined ? {} : { abandons: { arn: own.secretArn, recoveryDays } }),
    };
  }
  const state = context.secrets.get(id);
  const bumped = own !== undefined && own.passwordVersion !== (claim.passwordVersion ?? 1);
  const lost = own === undefined || context.missingSecrets.has(own.secretArn);
  const moved = own !== undefined && state !== undefined && isMoved(context, claim, record, state.name);
  const abandons = moved ? { abandons: { arn: own.secretArn, recoveryDays } } : {};
  const secret: SetCredentials["secret"] = moved ? "move" : "write";
  if (bumped || question.resets || lost || adopting || record?.retained === true || question.renames === true)
    return { step: "set", generation: nextGeneration(context, claim, record), password: "fresh", secret, ...abandons };
  const rewritten = own.content !== undefined && own.content !== secretContent(context.service, claim);
  if (moved || rewritten)
    return {
      step: "set",
      generation: nextGeneration(context, claim, record),
      password: "current",
      secret,
      ...abandons,
    };
  // Another secret may have the place of the one that was lost, with a password that nobody has set yet.
  if (record !== undefined && isBegun(record))
    return { step: "set", generation: nextGeneration(context, claim, record), password: "fresh", secret };
  return needed || changed ? { step: "set", generation, password: "current", secret: "keep" } : { step: "none" };
}

/** A run that was cut short was about the password. */
const isBegun = (record: ClaimRecord): boolean =>
  record.state === "intent" && ![undefined, record.generation].includes(settledGeneration(record));

/** Only when the claim asks for another name: the one by convention follows the database, and stays. */
function isMoved(context: PlanContext, claim: LoginClaim, record: ClaimRecord | undefined, present: string): boolean {
  const { name } = secretSpecOf(claim);
  return (
    formerClaims(record).some((former) => secretSpecOf(former).name !== name) &&
    secretNameOf(context.service, context.cluster, claim) !== present
  );
}

/** As the claim says that the secret is from, not the one that ends it. */
const recoveryDaysOf = (record: ClaimRecord | undefined): number =>
  secretSpecOf(formerClaims(record).find(({ auth }) => auth.kind === "password")).recoveryDays ?? 7;
