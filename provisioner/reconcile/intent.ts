import { itemKey } from "../access/item";
import { DEFAULT_HOSTS, type ClaimPlan } from "../access/plan";
import type { ClaimRecord, RecordedItem } from "../access/record";

/**
 * Written before the first statement, so that a re-entry knows what was there before and what may have happened. It is
 * never `retained`: a lock that was cut short has to be done again.
 */
export function intentOf(plan: ClaimPlan, record: ClaimRecord | undefined): ClaimRecord | undefined {
  if (plan.next === undefined || (plan.operations.length === 0 && plan.credentials.step === "none")) return undefined;
  return {
    ...plan.next,
    state: "intent",
    retained: false,
    items: eitherOf(plan.next.items, record?.items ?? []),
    claim: withOldHosts(plan.next, record),
    credentials: record?.credentials,
  };
}

/** What will be held and what was: a privilege, or only its grant option, may be on its way out. */
function eitherOf(next: readonly RecordedItem[], earlier: readonly RecordedItem[]): RecordedItem[] {
  const all = new Map(next.map((entry) => [itemKey(entry.item), entry]));
  for (const entry of earlier) {
    const known = all.get(itemKey(entry.item));
    if (known === undefined || (entry.item.grantable && !known.item.grantable)) all.set(itemKey(entry.item), entry);
  }
  return [...all.values()];
}

/** Accounts of hosts that are being removed stay known until they are gone; those that were retained are let be. */
function withOldHosts({ claim }: ClaimRecord, record: ClaimRecord | undefined): ClaimRecord["claim"] {
  if (claim.kind !== "login" || record?.claim.kind !== "login" || record.retained) return claim;
  const lists = [claim.hosts, record.claim.hosts];
  if (lists.every((hosts) => hosts === undefined)) return claim;
  return { ...claim, hosts: [...new Set(lists.flatMap((hosts) => hosts ?? DEFAULT_HOSTS))] };
}
