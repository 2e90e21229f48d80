import assert from "node:assert/strict";
import { accountKey } from "../../provisioner/access/account";
import { formerClaims } from "../../provisioner/access/begun";
import type { LoginClaim } from "../../provisioner/access/claims";
import { claimIdPrefix } from "../../provisioner/access/id";
import { parameterNames, type ClaimOrder, type ClaimPlan, type PlanContext } from "../../provisioner/access/plan";
import type { ClaimRecord } from "../../provisioner/access/record";
import type { ParameterState, SecretChange, SecretState } from "../../provisioner/access/secret";
import { ownershipTags, PRINCIPAL_TAG, secretContent, secretNameOf } from "../../provisioner/access/secret-text";
import { simulate } from "../../provisioner/access/plan/simulate";
import { credentialRecord } from "../../provisioner/reconcile/credential-record";
import { leftBehind } from "../../provisioner/reconcile/left-behind";

interface StoredSecret extends SecretState {
  content: string;
}

/** What Secrets Manager and Parameter Store have, as far as plans can tell. */
export interface SimulatedAws {
  /** By name. */
  secrets: Map<string, StoredSecret>;
  parameters: Map<string, ParameterState & { principal: string }>;
}

export type Simulated = PlanContext & { aws: SimulatedAws };

/** AWS puts six characters behind a name, others each time. */
const arnOf = (name: string, generation = 0): string =>
  `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${name}-${String(generation).padStart(6, "0")}`;

export const suppliedArns = [arnOf("theirs/one"), arnOf("theirs/two")];

const blank = { policy: null, replicas: [], content: "" };

export const emptyAws = (): SimulatedAws => ({
  secrets: new Map(
    suppliedArns.map((arn, at) => [arn, { ...blank, arn, name: arn, versionId: `their ${at}`, tags: {} }]),
  ),
  parameters: new Map(),
});

const secretWith = ({ aws }: Simulated, arn: string | undefined): StoredSecret | undefined =>
  [...aws.secrets.values()].find((secret) => secret.arn === arn);

const suppliedBy = ({ auth }: LoginClaim): string | undefined =>
  auth.kind === "password" ? auth.suppliedSecretArn : undefined;

/** What the reading before a plan finds. */
export function look(context: Simulated, { claim, action }: ClaimOrder): void {
  context.secrets = new Map();
  context.parameters = new Map();
  context.missingSecrets = new Set();
  context.secretProblems = new Map();
  if (claim.kind !== "login") return;
  const id = claimIdPrefix(context.facts.family, context.cluster, claim);
  const record = context.records.find((row) => row.id === id);
  const names = [...formerClaims(record), claim].flatMap(parameterNames);
  context.parameters = new Map(
    names.flatMap((name) => {
      const there = context.aws.parameters.get(name);
      if (there === undefined) return [];
      const { principal, ...state } = there;
      return [[name, { ...state, ...(principal === id ? {} : { foreign: true }) }]];
    }),
  );
  if (action === "remove") return;
  const own = record?.credentials?.supplied === true ? undefined : record?.credentials;
  const name = secretNameOf(context.service, context.cluster, claim);
  const named = context.aws.secrets.get(name);
  const supplied = suppliedBy(claim);
  const state = secretWith(context, supplied ?? own?.secretArn) ?? (supplied === undefined ? named : undefined);
  if (own !== undefined && secretWith(context, own.secretArn) === undefined)
    context.missingSecrets = new Set([own.secretArn]);
  if (named !== undefined && named.tags[PRINCIPAL_TAG] !== id && supplied === undefined && claim.auth.kind !== "iam")
    context.secretProblems = new Map([[id, { code: "SecretNameTaken", message: name }]]);
  else if (state !== undefined && claim.auth.kind !== "iam") context.secrets = new Map([[id, state]]);
}

/** What carrying out a plan consists of, one call after the other; what is left to do afterwards is the ledger's. */
export function callsOf(context: Simulated, order: ClaimOrder, plan: ClaimPlan): (() => void)[] {
  const record = context.records.find((row) => row.id === plan.id);
  const operations = plan.operations.map((operation) => () => {
    simulate(context.state, [operation]);
    if (["createLogin", "setAuth", "setPassword"].includes(operation.op) && "account" in operation)
      context.changedPasswords = new Set(
        [...context.changedPasswords].filter((key) => key !== accountKey(operation.account)),
      );
  });
  if (order.claim.kind !== "login") return operations;
  const { claim } = order;
  return order.action === "remove"
    ? [...operations, ...parameterCalls(context, plan), ...deletions(context, order, plan, record)]
    : [
        ...prepare(context, { ...order, claim }, plan, record),
        ...operations,
        ...finish(context, claim, plan, record),
        ...parameterCalls(context, plan),
        ...deletions(context, order, plan, record),
      ];
}

const token = ({ id }: ClaimPlan, generation: number): string => `${id}#${generation}`;

function prepare(
  context: Simulated,
  { claim, owner }: ClaimOrder & { claim: LoginClaim },
  plan: ClaimPlan,
  record: ClaimRecord | undefined,
): (() => void)[] {
  const step = plan.credentials;
  if (step.step !== "set" || step.password === "supplied") return [];
  const name = secretNameOf(context.service, context.cluster, claim);
  const own = record?.credentials?.supplied === true ? undefined : secretWith(context, record?.credentials?.secretArn);
  if (own !== undefined && (step.secret !== "move" || own.name === name)) return [];
  return [
    () => {
      if (context.aws.secrets.has(name)) return;
      const key = claim.auth.kind === "password" ? claim.auth.secret?.kmsKeyArn : undefined;
      context.aws.secrets.set(name, {
        ...blank,
        arn: arnOf(name, step.generation),
        name,
        versionId: token(plan, step.generation),
        tags: ownershipTags(plan.id, context.cluster, owner),
        ...(key === undefined ? {} : { kmsKeyArn: key }),
      });
    },
  ];
}

function finish(
  context: Simulated,
  claim: LoginClaim,
  plan: ClaimPlan,
  record: ClaimRecord | undefined,
): (() => void)[] {
  const step = plan.credentials;
  const calls: (() => void)[] = [];
  const current = (): StoredSecret => {
    const secret = secretWith(context, plan.next?.credentials?.secretArn);
    assert.ok(secret !== undefined, "what is changed is there");
    return secret;
  };
  if (step.step === "set")
    calls.push(() => {
      const { next } = plan;
      assert.ok(next !== undefined);
      const secret = secretOf(context, claim, plan, record);
      const content = secretContent(context.service, claim);
      const writes = step.password === "fresh" || (step.secret !== "keep" && secret.content !== content);
      if (step.password !== "supplied" && writes)
        Object.assign(secret, { content, versionId: token(plan, step.generation) });
      next.credentials = credentialRecord(context.service, claim, record?.credentials, step, secret);
    });
  for (const change of plan.secretChanges) calls.push(() => applyChange(current(), change));
  return calls;
}

function secretOf(
  context: Simulated,
  claim: LoginClaim,
  plan: ClaimPlan,
  record: ClaimRecord | undefined,
): StoredSecret {
  const step = plan.credentials;
  const supplied = suppliedBy(claim);
  const name = secretNameOf(context.service, context.cluster, claim);
  const own = record?.credentials?.supplied === true ? undefined : secretWith(context, record?.credentials?.secretArn);
  const moves = step.step === "set" && step.secret === "move";
  const secret =
    supplied === undefined
      ? ((moves ? undefined : own) ?? context.aws.secrets.get(name))
      : secretWith(context, supplied);
  assert.ok(secret !== undefined, "the password is in a secret");
  return secret;
}

function applyChange(secret: StoredSecret, change: SecretChange): void {
  switch (change.set) {
    case "key":
      secret.kmsKeyArn = change.kmsKeyArn ?? undefined;
      return;
    case "policy":
      secret.policy = change.policy;
      return;
    case "tags":
      secret.tags = { ...secret.tags, ...change.add };
      for (const tag of change.remove) delete secret.tags[tag];
      return;
    case "replicas":
      secret.replicas = [
        ...secret.replicas.filter(
          ({ region }) => ![...change.remove, ...change.add.map((one) => one.region)].includes(region),
        ),
        ...change.add,
      ];
      return;
    case "rotation":
      secret.rotation = change.rotation ?? undefined;
  }
}

const parameterCalls = (context: Simulated, plan: ClaimPlan): (() => void)[] =>
  plan.parameterChanges.map((change) => () => {
    const { parameters } = context.aws;
    const { name } = change;
    const credentials = plan.next?.credentials;
    if (change.set === "nothing") parameters.delete(name);
    else if (change.set === "text")
      parameters.set(name, {
        name,
        secure: false,
        principal: plan.id,
        value: change.value === "" ? (credentials?.secretArn ?? "") : change.value,
      });
    else {
      parameters.set(name, { name, secure: true, principal: plan.id });
      if (plan.next !== undefined && credentials !== undefined)
        plan.next.credentials = { ...credentials, parameterVersion: credentials.secretVersionId };
    }
  });

function deletions(
  context: Simulated,
  { claim, action }: ClaimOrder,
  plan: ClaimPlan,
  record: ClaimRecord | undefined,
): (() => void)[] {
  const step = plan.credentials;
  const remove = (name: string | undefined): void => {
    const secret = context.aws.secrets.get(name ?? "");
    if (secret?.tags[PRINCIPAL_TAG] === plan.id) context.aws.secrets.delete(secret.name);
  };
  const calls: (() => void)[] = [];
  const own = record?.credentials?.supplied === true ? undefined : record?.credentials?.secretArn;
  if (step.step === "set" && step.abandons !== undefined)
    calls.push(() => {
      if (step.abandons?.arn !== plan.next?.credentials?.secretArn)
        remove(secretWith(context, step.abandons?.arn)?.name);
    });
  if (step.step === "delete" && claim.kind === "login")
    calls.push(() => remove(secretWith(context, own)?.name ?? secretNameOf(context.service, context.cluster, claim)));
  if (action === "ensure" || plan.next === undefined)
    calls.push(() => {
      const kept = plan.next?.credentials?.secretArn;
      for (const { name } of leftBehind(context.service, context.cluster, record, kept)) remove(name);
    });
  return calls;
}
