import { accountKey, accountWords, sameAccount, type Account } from "../account";
import type { LoginClaim } from "../claims";
import type { Operation } from "../operation";
import { recordable, type ClaimRecord } from "../record";
import { Refusal } from "../refusal";
import { findAccount } from "../server";
import { DEFAULT_HOSTS } from "./accounts";
import { adoptionOf, blankPlan } from "./blank";
import {
  assertOurs,
  findRecord,
  idFor,
  recordChange,
  recordDiffers,
  refuseToAdopt,
  type ClaimOrder,
  type ClaimPlan,
  type PlanContext,
  type PlannedChange,
} from "./context";
import { attributeDifference, attributeWords, onlyChosen, wantedAttributes } from "./login-attributes";
import { credentialStep } from "./login-credentials";
import { followHosts, hostMoves, isFollowedLate, moveChanges, moveOperations } from "./login-hosts";
import { dropPlan, refuseSystem } from "./principal";

export const loginAccounts = (context: PlanContext, claim: LoginClaim): Account[] =>
  context.facts.family === "postgresql"
    ? [{ name: claim.name }]
    : (claim.hosts ?? DEFAULT_HOSTS).map((host) => ({ name: claim.name, host }));

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
  if (adopting)
    refuseToAdopt(context, order, {
      code: "UserExists",
      words: claim.name,
      property: "username",
      consequence: ", which resets its password",
    });
  const moves = hostMoves(context, claim, record);
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
  const before = record?.claim.kind === "login" ? record.claim : undefined;
  operations.push(...moveOperations({ ...moves, dropped: [] }));
  changes.push(...moveChanges({ ...moves, dropped: [] }));
  for (const account of accounts) {
    const from = moves.renamed.find(({ to }) => sameAccount(to, account))?.from ?? account;
    const state = findAccount(context.state, from);
    if (state === undefined) {
      operations.push({ op: "createLogin", account, auth: claim.auth.kind, attributes, comment });
      const settings = attributeWords(onlyChosen(attributes));
      changes.push({
        verb: "create",
        words: `create login ${accountWords(account)} (${[claim.auth.kind === "iam" ? "IAM authentication" : "password in its secret", ...settings].join(", ")})`,
      });
      continue;
    }
    const difference = attributeDifference(attributes, state, before);
    if (Object.keys(difference).length > 0) {
      operations.push({ op: "alterLogin", account, attributes: difference });
      const { locked, ...others } = difference;
      if (locked === true) {
        operations.push({ op: "endSessions", account });
        changes.push({ verb: "lock", words: `lock login ${accountWords(account)} and end its sessions` });
      }
      const words = attributeWords(locked === true ? others : difference);
      if (words.length > 0)
        changes.push({ verb: "alter", words: `change login ${accountWords(account)}: ${words.join(", ")}` });
    }
    if (state.auth !== claim.auth.kind && !(state.auth === "none" && state.locked)) {
      operations.push({ op: "setAuth", account, auth: claim.auth.kind });
      changes.push({
        verb: "alter",
        words: `change login ${accountWords(account)} to ${claim.auth.kind === "iam" ? "IAM authentication" : "a password"}`,
      });
    }
  }
  operations.push(...moveOperations({ ...moves, renamed: [] }));
  changes.push(...moveChanges({ ...moves, renamed: [] }));
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
    claim: recordable(claim),
    items: [],
    credentials: claim.auth.kind === "password" ? record?.credentials : undefined,
  };
  const accountsChange = operations.some(({ op }) => ["createLogin", "renameAccount", "dropPrincipal"].includes(op));
  // A run that was cut short may have made accounts that the grants do not know of yet.
  const isCutShort = record?.state === "intent";
  const followed =
    context.facts.family === "mysql" && (accountsChange || isCutShort || isFollowedLate(context, accounts))
      ? followHosts(context, next, operations, moves)
      : { operations: [], changes: [], also: [] };
  operations.push(...followed.operations);
  changes.push(...followed.changes);
  return {
    ...blankPlan(id, record),
    exists: record !== undefined && !record.retained && (known.length > 0 || moves.renamed.length > 0),
    operations,
    also: followed.also,
    credentials,
    changes: changes.length > 0 ? changes : recordChange(record, next, words),
    warnings: adopting ? [`${claim.name} existed before and is taken over; its password is reset.`] : [],
    next,
    recordChanges: recordDiffers(record, next) || credentials.step !== "none",
  };
}

const carriesPassword = (operation: Operation): operation is Extract<Operation, { op: "createLogin" | "setAuth" }> =>
  operation.op === "createLogin" || operation.op === "setAuth";

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
