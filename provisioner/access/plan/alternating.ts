import { accountKey, accountWords, type Account } from "../account";
import { formerClaim, formerClaims } from "../begun";
import type { LoginClaim } from "../claims";
import type { Operation } from "../operation";
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
  type ClaimOrder,
  type ClaimPlan,
  type PlanContext,
  type PlannedChange,
} from "./context";
import { endOfFormer, formerLogins, heldBy, refuseFormer } from "./former-login";
import { credentialStep, ownSecret } from "./login-credentials";
import { followHosts, isFollowedLate } from "./login-hosts";
import { credentialChanges, loginRow, planSecret, publishedBy, refuseSecret } from "./login-secret";
import { planParameters } from "./parameters";
import { dropPlan, refuseSystem } from "./principal";
import { planTurns, refuseStrangers } from "./turn-logins";
import { refuseTurnOf, sharedRole, turnAccounts, turnName, turns } from "./turns";

type Order = ClaimOrder & { claim: LoginClaim };

/** What keeps a login from alternating at all. */
function refusals({ facts, state }: PlanContext, claim: LoginClaim): void {
  const refuse = (why: string, property = "rotation.strategy"): never => {
    throw new Refusal("RotationRefused", why, property);
  };
  if (claim.auth.kind === "iam")
    refuse(`${claim.name} is an IAM login and has no password to rotate; remove rotation.`, "rotation");
  if (facts.product === "mysql")
    refuse(`MySQL keeps two passwords for one login; use rotation.strategy "dual" for ${claim.name}.`);
  if (state.setsDefaultRoles === false)
    refuse(
      `The provisioner's login may not set another account's default role on this server, so the two logins of ${claim.name} would begin without its privileges; use rotation.strategy "single", or give it that right.`,
    );
  const longest = turnName(claim.name, "a");
  const length = facts.product === "postgresql" ? Buffer.byteLength(longest, "utf8") : [...longest].length;
  if (length > facts.maxNameLength)
    refuse(`${longest} is longer than the ${facts.maxNameLength} that the server allows; choose a shorter username.`);
}

export function planAlternating(context: PlanContext, order: Order): ClaimPlan {
  const { claim } = order;
  const { facts, state } = context;
  const words = `login ${claim.name}`;
  const record = findRecord(context, order);
  const id = idFor(context, order, record);
  assertOurs(record, order, words);
  for (const name of [claim.name, ...turns.map((turn) => turnName(claim.name, turn))])
    refuseSystem(context, name, "username");
  refusals(context, claim);
  refuseTurnOf(context, claim.name, "username");
  const role = sharedRole(facts.product, claim.name);
  const before = formerClaim(record);
  const former = formerLogins(context, claim.name);
  const shared = findAccount(state, role);
  const { adopting, adopted } = adoptionOf(record, order.owner, former.length > 0 || shared !== undefined);
  if (adopting)
    throw new Refusal(
      "UserExists",
      `${claim.name} already exists and is not managed here; take it over with adopt and without rotation first, or choose another username.`,
      "username",
    );
  refuseStrangers(context, claim, before);
  const own = ownSecret(record);
  const switching = record !== undefined && own?.active === undefined && (own !== undefined || former.length > 0);
  if (former.some(({ auth }) => auth === "iam"))
    throw new Refusal(
      "RotationRefused",
      `${claim.name} logs in with IAM, and what it holds would keep passwords from the two logins; let it have a password first, without rotation.`,
      "rotation.strategy",
    );
  if (switching && facts.product !== "postgresql") refuseFormer(context, claim, former);
  const active = own?.active ?? "a";

  const operations: Operation[] = [];
  const changes: PlannedChange[] = [];
  const warnings: string[] = [];
  const comment = `managed by db-access for ${order.owner}`;
  if (shared === undefined) operations.push({ op: "createRole", account: role, comment });
  if (switching && facts.product !== "postgresql") {
    const { items, left } = heldBy(state.items, former, role);
    if (items.length > 0) operations.push({ op: "grant", items });
    warnings.push(...left);
  }
  const both = planTurns(context, claim, before, comment);
  const { accounts, created, members } = both;
  operations.push(...both.operations);
  changes.push(...both.changes);

  const changed = accounts.filter((account) => context.changedPasswords.has(accountKey(account)));
  const credentials = credentialStep(context, {
    id,
    claim,
    record,
    adopting,
    resets: order.resets === true,
    operations: operations.filter((operation) => "account" in operation && isTurn(operation.account, claim, active)),
    changed: changed.length > 0,
    renames: switching,
  });
  refuseSecret(context, id, credentials);
  const resets = credentials.step === "set" && credentials.password !== "current";
  if (credentials.step === "set") {
    credentials.turn = active;
    if (switching && former.length > 0) credentials.leaves = "formerLogin";
    const covered = new Set(created);
    // A reset leaves no older password valid, not even the other login's.
    const set = (credentials.password === "current" ? changed : accounts).filter(
      (account) => !covered.has(accountWords(account)),
    );
    operations.push(...set.map((account): Operation => ({ op: "setPassword", account })));
    changes.push(...credentialChanges(claim.name, credentials, !switching && set.length > 0));
    if (switching)
      changes.push({
        verb: "alter",
        words: `let the secret of ${claim.name} name ${turnName(claim.name, active)}; ${claim.name} itself can log in until the grace period is over`,
      });
  }
  const grace = own?.grace?.what === "formerLogin";
  // Within the grace period it is meant to work; a reset ends that.
  if (!switching && former.length > 0 && (!grace || resets)) {
    const ends = facts.product === "postgresql" || grace ? endOfFormer(context, claim) : [];
    operations.push(...ends);
    if (ends.length > 0)
      changes.push({ verb: "lock", words: `end the login of ${claim.name} itself, which is a role now` });
  }
  const secretPlan = planSecret(context, order, { id, record, before, credentials });
  const parameters = planParameters(
    context,
    claim,
    formerClaims(record),
    publishedBy(context, claim, record, credentials, turnName(claim.name, active)),
  );
  changes.push(...secretPlan.changes, ...parameters.changes);
  const next = loginRow(context, order, { id, record, adopted, credentials, members });
  const follows =
    facts.family === "mysql" &&
    (shared === undefined || switching || record?.state === "intent" || isFollowedLate(context, [role]));
  const followed = follows
    ? followHosts(context, next, operations, {
        renamed: former.map(({ account }) => ({ from: account, to: role })),
        dropped: [],
      })
    : { operations: [], changes: [], also: [] };
  operations.push(...followed.operations);
  changes.push(...followed.changes);
  return {
    ...blankPlan(id, record),
    exists: record !== undefined && !record.retained && shared !== undefined,
    operations,
    also: followed.also,
    credentials,
    secretChanges: secretPlan.secretChanges,
    parameterChanges: parameters.parameterChanges,
    changes: changes.length > 0 ? changes : recordChange(record, next, words),
    warnings,
    next,
    recordChanges: recordDiffers(record, next) || credentials.step !== "none" || followed.also.length > 0,
  };
}

const isTurn = (account: Account, { name }: LoginClaim, turn: (typeof turns)[number]): boolean =>
  account.name === turnName(name, turn);

/** Both logins and the role they share end together; so does what is left of the login before. */
export function planAlternatingRemoval(context: PlanContext, order: Order): ClaimPlan {
  const { claim } = order;
  const recorded = findRecord(context, order)?.claim;
  const hosts = [
    ...new Set([claim, recorded].flatMap((one) => (one?.kind === "login" ? (one.hosts ?? DEFAULT_HOSTS) : []))),
  ];
  const both = { ...claim, hosts };
  const accounts = [
    ...turns.flatMap((turn) => turnAccounts(context.facts, both, turn)),
    ...(context.facts.product === "postgresql" ? [] : hosts.map((host) => ({ name: claim.name, host }))),
    sharedRole(context.facts.product, claim.name),
  ];
  const recoveryDays = claim.auth.kind === "password" ? (claim.auth.secret?.recoveryDays ?? 7) : 7;
  return dropPlan(context, order, { words: `login ${claim.name}`, accounts, recoveryDays });
}
