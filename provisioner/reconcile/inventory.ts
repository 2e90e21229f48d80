import type { EngineSession } from "../engines/engine";
import { MIGRATIONS_OWNER } from "../access/migrations-owner";
import type { Inventory } from "../protocol/inventory";

/** An answer of a function has 6 MB at most, and an owner 2048 characters. */
const MOST_OWNERS = 1000;

/** Each resource of a stack is an owner of its own: what matters here is the stack. */
export function stackOf(owner: string): string {
  const found = /^(.*?)\/urn:pulumi:([^:]+)::([^:]+)::/.exec(owner);
  return found === null ? owner : `${found[1]}/${found[3]}/${found[2]}`;
}

/** Who has live claims, by stack. */
export async function takeInventory({ ledger }: Pick<EngineSession, "ledger">): Promise<Inventory> {
  const { owners: all, audit } = await ledger.survey();
  // What the provisioner keeps for its own work ends with nobody's stack.
  const owners = all.filter(({ owner }) => owner !== MIGRATIONS_OWNER);
  const stacks = new Map<string, number>();
  for (const { owner, claims } of owners) stacks.set(stackOf(owner), (stacks.get(stackOf(owner)) ?? 0) + claims);
  const sorted = [...stacks]
    .map(([owner, claims]) => ({ owner, claims }))
    .sort((a, b) => b.claims - a.claims || (a.owner < b.owner ? -1 : 1));
  return {
    claims: owners.reduce((sum, { claims }) => sum + claims, 0),
    owners: sorted.slice(0, MOST_OWNERS),
    ...(sorted.length > MOST_OWNERS ? { ownersLeftOut: sorted.length - MOST_OWNERS } : {}),
    ...(audit === undefined ? {} : { audit }),
  };
}
