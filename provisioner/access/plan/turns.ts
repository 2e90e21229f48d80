import type { Account } from "../account";
import { alternates, type LoginClaim } from "../claims";
import { claimIdPrefix } from "../id";
import type { Item } from "../item";
import type { Turn } from "../record";
import { Refusal } from "../refusal";
import type { Product, ServerFacts } from "../server";
import { DEFAULT_HOSTS } from "./accounts";
import type { PlanContext } from "./context";

export const turns: readonly Turn[] = ["a", "b"];

export const turnName = (name: string, turn: Turn): string => `${name}_${turn}`;

export const otherTurn = (turn: Turn): Turn => (turn === "a" ? "b" : "a");

/** The name that this one would be a turn of. */
export const baseOfTurn = (name: string): string | undefined => /^(.+)_[ab]$/.exec(name)?.[1];

/** A DbUser or DbRole that would be one of another login's two. */
export function refuseTurnOf({ facts, cluster, records }: PlanContext, name: string, property: string): void {
  const base = baseOfTurn(name);
  if (base === undefined) return;
  const id = claimIdPrefix(facts.family, cluster, { kind: "role", name: base, deletion: "drop" });
  const record = records.find((row) => row.id === id && alternates(row.claim));
  if (record === undefined) return;
  throw new Refusal(
    "OwnedElsewhere",
    `${name} is one of the two logins between which ${base} alternates, managed by ${record.owner}; choose another name.`,
    property,
  );
}

/** The role that holds everything: the name itself, without a host where logins have one. */
export const sharedRole = (product: Product, name: string): Account =>
  product === "postgresql" ? { name } : { name, host: "" };

export function turnAccounts({ product }: Pick<ServerFacts, "product">, claim: LoginClaim, turn: Turn): Account[] {
  const name = turnName(claim.name, turn);
  return product === "postgresql" ? [{ name }] : (claim.hosts ?? DEFAULT_HOSTS).map((host) => ({ name, host }));
}

/** The membership of one of the two in the role they share. */
export const membership = ({ product, versionNumber }: ServerFacts, account: Account, role: string): Item => ({
  grantee: account,
  kind: "role",
  database: "",
  schema: "",
  object: role,
  column: "",
  privilege: "MEMBER",
  grantable: false,
  ...(product === "postgresql"
    ? versionNumber >= 160000
      ? { options: { inherit: true, set: true } }
      : {}
    : { options: { default: true } }),
});
