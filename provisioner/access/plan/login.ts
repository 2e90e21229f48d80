import { accountKey, accountWords, type Account } from "../account";
import type { LoginClaim } from "../claims";
import type { LoginAttributes, Operation } from "../operation";
import type { ClaimRecord } from "../record";
import { Refusal } from "../refusal";
import type { AccountState } from "../server";
import { adoptionOf, blankPlan } from "./blank";
import {
  assertOurs,
  findRecord,
  idFor,
  recordChange,
  recordDiffers,
  type ClaimOrder,
  type ClaimPlan,
  type CredentialStep,
  type PlanContext,
  type PlannedChange,
} from "./context";
import { dropPlan, refuseSystem } from "./principal";

/** MySQL, MariaDB: where a login without a list of hosts has its one account. */
export const DEFAULT_HOSTS: readonly string[] = ["%"];

export const loginAccounts = (context: PlanContext, claim: LoginClaim): Account[] =>
  context.facts.family === "postgresql"
    ? [{ name: claim.name }]
    : (claim.hosts ?? DEFAULT_HOSTS).map((host) => ({ name: claim.name, host }));

/** Every attribute, with the defaults of what the claim leaves out. */
function wantedAttributes(
  context: PlanContext,
  claim: LoginClaim,
): Required<Pick<LoginAttributes, "connectionLimit" | "locked">> & LoginAttributes {
  const common = { connectionLimit: claim.connectionLimit ?? null, locked: claim.locked ?? false };
  return context.facts.family === "postgresql"
    ? { ...common, validUntil: claim.validUntil ?? null }
    : {
        ...common,
        passwordExpires: claim.passwordExpires ?? null,
        requireTls: claim.auth.kind === "iam" ? true : (claim.requireTls ?? true),
      };
}

/** Only what differs. */
function attributeDifference(wanted: LoginAttributes, known: AccountState): LoginAttributes {
  const difference: LoginAttributes = {};
  if (wanted.connectionLimit !== known.connectionLimit) difference.connectionLimit = wanted.connectionLimit;
  if (wanted.locked !== known.locked) difference.locked = wanted.locked;
  if (wanted.validUntil !== undefined && wanted.validUntil !== known.validUntil)
    difference.validUntil = wanted.validUntil;
  if (wanted.passwordExpires !== undefined && wanted.passwordExpires !== known.passwordExpires)
    difference.passwordExpires = wanted.passwordExpires;
  if (wanted.requireTls !== undefined && wanted.requireTls !== known.requireTls)
    difference.requireTls = wanted.requireTls;
  return difference;
}

const attributeWords = (attributes: LoginAttributes): string[] => {
  const words: string[] = [];
  if (attributes.connectionLimit !== undefined)
    words.push(
      attributes.connectionLimit === null
        ? "any number of connections"
        : `at most ${attributes.connectionLimit} connections`,
    );
  if (attributes.validUntil !== undefined)
    words.push(attributes.validUntil === null ? "valid for ever" : `valid until ${attributes.validUntil}`);
  if (attributes.passwordExpires !== undefined)
    words.push(
      attributes.passwordExpires === null
        ? "password expiry as the server's default"
        : attributes.passwordExpires === 0
          ? "password never expires"
          : `password expires after ${attributes.passwordExpires} days`,
    );
  if (attributes.requireTls !== undefined) words.push(attributes.requireTls ? "TLS required" : "TLS not required");
  if (attributes.locked !== undefined) words.push(attributes.locked ? "locked" : "not locked");
  return words;
};

function refusals(context: PlanContext, claim: LoginClaim): void {
  const { facts } = context;
  if (claim.auth.kind === "iam" && !facts.iamAvailable)
    throw new Refusal(
      "IamUnavailable",
      facts.family === "postgresql"
        ? `IAM logins need the role rds_iam and the right to grant it; this server offers neither. Enable IAM database authentication on the cluster.`
        : `IAM logins need the AWS authentication plugin, which is not active on this server. Enable IAM database authentication on the cluster.`,
      "auth.kind",
    );
  if (facts.family === "postgresql" && claim.requireTls === true && !facts.forcesTls)
    throw new Refusal(
      "NotSupported",
      "requireTls is true, but PostgreSQL cannot require TLS of one login and this server does not force it on all; set rds.force_ssl to 1 in the parameter group, or remove requireTls.",
      "requireTls",
    );
}

/** Refused rather than recorded and ignored: the secret would stay what it was. */
function refuseMovedSecret(claim: LoginClaim, record: ClaimRecord | undefined): void {
  if (record?.credentials === undefined || record.claim.kind !== "login") return;
  if (claim.auth.kind !== "password" || record.claim.auth.kind !== "password") return;
  for (const setting of ["name", "kmsKeyArn"] as const) {
    const before = record.claim.auth.secret?.[setting];
    const now = claim.auth.secret?.[setting];
    if (before !== now)
      throw new Refusal(
        "NotSupported",
        `auth.secret.${setting} of login ${claim.name} cannot be changed from ${JSON.stringify(before ?? "its default")} to ${JSON.stringify(now ?? "its default")} yet; leave it, or give the login another username.`,
        `auth.secret.${setting}`,
      );
  }
}

export function planLogin(context: PlanContext, order: ClaimOrder & { claim: LoginClaim }): ClaimPlan {
  const { claim } = order;
  const words = `login ${claim.name}`;
  const record = findRecord(context, order);
  const id = idFor(context, order, record);
  assertOurs(record, order, words);
  refuseSystem(context, claim.name, "username");
  refusals(context, claim);
  refuseMovedSecret(claim, record);
  const accounts = loginAccounts(context, claim);
  const known = (context.state.principals.get(claim.name)?.accounts ?? []).filter((state) =>
    accounts.some((account) => accountKey(account) === accountKey(state.account)),
  );
  const { adopting, adopted } = adoptionOf(record, order.owner, known.length > 0);
  if (adopting && claim.adopt !== true)
    throw new Refusal(
      "UserExists",
      `${claim.name} already exists and is not managed here; set adopt: true to take it over, which resets its password.`,
      "username",
    );
  const foreign = known.find((state) => !state.administrable);
  if (foreign !== undefined)
    throw new Refusal(
      "NotAuthorized",
      `The provisioner's login may not alter ${claim.name}; grant it the role with ADMIN OPTION first.`,
      "username",
    );

  const operations: Operation[] = [];
  const changes: PlannedChange[] = [];
  const attributes = wantedAttributes(context, claim);
  const comment = `managed by db-access for ${order.owner}`;
  for (const account of accounts) {
    const state = known.find((candidate) => accountKey(candidate.account) === accountKey(account));
    if (state === undefined) {
      operations.push({ op: "createLogin", account, auth: claim.auth.kind, attributes, comment });
      const settings = attributeWords(onlyChosen(attributes));
      changes.push({
        verb: "create",
        words: `create login ${accountWords(account)} (${[claim.auth.kind === "iam" ? "IAM authentication" : "password in its secret", ...settings].join(", ")})`,
      });
      continue;
    }
    const difference = attributeDifference(attributes, state);
    if (Object.keys(difference).length > 0) {
      operations.push({ op: "alterLogin", account, attributes: difference });
      changes.push({
        verb: difference.locked === true ? "lock" : "alter",
        words: `change login ${accountWords(account)}: ${attributeWords(difference).join(", ")}`,
      });
      if (difference.locked === true) operations.push({ op: "endSessions", account });
    }
    if (state.auth !== claim.auth.kind && !(state.auth === "none" && state.locked)) {
      operations.push({ op: "setAuth", account, auth: claim.auth.kind });
      changes.push({
        verb: "alter",
        words: `change login ${accountWords(account)} to ${claim.auth.kind === "iam" ? "IAM authentication" : "a password"}`,
      });
    }
  }
  for (const account of hostsGone(context, claim, record)) {
    operations.push({ op: "lockLogin", account }, { op: "endSessions", account }, { op: "dropPrincipal", account });
    changes.push({ verb: "drop", words: `drop account ${accountWords(account)}` });
  }
  const credentials = credentialStep(context, claim, record, adopting, operations);
  const secretProblem = context.secretProblems.get(id);
  if (secretProblem !== undefined && (credentials.step === "set" || secretProblem.code === "SecretUnavailable"))
    throw new Refusal(secretProblem.code, secretProblem.message, "auth.secret.name");
  if (credentials.step === "set" && credentials.fresh) {
    // Accounts that exist get the same new password; one that is created or converted gets it there.
    const covered = new Set(operations.filter(carriesPassword).map((operation) => accountKey(operation.account)));
    const others = accounts.filter((account) => !covered.has(accountKey(account)));
    if (others.length > 0)
      changes.push({ verb: "reset", words: `reset the password of ${claim.name} and put the new one into its secret` });
    for (const account of others) operations.push({ op: "setPassword", account });
  }

  const next: ClaimRecord = {
    id,
    owner: order.owner,
    kind: "login",
    grantee: claim.name,
    database: "",
    state: "done",
    generation: credentials.step === "set" ? credentials.generation : (record?.generation ?? context.firstGeneration),
    adopted,
    retained: false,
    claim,
    items: [],
    credentials: claim.auth.kind === "password" ? record?.credentials : undefined,
  };
  return {
    ...blankPlan(id, record),
    exists: record !== undefined && !record.retained && known.length > 0,
    operations,
    credentials,
    changes: changes.length > 0 ? changes : recordChange(record, next, words),
    warnings: adopting ? [`${claim.name} existed before and is taken over; its password is reset.`] : [],
    next,
    recordChanges: recordDiffers(record, next) || credentials.step !== "none",
  };
}

const carriesPassword = (operation: Operation): operation is Extract<Operation, { op: "createLogin" | "setAuth" }> =>
  operation.op === "createLogin" || operation.op === "setAuth";

/** For the words of a creation: what is the default goes without saying. */
const onlyChosen = (attributes: LoginAttributes): LoginAttributes => ({
  ...(attributes.connectionLimit === null ? {} : { connectionLimit: attributes.connectionLimit }),
  ...(attributes.locked === true ? { locked: true } : {}),
  ...(attributes.validUntil === null ? {} : { validUntil: attributes.validUntil }),
  ...(attributes.passwordExpires === null ? {} : { passwordExpires: attributes.passwordExpires }),
  ...(attributes.requireTls === true ? { requireTls: true } : {}),
});

/** Accounts that this claim's earlier list of hosts named and the new one does not. */
function hostsGone(context: PlanContext, claim: LoginClaim, record: ClaimRecord | undefined): Account[] {
  if (context.facts.family === "postgresql" || record?.claim.kind !== "login" || record.retained) return [];
  const kept = new Set(claim.hosts ?? DEFAULT_HOSTS);
  return (context.state.principals.get(claim.name)?.accounts ?? [])
    .map((state) => state.account)
    .filter(
      (account) =>
        (record.claim.kind === "login" ? (record.claim.hosts ?? DEFAULT_HOSTS) : []).includes(account.host ?? "") &&
        !kept.has(account.host ?? ""),
    );
}

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

function credentialStep(
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

/** The accounts of the claim, and those that a change of hosts, cut short, has left to the row. */
function accountsToRemove(context: PlanContext, order: ClaimOrder & { claim: LoginClaim }): Account[] {
  const recorded = findRecord(context, order)?.claim;
  const all = [
    ...loginAccounts(context, order.claim),
    ...(recorded?.kind === "login" ? loginAccounts(context, recorded) : []),
  ];
  return [...new Map(all.map((account) => [accountKey(account), account])).values()];
}

export function planLoginRemoval(context: PlanContext, order: ClaimOrder & { claim: LoginClaim }): ClaimPlan {
  const accounts = accountsToRemove(context, order);
  const recoveryDays = order.claim.auth.kind === "password" ? (order.claim.auth.secret?.recoveryDays ?? 7) : 7;
  return dropPlan(context, order, { words: `login ${order.claim.name}`, accounts, recoveryDays });
}
