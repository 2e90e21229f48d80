import { accountKey, PUBLIC, type Account } from "../account";
import { alternates, granteeName, type GranteeSpec, type LoginClaim } from "../claims";
import { claimIdPrefix } from "../id";
import type { Item } from "../item";
import type { ServerFacts } from "../server";
import type { PlanContext } from "./context";

/** MySQL, MariaDB: where a login without a list of hosts has its one account. */
export const DEFAULT_HOSTS: readonly string[] = ["%"];

/**
 * On MySQL and MariaDB a name means the hosts that the login's own claim lists; without one, the role of the name or
 * the account at `%`. Accounts nobody listed are never touched.
 */
export function granteeAccounts(context: PlanContext, grantee: GranteeSpec): Account[] {
  const { facts, state } = context;
  const name = granteeName(grantee);
  if (facts.family === "postgresql")
    return name === PUBLIC.name ? [PUBLIC] : state.principals.has(name) ? [{ name }] : [];
  const accounts = (state.principals.get(name)?.accounts ?? []).map((known) => known.account);
  const wantedHosts = typeof grantee === "object" ? [grantee.host] : listedHosts(context, name);
  if (wantedHosts !== undefined) return accounts.filter((account) => wantedHosts.includes(account.host ?? ""));
  return accounts.filter((account) => account.host === "%" || account.host === "");
}

function listedHosts({ facts, cluster, records }: PlanContext, name: string): readonly string[] | undefined {
  const id = claimIdPrefix(facts.family, cluster, { kind: "role", name, deletion: "drop" });
  const claim = records.find((record) => record.id === id)?.claim;
  if (claim?.kind !== "login") return undefined;
  // The role that the two logins share holds everything.
  return alternates(claim) ? [""] : (claim.hosts ?? DEFAULT_HOSTS);
}

/** The items of exactly these accounts. */
export const itemsOf = (items: readonly Item[], accounts: readonly Account[]): Item[] => {
  const keys = new Set(accounts.map(accountKey));
  return items.filter((item) => keys.has(accountKey(item.grantee)));
};

/** Every account of a login that does not alternate. */
export const loginAccounts = ({ family }: Pick<ServerFacts, "family">, { name, hosts }: LoginClaim): Account[] =>
  family === "postgresql" ? [{ name }] : (hosts ?? DEFAULT_HOSTS).map((host) => ({ name, host }));
