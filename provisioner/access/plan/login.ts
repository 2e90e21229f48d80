import { accountKey, accountWords, sameAccount, type Account } from "../account";
import { formerClaim, formerClaims } from "../begun";
import { alternates, type LoginClaim } from "../claims";
import { carriesPassword, type Operation } from "../operation";
import type { ClaimRecord } from "../record";
import { Refusal } from "../refusal";
import { findAccount } from "../server";
import { loginAccounts } from "./accounts";
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
import { planAlternating, planAlternatingRemoval } from "./alternating";
import { credentialStep } from "./login-credentials";
import { credentialChanges, loginRow, planSecret, publishedBy, refuseSecret } from "./login-secret";
import { planParameters } from "./parameters";
import { followHosts, hostMoves, isFollowedLate, moveChanges, moveOperations } from "./login-hosts";
import { dropPlan, refuseSystem } from "./principal";
import { refuseTurnOf } from "./turns";

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

/** Without any way to log in it has a password that nobody knows: MariaDB would take a login without one for open. */
const authOf = ({ auth }: LoginClaim): "password" | "iam" => (auth.kind === "iam" ? "iam" : "password");

const authWords: Record<LoginClaim["auth"]["kind"], string> = {
  password: "password in its secret",
  iam: "IAM authentication",
  none: "nobody logs in",
};

/** The way back would need a login of the name again, with everything the role holds. */
function refuseFormerTurns(record: ClaimRecord | undefined, { name }: LoginClaim): void {
  if (record === undefined || record.retained || !alternates(record.claim)) return;
  throw new Refusal(
    "RotationRefused",
    `${name} alternates between two logins and cannot become one login again; keep rotation.strategy "alternating", or give the login another username.`,
    "rotation.strategy",
  );
}

export function planLogin(context: PlanContext, order: ClaimOrder & { claim: LoginClaim }): ClaimPlan {
  const { claim } = order;
  if (alternates(claim)) return planAlternating(context, order);
  const words = `login ${claim.name}`;
  const record = findRecord(context, order);
  const id = idFor(context, order, record);
  assertOurs(record, order, words);
  refuseSystem(context, claim.name, "username");
  refusals(context, claim);
  refuseTurnOf(context, claim.name, "username");
  refuseFormerTurns(record, claim);
  const accounts = loginAccounts(context.facts, claim);
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
  const before = formerClaim(record);
  operations.push(...moveOperations({ ...moves, dropped: [] }));
  changes.push(...moveChanges({ ...moves, dropped: [] }));
  for (const account of accounts) {
    const from = moves.renamed.find(({ to }) => sameAccount(to, account))?.from ?? account;
    const state = findAccount(context.state, from);
    if (state === undefined) {
      operations.push({ op: "createLogin", account, auth: authOf(claim), attributes, comment });
      const settings = [authWords[claim.auth.kind], ...attributeWords(onlyChosen(attributes))];
      changes.push({ verb: "create", words: `create login ${accountWords(account)} (${settings.join(", ")})` });
      continue;
    }
    const difference = attributeDifference(attributes, state, before);
    if (Object.keys(difference).length > 0) {
      operations.push({ op: "alterLogin", account, attributes: difference });
      const { locked, ...others } = difference;
      if (locked === true) {
        // A login of the provisioner's own is opened for a run, which may be at work beside this one.
        const ends = claim.auth.kind !== "none";
        if (ends) operations.push({ op: "endSessions", account });
        const words = `lock login ${accountWords(account)}${ends ? " and end its sessions" : ""}`;
        changes.push({ verb: "lock", words });
      }
      const words = attributeWords(locked === true ? others : difference);
      if (words.length > 0)
        changes.push({ verb: "alter", words: `change login ${accountWords(account)}: ${words.join(", ")}` });
    }
    if (state.auth !== authOf(claim) && !(state.auth === "none" && state.locked)) {
      operations.push({ op: "setAuth", account, auth: authOf(claim) });
      const to = claim.auth.kind === "iam" ? "IAM authentication" : "a password";
      changes.push({ verb: "alter", words: `change login ${accountWords(account)} to ${to}` });
    }
  }
  operations.push(...moveOperations({ ...moves, renamed: [] }));
  changes.push(...moveChanges({ ...moves, renamed: [] }));
  const changed = accounts.filter((account) => context.changedPasswords.has(accountKey(account)));
  const credentials = credentialStep(context, {
    id,
    claim,
    record,
    adopting,
    resets: order.resets === true,
    operations,
    changed: changed.length > 0,
  });
  refuseSecret(context, id, credentials);
  if (credentials.step === "set") {
    // An account that is created or converted gets its password there.
    const covered = new Set(operations.filter(carriesPassword).map((operation) => accountKey(operation.account)));
    const others = (credentials.password === "current" ? changed : accounts).filter(
      (account) => !covered.has(accountKey(account)),
    );
    for (const account of others) operations.push({ op: "setPassword", account });
    changes.push(...credentialChanges(claim.name, credentials, others.length > 0));
  }
  const secretPlan = planSecret(context, order, { id, record, before, credentials });

  const next = loginRow(context, order, { id, record, adopted, credentials, members: [] });
  const parameters = planParameters(
    context,
    claim,
    formerClaims(record),
    publishedBy(context, claim, record, credentials, claim.name),
  );
  changes.push(...secretPlan.changes, ...parameters.changes);
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
    secretChanges: secretPlan.secretChanges,
    parameterChanges: parameters.parameterChanges,
    changes: changes.length > 0 ? changes : recordChange(record, next, words),
    warnings: adopting ? [`${claim.name} existed before and is taken over; its password is reset.`] : [],
    next,
    recordChanges: recordDiffers(record, next) || credentials.step !== "none" || followed.also.length > 0,
  };
}

/** The accounts of the claim, and those that a change of hosts, cut short, has left to the row. */
function accountsToRemove(context: PlanContext, order: ClaimOrder & { claim: LoginClaim }): Account[] {
  const recorded = findRecord(context, order)?.claim;
  const all = [
    ...loginAccounts(context.facts, order.claim),
    ...(recorded?.kind === "login" ? loginAccounts(context.facts, recorded) : []),
  ];
  return [...new Map(all.map((account) => [accountKey(account), account])).values()];
}

export function planLoginRemoval(context: PlanContext, order: ClaimOrder & { claim: LoginClaim }): ClaimPlan {
  const recorded = findRecord(context, order)?.claim;
  if (alternates(order.claim) || (recorded !== undefined && alternates(recorded)))
    return planAlternatingRemoval(context, order);
  const accounts = accountsToRemove(context, order);
  const recoveryDays = order.claim.auth.kind === "password" ? (order.claim.auth.secret?.recoveryDays ?? 7) : 7;
  return dropPlan(context, order, { words: `login ${order.claim.name}`, accounts, recoveryDays });
}
