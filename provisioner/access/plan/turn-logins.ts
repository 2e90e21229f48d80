import { accountWords, type Account } from "../account";
import { alternates, type LoginClaim } from "../claims";
import { itemKey, type Item } from "../item";
import type { Operation } from "../operation";
import { Refusal } from "../refusal";
import { findAccount } from "../server";
import { DEFAULT_HOSTS } from "./accounts";
import type { PlanContext, PlannedChange } from "./context";
import { attributeDifference, attributeWords, wantedAttributes } from "./login-attributes";
import { membership, turnAccounts, turnName, turns } from "./turns";

/** One of the two names is somebody's already. */
export function refuseStrangers(context: PlanContext, claim: LoginClaim, before: LoginClaim | undefined): void {
  if (before !== undefined && alternates(before)) return;
  for (const turn of turns) {
    const name = turnName(claim.name, turn);
    if (!context.state.principals.has(name)) continue;
    throw new Refusal(
      "UserExists",
      `${name} already exists, and ${claim.name} needs it as one of its two logins; drop it, or choose another username.`,
      "username",
    );
  }
}

export interface TurnLogins {
  operations: Operation[];
  changes: PlannedChange[];
  /** Of both logins, at every host. */
  accounts: Account[];
  /** Those that are made now, in words. */
  created: string[];
  /** The memberships in the role that both share. */
  members: Item[];
}

/** Makes and keeps both logins as the claim says, members of the role that they share. */
export function planTurns(
  context: PlanContext,
  claim: LoginClaim,
  before: LoginClaim | undefined,
  comment: string,
): TurnLogins {
  const { facts, state } = context;
  const operations: Operation[] = [];
  const changes: PlannedChange[] = [];
  const wanted = wantedAttributes(context, claim);
  const attributes =
    facts.product === "postgresql" ? { ...wanted, settings: { ...wanted.settings, role: claim.name } } : wanted;
  const accounts = turns.flatMap((turn) => turnAccounts(facts, claim, turn));
  const created: string[] = [];
  for (const account of accounts) {
    const known = findAccount(state, account);
    if (known === undefined) {
      operations.push({ op: "createLogin", account, auth: "password", attributes, comment });
      created.push(accountWords(account));
      continue;
    }
    const difference = attributeDifference(attributes, known, before);
    if (Object.keys(difference).length === 0) continue;
    operations.push({ op: "alterLogin", account, attributes: difference });
    if (difference.locked === true) operations.push({ op: "endSessions", account });
    changes.push({
      verb: "alter",
      words: `change login ${accountWords(account)}: ${attributeWords(difference).join(", ")}`,
    });
  }
  if (created.length > 0)
    changes.unshift({
      verb: "create",
      words: `create ${created.join(" and ")}, which take turns as members of role ${claim.name}`,
    });
  const members = accounts.map((account) => membership(facts, account, claim.name));
  const missing = members.filter((item) => !isHeld(state.items, item));
  if (missing.length > 0) operations.push({ op: "grant", items: missing });
  if (missing.length > created.length || (missing.length > 0 && created.length === 0))
    changes.push({ verb: "grant", words: `make the two logins of ${claim.name} members of role ${claim.name}` });
  operations.push(...goneHosts(context, claim, before, changes));
  return { operations, changes, accounts, created, members };
}

const isHeld = (items: readonly Item[], wanted: Item): boolean =>
  items.some(
    (item) =>
      itemKey(item) === itemKey(wanted) &&
      Object.entries(wanted.options ?? {}).every(([name, value]) => item.options?.[name as "inherit"] === value),
  );

/** Accounts of both logins at hosts that the claim named and names no more. */
function goneHosts(
  { facts, state }: PlanContext,
  claim: LoginClaim,
  before: LoginClaim | undefined,
  changes: PlannedChange[],
): Operation[] {
  if (facts.product === "postgresql" || before === undefined) return [];
  const wanted = claim.hosts ?? DEFAULT_HOSTS;
  const gone = (before.hosts ?? DEFAULT_HOSTS).filter((host) => !wanted.includes(host));
  const accounts = turns
    .flatMap((turn) => gone.map((host) => ({ name: turnName(claim.name, turn), host })))
    .filter((account) => findAccount(state, account) !== undefined);
  changes.push(
    ...accounts.map((account): PlannedChange => ({ verb: "drop", words: `drop account ${accountWords(account)}` })),
  );
  return accounts.flatMap((account): Operation[] => [
    { op: "lockLogin", account },
    { op: "endSessions", account },
    { op: "dropPrincipal", account },
  ]);
}
