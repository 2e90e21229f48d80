import { itemKey } from "../../access/item";
import type { Operation } from "../../access/operation";

/**
 * Neighbours of one kind as one operation, so that each level is named once. The same item twice stays apart: the first
 * REVOKE takes a database's row, the second makes a partial revoke.
 */
export function coalesced(operations: readonly Operation[]): Operation[] {
  const merged: Operation[] = [];
  for (const operation of operations) {
    const both = merge(merged.at(-1), operation);
    if (both === undefined) merged.push(operation);
    else merged.splice(-1, 1, both);
  }
  return merged;
}

function merge(before: Operation | undefined, next: Operation): Operation | undefined {
  if (before === undefined || !("items" in before) || !("items" in next) || before.op !== next.op) return undefined;
  if ("cascade" in before && "cascade" in next && before.cascade !== next.cascade) return undefined;
  const known = new Set(before.items.map(itemKey));
  if (next.items.some((item) => known.has(itemKey(item)))) return undefined;
  return { ...before, items: [...before.items, ...next.items] };
}
