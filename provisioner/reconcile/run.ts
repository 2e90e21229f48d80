import { accountKey } from "../access/account";
import type { ClaimPlan, ClaimOrder } from "../access/plan";
import type { Operation } from "../access/operation";
import { databaseOf } from "../access/operation";
import type { ClaimRecord, CredentialRecord } from "../access/record";
import type { LoginClaim } from "../access/claims";
import type { FunctionConfig } from "../config";
import {
  deleteSecret,
  prepareSecret,
  promoteSecret,
  secretNameOf,
  type PreparedSecret,
} from "../credentials/user-secret";
import type { EngineSession } from "../engines/engine";
import { DbAccessError } from "../errors";

const noVerifiers = new Map<string, string>();

/** Carries out the plan of a login or role: secret first, statements second, proof, promotion last. */
export async function runPrincipal(
  session: EngineSession,
  config: FunctionConfig,
  order: ClaimOrder,
  plan: ClaimPlan,
  record: ClaimRecord | undefined,
): Promise<string[]> {
  const { claim } = order;
  if (plan.credentials.step !== "set" || claim.kind !== "login") {
    const warnings =
      plan.operations.length === 0 ? [] : await session.run({ operations: plan.operations, verifiers: noVerifiers });
    if (plan.credentials.step === "delete" && record !== undefined)
      warnings.push(...(await deleteSecret(secretIdOf(config, record), plan.id, plan.credentials.recoveryDays)));
    return warnings;
  }
  const prepared = await prepareSecret({
    config,
    id: plan.id,
    claim,
    generation: plan.credentials.generation,
    fresh: plan.credentials.fresh,
    credentials: record?.credentials,
  });
  const warnings = await session.run({
    operations: plan.operations,
    verifiers: verifiersFor(session, plan.operations, prepared.password),
  });
  await prove(session, claim, plan.operations, prepared);
  await promoteSecret(prepared);
  if (plan.next !== undefined)
    plan.next.credentials = credentialRecord(claim, prepared, record, plan.credentials.fresh);
  return warnings;
}

/** As recorded, or where a run that did not end may have put it. */
const secretIdOf = (config: FunctionConfig, { claim, credentials, grantee }: ClaimRecord): string =>
  credentials?.secretArn ?? (claim.kind === "login" ? secretNameOf(config, claim) : grantee);

function verifiersFor(session: EngineSession, operations: readonly Operation[], password: string): Map<string, string> {
  const verifiers = new Map<string, string>();
  for (const operation of operations)
    if (operation.op === "createLogin" || operation.op === "setPassword" || operation.op === "setAuth")
      verifiers.set(accountKey(operation.account), session.verifier(password));
  return verifiers;
}

const credentialRecord = (
  claim: LoginClaim,
  prepared: PreparedSecret,
  record: ClaimRecord | undefined,
  fresh: boolean,
): CredentialRecord => ({
  secretArn: prepared.arn,
  secretVersionId: prepared.versionId,
  passwordVersion: claim.passwordVersion ?? 1,
  passwordLastChanged:
    fresh || record?.credentials === undefined ? new Date().toISOString() : record.credentials.passwordLastChanged,
});

/** A real login with the password that the secret holds, wherever a login is possible at all. */
async function prove(
  session: EngineSession,
  claim: LoginClaim,
  operations: readonly Operation[],
  prepared: PreparedSecret,
): Promise<void> {
  const expired = claim.validUntil !== undefined && Date.parse(claim.validUntil) <= Date.now();
  // From here only an account at `%` is sure to be the one the server picks.
  const account = operations
    .flatMap((operation) =>
      operation.op === "createLogin" || operation.op === "setPassword" || operation.op === "setAuth"
        ? [operation.account]
        : [],
    )
    .find((candidate) => candidate.host === undefined || candidate.host === "%");
  if (claim.locked === true || expired || account === undefined) return;
  if ((await session.probe(account, prepared.password)) === "refused")
    throw new DbAccessError(
      "NotApplied",
      `The server refuses ${claim.name} with the password that was just set; its secret keeps the new version as AWSPENDING. Run the same again, and look at the server's log if it stays.`,
      { transient: true },
    );
}

/** Databases and schemas: creation, ownership and privileges are transactions of their own. */
export async function runOneByOne(session: EngineSession, operations: readonly Operation[]): Promise<string[]> {
  const warnings: string[] = [];
  for (const operation of operations)
    warnings.push(...(await session.run({ operations: [operation], verifiers: noVerifiers })));
  return warnings;
}

/** Grants of one database share a unit: one transaction where the engine has them. */
export const runTogether = (session: EngineSession, operations: Operation[]): Promise<string[]> =>
  operations.length === 0 ? Promise.resolve([]) : session.run({ operations, verifiers: noVerifiers });

/** The database a grant's operations run in; empty for the cluster as a whole. */
export const unitOf = (plan: ClaimPlan): string =>
  plan.operations.map(databaseOf).find((database) => database !== undefined) ?? "";
