import { accountWords, type Account } from "../account";
import { formerClaims, retainedClaim } from "../begun";
import type { LoginClaim, RoleClaim } from "../claims";
import type { Operation } from "../operation";
import type { ClaimRecord } from "../record";
import { Refusal } from "../refusal";
import { findAccount, type OwnedObject } from "../server";
import { blankPlan } from "./blank";
import { ownSecret } from "./login-credentials";
import { removeParameters } from "./parameters";
import { assertOurs, findRecord, idFor, type ClaimOrder, type ClaimPlan, type PlanContext } from "./context";

/** The provisioner's own login and the server's own accounts are never managed. */
export function refuseSystem(context: PlanContext, name: string, property: string): void {
  if (name === context.facts.admin.name)
    throw new Refusal("ReservedName", `${name} is the provisioner's own login; choose another name.`, property);
  const system = context.state.principals.get(name)?.accounts.find((state) => state.system);
  if (system !== undefined)
    throw new Refusal("ReservedName", `${name} is a system account; choose another name.`, property);
}

/** Ends a login or a role as its deletion policy says. */
export function dropPlan(
  context: PlanContext,
  order: ClaimOrder & { claim: LoginClaim | RoleClaim },
  about: { words: string; accounts: Account[]; recoveryDays: number },
): ClaimPlan {
  const { claim } = order;
  const record = findRecord(context, order);
  const plan: ClaimPlan = {
    ...blankPlan(idFor(context, order, record), record),
    next: undefined,
    recordChanges: record !== undefined,
  };
  const known = about.accounts.flatMap((account) => findAccount(context.state, account) ?? []);
  if (record === undefined || record.retained) {
    if (known.length > 0) plan.warnings.push(`${about.words} is not managed here any more; it was left as it is.`);
    return { ...plan, next: record, recordChanges: false };
  }
  assertOurs(record, order, about.words);
  if (claim.deletion !== "drop")
    return {
      ...plan,
      ...keep(
        claim,
        record,
        known.map((state) => state.account),
      ),
    };
  const owns = [...new Set(about.accounts.map(({ name }) => name))].flatMap((name) => {
    const hosts = new Set(about.accounts.filter((account) => account.name === name).map(({ host }) => host ?? ""));
    // A definer at a host that stays is somebody else's.
    const owned = context.state.principals.get(name)?.owns ?? [];
    return owned.filter(({ host }) => host === undefined || hosts.has(host));
  });
  const asked = claim.reassignOwnedTo !== undefined || claim.dropOwned === true;
  if (!asked && claim.kind === "role" && owns.length > 0 && owns.every((object) => isRetained(context, object)))
    return {
      ...plan,
      ...keep({ ...claim, deletion: "retain" }, record, []),
      warnings: [`${about.words} stays, because it owns what is retained: ${listed(owns)}.`],
    };
  if (owns.length > 0 && !asked)
    throw new Refusal(
      "OwnsObjects",
      context.facts.family === "mysql"
        ? `${about.words} is still the definer of ${listed(owns)}; make them with another definer or drop them first. Nothing was changed.`
        : `${about.words} still owns ${listed(owns)}; give them another owner or drop them first, or set reassignOwnedTo or dropOwned. Nothing was changed.`,
    );
  const operations: Operation[] = [];
  for (const { account, login } of known) {
    if (login || isLogin(claim, account)) operations.push({ op: "lockLogin", account });
    if ((login || isLogin(claim, account)) && endsSessions(claim)) operations.push({ op: "endSessions", account });
    const owned = (context.state.principals.get(account.name)?.owns ?? []).length > 0;
    operations.push(...(owned ? ownedOperations(context, claim, account) : []), { op: "dropPrincipal", account });
  }
  return {
    ...plan,
    operations,
    credentials: mayHaveSecret(record) ? { step: "delete", recoveryDays: about.recoveryDays } : { step: "none" },
    parameterChanges: removeParameters(context, formerClaims(record)),
    changes: [
      {
        verb: "drop",
        words:
          known.length > 0
            ? `drop ${about.words} with every privilege it holds${ownedWords(claim, owns)}`
            : `forget ${about.words}, which is gone already`,
      },
    ],
  };
}

/** On MariaDB the role that alternating logins share has no host, and nothing to lock. */
const isLogin = (claim: LoginClaim | RoleClaim, { host }: Account): boolean => claim.kind === "login" && host !== "";

const endsSessions = (claim: LoginClaim | RoleClaim): boolean => claim.kind === "role" || claim.endSessions !== false;

const ownedWords = ({ reassignOwnedTo, dropOwned }: LoginClaim | RoleClaim, owns: readonly OwnedObject[]): string =>
  owns.length === 0
    ? ""
    : reassignOwnedTo !== undefined
      ? `, and give ${listed(owns)} to ${reassignOwnedTo}`
      : dropOwned === true
        ? `, and drop ${listed(owns)}`
        : "";

/** What it owns goes to another role, or goes. A function that comes to run with the admin's rights is never made. */
function ownedOperations({ state, facts }: PlanContext, claim: LoginClaim | RoleClaim, account: Account): Operation[] {
  const to = claim.reassignOwnedTo;
  if (to === undefined) return [{ op: "dropOwned", account }];
  const known = state.principals.get(to)?.accounts[0];
  const property = "deletion.reassignOwnedTo";
  if (known === undefined)
    throw new Refusal("ObjectMissing", `${to} does not exist, so it cannot become the owner of anything.`, property);
  if (to === facts.admin.name || known.system)
    throw new Refusal("ReservedName", `${to} is a system role and cannot own anything here; name another.`, property);
  if (known.auth === "iam")
    throw new Refusal("OwnerIsIamUser", `${to} is an IAM login; name a DbRole as the next owner.`, property);
  return [{ op: "reassignOwned", account, to }];
}

/** A row left as `intent` may have made its secret without having noted it. */
const mayHaveSecret = (record: ClaimRecord): boolean =>
  ownSecret(record) !== undefined ||
  (record.state === "intent" &&
    record.claim.kind === "login" &&
    record.claim.auth.kind === "password" &&
    record.claim.auth.suppliedSecretArn === undefined);

function keep(
  claim: LoginClaim | RoleClaim,
  record: ClaimRecord,
  accounts: Account[],
): Pick<ClaimPlan, "operations" | "changes" | "next" | "recordChanges"> {
  const lock = claim.deletion === "lock";
  return {
    operations: lock
      ? accounts
          .filter((account) => isLogin(claim, account))
          .flatMap((account): Operation[] => [
            { op: "lockLogin", account },
            ...(endsSessions(claim) ? [{ op: "endSessions" as const, account }] : []),
          ])
      : [],
    changes: [
      lock
        ? {
            verb: "lock",
            words: `lock ${accounts.map(accountWords).join(", ")}${endsSessions(claim) ? ", end its sessions" : ""} and keep its secret`,
          }
        : { verb: "forget", words: `leave ${claim.name} as it is and no longer manage it` },
    ],
    next: { ...record, claim: retainedClaim(record), retained: true, state: "done" },
    recordChanges: true,
  };
}

/** Left behind by its own deletion policy: a database with everything in it, or a schema with everything in it. */
function isRetained(context: PlanContext, object: OwnedObject): boolean {
  const retained = context.records.filter((record) => record.retained);
  return retained.some(
    ({ claim }) =>
      (claim.kind === "database" && claim.name === object.database) ||
      (claim.kind === "schema" &&
        claim.database === object.database &&
        (object.words === `schema ${claim.name}` || object.words.includes(` ${claim.name}.`))),
  );
}

function listed(owns: readonly OwnedObject[]): string {
  const list = owns
    .slice(0, 10)
    .map((object) => (object.words.startsWith("database ") ? object.words : `${object.words} in ${object.database}`));
  return `${list.join(", ")}${owns.length > 10 ? ` and ${owns.length - 10} more` : ""}`;
}
