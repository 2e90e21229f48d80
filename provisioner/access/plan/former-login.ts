import { accountKey, accountWords, type Account } from "../account";
import type { LoginClaim } from "../claims";
import { itemKey, type Item } from "../item";
import type { Operation } from "../operation";
import { Refusal } from "../refusal";
import type { AccountState } from "../server";
import { DEFAULT_HOSTS } from "./accounts";
import type { PlanContext } from "./context";

/** The login as it was before it alternated: on PostgreSQL the role of the name, elsewhere its accounts. */
export function formerLogins({ facts, state }: Pick<PlanContext, "facts" | "state">, name: string): AccountState[] {
  const accounts = state.principals.get(name)?.accounts ?? [];
  return facts.product === "postgresql"
    ? accounts.filter(({ login }) => login)
    : accounts.filter(({ account, system }) => account.host !== "" && !system);
}

/** The end of the login as it was. What it held stays: on PostgreSQL with the role it has become. */
export function endOfFormer(context: Pick<PlanContext, "facts" | "state">, claim: LoginClaim): Operation[] {
  const listed = claim.hosts ?? DEFAULT_HOSTS;
  const sessions = claim.endSessions !== false;
  return formerLogins(context, claim.name)
    .filter(({ account }) => account.host === undefined || listed.includes(account.host))
    .flatMap(({ account }): Operation[] => [
      { op: "lockLogin", account },
      ...(sessions ? [{ op: "endSessions" as const, account }] : []),
      ...(account.host === undefined ? [] : [{ op: "dropPrincipal" as const, account }]),
    ]);
}

/** Accounts that will be dropped: nothing may run as one of them, and no grant may mean one of them alone. */
export function refuseFormer(context: PlanContext, claim: LoginClaim, former: readonly AccountState[]): void {
  const listed = claim.hosts ?? DEFAULT_HOSTS;
  const owns = (context.state.principals.get(claim.name)?.owns ?? []).filter(({ host }) => host !== "");
  if (owns.length > 0)
    throw new Refusal(
      "OwnsObjects",
      `${claim.name} is the definer of ${owns.map((object) => object.words).join(", ")}, and its account ends when two logins take its place; make them with another definer first. Nothing was changed.`,
      "rotation.strategy",
    );
  const alone = context.records.find(
    ({ claim: other }) =>
      other.kind === "grant" && typeof other.grantee === "object" && other.grantee.name === claim.name,
  );
  if (alone !== undefined)
    throw new Refusal(
      "NotSupported",
      `${alone.owner} grants to one account of ${claim.name} alone, which ends when two logins take its place; let that grant name ${claim.name} without a host first.`,
      "rotation.strategy",
    );
  const stranger = former.find(({ account }) => !listed.includes(account.host ?? ""));
  if (stranger !== undefined)
    throw new Refusal(
      "NotSupported",
      `${accountWords(stranger.account)} is not in hosts, and would be another login beside the role ${claim.name}; list it or drop it first.`,
      "hosts",
    );
}

/** What the accounts hold, for the role. A row for several databases at once belongs to nobody's claim. */
export function heldBy(
  items: readonly Item[],
  former: readonly AccountState[],
  role: Account,
): { items: Item[]; left: string[] } {
  const keys = new Set(former.map(({ account }) => accountKey(account)));
  const held = items.filter((item) => keys.has(accountKey(item.grantee)));
  const patterns = held.filter(({ object }) => object === "pattern");
  const moved = held
    .filter((item) => !patterns.includes(item) && item.absent !== true)
    .map((item): Item => ({
      ...item,
      grantee: role,
      grantor: undefined,
      ...(item.kind === "role" ? { options: { default: false } } : {}),
    }));
  const databases = [...new Set(patterns.map(({ database }) => database))];
  return {
    items: [...new Map(moved.map((item) => [itemKey(item), item])).values()],
    left: databases.map(
      (database) => `What was granted by hand on databases like ${database} is not moved to the role; grant it again.`,
    ),
  };
}
