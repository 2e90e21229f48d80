import { withBegun } from "../access/begun";
import { itemKey } from "../access/item";
import { DEFAULT_HOSTS, type ClaimPlan } from "../access/plan";
import type { ClaimRecord, RecordedItem } from "../access/record";

/** The rows that a plan writes before its first statement. */
export function intentsOf(plan: ClaimPlan, before: ReadonlyMap<string, ClaimRecord>): ClaimRecord[] {
  const own = intentOf(plan, before.get(plan.id));
  return [...(own === undefined ? [] : [own]), ...intentsBeside(plan, before)];
}

/**
 * Written before the first statement, so that a re-entry knows what was there before and what may have happened. It is
 * never `retained`: a lock that was cut short has to be done again.
 */
function intentOf(plan: ClaimPlan, record: ClaimRecord | undefined): ClaimRecord | undefined {
  if (plan.next === undefined || !begins(plan)) return undefined;
  return {
    ...plan.next,
    state: "intent",
    retained: false,
    items: eitherOf(plan.next.items, record?.items ?? []),
    claim: withBefore(plan.next, record),
    credentials: record?.credentials,
  };
}

const begins = ({ operations, credentials, secretChanges, parameterChanges }: ClaimPlan): boolean =>
  operations.length > 0 || credentials.step !== "none" || secretChanges.length > 0 || parameterChanges.length > 0;

/** Rows of other claims that change with this one: until they are settled they say what was and what will be. */
const intentsBeside = (plan: ClaimPlan, before: ReadonlyMap<string, ClaimRecord>): ClaimRecord[] =>
  plan.operations.length === 0
    ? []
    : plan.also.map((row) => ({
        ...row,
        state: "intent",
        items: eitherOf(row.items, before.get(row.id)?.items ?? []),
      }));

/** What will be held and what was: a privilege, or only its grant option, may be on its way out. */
function eitherOf(next: readonly RecordedItem[], earlier: readonly RecordedItem[]): RecordedItem[] {
  const all = new Map(next.map((entry) => [itemKey(entry.item), entry]));
  for (const entry of earlier) {
    const known = all.get(itemKey(entry.item));
    if (known === undefined || (entry.item.grantable && !known.item.grantable)) all.set(itemKey(entry.item), entry);
  }
  return [...all.values()];
}

const withBefore = (next: ClaimRecord, record: ClaimRecord | undefined): ClaimRecord["claim"] => {
  const claim = withOldHosts(next, record);
  return claim.kind === "login" ? withBegun(claim, record) : claim;
};

/** Accounts of hosts that are being removed stay known until they are gone; those that were retained are let be. */
function withOldHosts({ claim }: ClaimRecord, record: ClaimRecord | undefined): ClaimRecord["claim"] {
  if (claim.kind !== "login" || record?.claim.kind !== "login" || record.retained) return claim;
  const lists = [claim.hosts, record.claim.hosts];
  if (lists.every((hosts) => hosts === undefined)) return claim;
  return { ...claim, hosts: [...new Set(lists.flatMap((hosts) => hosts ?? DEFAULT_HOSTS))] };
}
