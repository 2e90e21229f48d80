import { accountKey } from "../access/account";
import type { LoginClaim } from "../access/claims";
import { databaseOf, type Operation } from "../access/operation";
import type { ClaimOrder, ClaimPlan } from "../access/plan";
import type { ClaimRecord, CredentialRecord } from "../access/record";
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

export const noVerifiers = new Map<string, string>();

/** A login whose password has to be on the server, with the secret that has it already. */
export interface PreparedLogin {
  claim: LoginClaim;
  plan: ClaimPlan;
  record: ClaimRecord | undefined;
  secret: PreparedSecret;
  verifiers: Map<string, string>;
}

/** The secret comes first: whatever happens afterwards, its password is not lost. Undefined where none is needed. */
export async function prepareLogin(
  session: EngineSession,
  config: FunctionConfig,
  { claim }: ClaimOrder,
  plan: ClaimPlan,
  record: ClaimRecord | undefined,
): Promise<PreparedLogin | undefined> {
  if (plan.credentials.step !== "set" || claim.kind !== "login") return undefined;
  const secret = await prepareSecret({
    config,
    id: plan.id,
    claim,
    generation: plan.credentials.generation,
    fresh: plan.credentials.fresh,
    credentials: record?.credentials,
  });
  return { claim, plan, record, secret, verifiers: verifiersFor(session, plan.operations, secret.password) };
}

/** After the statements: the proof, and only then the promotion of what the proof was made with. */
export async function finishLogin(session: EngineSession, prepared: PreparedLogin): Promise<void> {
  const { claim, plan, record, secret } = prepared;
  await prove(session, claim, plan.operations, secret);
  await promoteSecret(secret);
  if (plan.next !== undefined && plan.credentials.step === "set")
    plan.next.credentials = credentialRecord(claim, secret, record, plan.credentials.fresh);
}

/** Carries out the plan of a login or role by itself. */
export async function runPrincipal(
  session: EngineSession,
  config: FunctionConfig,
  order: ClaimOrder,
  plan: ClaimPlan,
  record: ClaimRecord | undefined,
): Promise<string[]> {
  const prepared = await prepareLogin(session, config, order, plan, record);
  const unit = { operations: plan.operations, verifiers: prepared?.verifiers ?? noVerifiers };
  const warnings = unit.operations.length === 0 ? [] : await session.run(unit);
  if (prepared !== undefined) await finishLogin(session, prepared);
  else if (plan.credentials.step === "delete" && record !== undefined)
    warnings.push(...(await deleteSecret(secretIdOf(config, record), plan.id, plan.credentials.recoveryDays)));
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
