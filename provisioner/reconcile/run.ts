import { accountKey, type Account } from "../access/account";
import type { LoginClaim } from "../access/claims";
import { carriesPassword, databaseOf, type Operation } from "../access/operation";
import { turnName, type ClaimOrder, type ClaimPlan, type SetCredentials } from "../access/plan";
import type { ClaimRecord } from "../access/record";
import { secretNameOf } from "../access/secret-text";
import type { FunctionConfig } from "../config";
import { currentValue } from "../credentials/current-value";
import { applyParameterChanges } from "../credentials/parameters";
import { generatePassword } from "../credentials/password";
import { applySecretChanges } from "../credentials/secret-settings";
import { deleteSecret, prepareSecret, promoteSecret, type PreparedSecret } from "../credentials/user-secret";
import type { EngineSession } from "../engines/engine";
import { DbAccessError } from "../errors";
import { assertAccepted } from "../engines/proof";
import { serviceOf } from "../service";
import { credentialRecord } from "./credential-record";
import { leftBehind } from "./left-behind";

export const noVerifiers = new Map<string, string>();

/** A login whose password, secret or parameters have to change, with the secret that has the password already. */
export interface PreparedLogin {
  config: FunctionConfig;
  owner: string;
  claim: LoginClaim;
  plan: ClaimPlan;
  record: ClaimRecord | undefined;
  /** Undefined when the password stays what it is. */
  set?: { step: SetCredentials; secret: PreparedSecret };
  verifiers: Map<string, string>;
}

/** The secret comes first: whatever happens afterwards, its password is not lost. Undefined where none is needed. */
export async function prepareLogin(
  session: EngineSession,
  config: FunctionConfig,
  { claim, owner }: ClaimOrder,
  plan: ClaimPlan,
  record: ClaimRecord | undefined,
): Promise<PreparedLogin | undefined> {
  if (claim.kind !== "login") return undefined;
  const step = plan.credentials;
  if (step.step !== "set") {
    const verifiers = verifiersFor(session, plan.operations, generatePassword);
    return { config, owner, claim, plan, record, verifiers };
  }
  const username = step.turn === undefined ? claim.name : turnName(claim.name, step.turn);
  const secret = await prepareSecret({
    config,
    id: plan.id,
    owner,
    claim,
    username,
    generation: step.generation,
    password: step.password,
    secret: step.secret,
    credentials: record?.credentials?.supplied === true ? undefined : record?.credentials,
  });
  // It is gone since the plan was made; another plan says what has to be done about that.
  if (secret.fresh && step.password === "current")
    throw new DbAccessError("SecretUnavailable", `The secret of ${claim.name} is gone; run the same again.`, {
      transient: true,
    });
  // Whoever alternates has two logins; nobody knows the password of the one that the secret does not name.
  const passwordOf = ({ name }: Account): string =>
    step.turn === undefined || name === username ? secret.password : generatePassword();
  return {
    config,
    owner,
    claim,
    plan,
    record,
    set: { step, secret },
    verifiers: verifiersFor(session, plan.operations, passwordOf),
  };
}

/** After the statements: the proof, and only then the promotion of what the proof was made with. */
export async function finishLogin(session: EngineSession, prepared: PreparedLogin): Promise<string[]> {
  const { config, claim, plan, record, set } = prepared;
  const warnings: string[] = [];
  if (set !== undefined) {
    await prove(session, claim, plan.operations, set);
    if (set.step.password !== "supplied") await promoteSecret(set.secret);
    if (plan.next !== undefined)
      plan.next.credentials = credentialRecord(serviceOf(config), claim, record?.credentials, set.step, set.secret);
  }
  const credentials = plan.next?.credentials ?? record?.credentials;
  if (credentials !== undefined) await applySecretChanges(credentials.secretArn, plan.secretChanges);
  if (plan.parameterChanges.length > 0) await publish(prepared);
  const abandons = set?.step.abandons;
  if (abandons !== undefined && abandons.arn !== credentials?.secretArn)
    warnings.push(...(await deleteSecret(abandons.arn, plan.id, abandons.recoveryDays)));
  warnings.push(...(await clearUp(config, plan, record)));
  return warnings;
}

async function clearUp(config: FunctionConfig, plan: ClaimPlan, record: ClaimRecord | undefined): Promise<string[]> {
  const warnings: string[] = [];
  const left = leftBehind(serviceOf(config), config.cluster, record, plan.next?.credentials?.secretArn);
  for (const { name, recoveryDays } of left) warnings.push(...(await deleteSecret(name, plan.id, recoveryDays)));
  return warnings;
}

async function publish({ config, owner, plan, set }: PreparedLogin): Promise<void> {
  const credentials = plan.next?.credentials;
  const about = { id: plan.id, cluster: config.cluster, owner, secretArn: credentials?.secretArn };
  const withPassword = plan.parameterChanges.some((change) => change.set === "password");
  if (!withPassword || credentials === undefined || plan.next === undefined)
    return applyParameterChanges(plan.parameterChanges, about);
  const { password, versionId } = set?.secret ?? (await currentValue(credentials.secretArn));
  await applyParameterChanges(plan.parameterChanges, { ...about, password });
  plan.next.credentials = { ...credentials, parameterVersion: versionId };
}

/** Carries out the plan of a login or role by itself. */
export async function runPrincipal(
  session: EngineSession,
  config: FunctionConfig,
  order: ClaimOrder,
  plan: ClaimPlan,
  record: ClaimRecord | undefined,
): Promise<string[]> {
  const prepared = order.action === "ensure" ? await prepareLogin(session, config, order, plan, record) : undefined;
  const unit = { operations: plan.operations, verifiers: prepared?.verifiers ?? noVerifiers };
  const warnings = unit.operations.length === 0 ? [] : await session.run(unit);
  if (prepared !== undefined) warnings.push(...(await finishLogin(session, prepared)));
  if (order.action === "remove")
    await applyParameterChanges(plan.parameterChanges, { id: plan.id, cluster: config.cluster });
  if (plan.credentials.step === "delete" && record !== undefined)
    warnings.push(...(await deleteSecret(secretIdOf(config, record), plan.id, plan.credentials.recoveryDays)));
  if (order.action === "remove" && plan.next === undefined) warnings.push(...(await clearUp(config, plan, record)));
  return warnings;
}

/** As recorded, or where a run that did not end may have put it. */
const secretIdOf = (config: FunctionConfig, { claim, credentials, grantee }: ClaimRecord): string =>
  (credentials?.supplied === true ? undefined : credentials?.secretArn) ??
  (claim.kind === "login" ? secretNameOf(serviceOf(config), config.cluster, claim) : grantee);

function verifiersFor(
  session: EngineSession,
  operations: readonly Operation[],
  passwordOf: (account: Account) => string,
): Map<string, string> {
  const verifiers = new Map<string, string>();
  for (const operation of operations)
    if (carriesPassword(operation))
      verifiers.set(accountKey(operation.account), session.verifier(passwordOf(operation.account)));
  return verifiers;
}

/** A real login with the password that the secret holds, wherever a login is possible at all. */
async function prove(
  session: EngineSession,
  claim: LoginClaim,
  operations: readonly Operation[],
  { step, secret }: { step: SetCredentials; secret: PreparedSecret },
): Promise<void> {
  const expired = claim.validUntil !== undefined && Date.parse(claim.validUntil) <= Date.now();
  const name = step.turn === undefined ? claim.name : turnName(claim.name, step.turn);
  // From here only an account at `%` is sure to be the one the server picks.
  const account = operations
    .flatMap((operation) => (carriesPassword(operation) ? [operation.account] : []))
    .find((candidate) => candidate.name === name && (candidate.host === undefined || candidate.host === "%"));
  if (claim.locked === true || expired || account === undefined) return;
  await assertAccepted(
    session,
    account,
    secret.password,
    "the new version stays AWSPENDING. Run the same again, and look at the server's log if it stays.",
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
