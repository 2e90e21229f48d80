import { accountKey } from "../account";
import { itemKey, type Item } from "../item";
import type { RecordedItem } from "../record";

/** What one claim wants of one or more accounts, beside everything that is known. */
export interface ItemQuestion {
  wanted: readonly Item[];
  /** What the ledger says this claim holds. */
  recorded: readonly RecordedItem[];
  /** What other live claims hold. */
  others: readonly RecordedItem[];
  /** What the server has, for the accounts concerned. */
  actual: readonly Item[];
  /** Exclusive mode: the items of the target that this claim alone decides about. */
  scope?: (item: Item) => boolean;
  /** What `unmanaged` reports about: the same target. */
  target: (item: Item) => boolean;
  /** PostgreSQL: a table-level REVOKE also clears the same privilege on the table's columns. */
  revokeClearsColumns: boolean;
  /** MySQL, MariaDB: one grant option covers everything an account holds at a level; a table and its columns are one. */
  optionPerLevel: boolean;
}

export interface ItemAnswer {
  grant: Item[];
  /** Held without being wanted any more; each as the server has it, with its grantor. */
  revoke: Item[];
  revokeOption: Item[];
  /** Taken along by a revoke although it stays: granted again right after. */
  regrant: Item[];
  recorded: RecordedItem[];
  unmanaged: Item[];
}

const byKey = <T>(values: readonly T[], key: (value: T) => string): Map<string, T[]> => {
  const map = new Map<string, T[]>();
  for (const value of values) {
    const known = map.get(key(value));
    if (known === undefined) map.set(key(value), [value]);
    else known.push(value);
  }
  return map;
};

/** Membership options that were asked for and differ; what nobody asked for makes no difference. */
const optionsDiffer = (wanted: Item, held: readonly Item[]): boolean =>
  wanted.options !== undefined &&
  Object.entries(wanted.options).some(
    ([name, value]) =>
      value !== undefined && !held.some((item) => item.options?.[name as keyof typeof item.options] === value),
  );

/**
 * The set arithmetic of every grant: the smallest sets of items to grant and to revoke, and what the ledger says
 * afterwards. Pure; the property tests live on it.
 */
export function planItems(question: ItemQuestion): ItemAnswer {
  const { wanted, recorded, others, actual, scope, target } = question;
  const actualByKey = byKey(actual, itemKey);
  const recordedByKey = new Map(recorded.map((entry) => [itemKey(entry.item), entry]));
  const othersByKey = byKey(others, (entry) => itemKey(entry.item));
  const wantedByKey = new Map(wanted.map((item) => [itemKey(item), item]));

  const grantableLevels = new Set(
    [...wanted, ...others.map((entry) => entry.item)].filter((item) => item.grantable).map(levelKey),
  );

  const grant: Item[] = [];
  const revokeOption: Item[] = [];
  const nextRecorded: RecordedItem[] = [];
  for (const [key, item] of wantedByKey) {
    const held = actualByKey.get(key) ?? [];
    const mine = recordedByKey.get(key);
    const theirs = othersByKey.get(key) ?? [];
    const optionNeeded = question.optionPerLevel
      ? grantableLevels.has(levelKey(item))
      : item.grantable || theirs.some((entry) => entry.item.grantable);
    if (held.length === 0 || (item.grantable && !held.some((row) => row.grantable)) || optionsDiffer(item, held))
      grant.push(item);
    else if (
      !optionNeeded &&
      held.some((row) => row.grantable) &&
      (mine?.item.grantable === true || scope?.(item) === true)
    )
      revokeOption.push(...held.filter((row) => row.grantable));
    nextRecorded.push({ item, before: mine?.before ?? heldBefore(held, theirs) });
  }

  const revoke: Item[] = [];
  for (const [key, rows] of actualByKey) {
    if (wantedByKey.has(key) || othersByKey.has(key)) continue;
    const mine = recordedByKey.get(key);
    const owned = mine !== undefined && !mine.before;
    if (owned || scope?.(rows[0]) === true) revoke.push(...rows);
  }

  const unmanaged = actual.filter(
    (item) =>
      target(item) && !wantedByKey.has(itemKey(item)) && !othersByKey.has(itemKey(item)) && !revoke.includes(item),
  );
  const regrant = question.revokeClearsColumns ? takenAlong({ revoke, revokeOption, grant }, actual) : [];
  return {
    grant: grant.filter((item) => !regrant.includes(item)),
    revoke,
    revokeOption,
    regrant,
    recorded: nextRecorded,
    unmanaged,
  };
}

/** Column privileges that stay, or come, although the same privilege on their table goes. */
function takenAlong(answer: Pick<ItemAnswer, "revoke" | "revokeOption" | "grant">, actual: readonly Item[]): Item[] {
  const { revoke, revokeOption, grant } = answer;
  const affected = (item: Item): boolean => revoke.some((table) => isColumnOf(item, table));
  const coming = grant.filter(affected);
  const keys = new Set([...coming, ...revoke].map(itemKey));
  const staying = actual.filter((item) => !keys.has(itemKey(item)) && affected(item));
  return [...coming, ...staying.map((item) => (revokeOption.includes(item) ? { ...item, grantable: false } : item))];
}

const levelKey = (item: Item): string =>
  [accountKey(item.grantee), item.kind === "column" ? "table" : item.kind, item.database, item.object].join("\u0000");

/** It was there before when the server has it and no live claim put it there. */
const heldBefore = (held: readonly Item[], theirs: readonly RecordedItem[]): boolean =>
  held.length > 0 && (theirs.length === 0 || theirs.some((entry) => entry.before));

const isColumnOf = (column: Item, table: Item): boolean =>
  column.kind === "column" &&
  table.kind === "table" &&
  column.privilege === table.privilege &&
  column.database === table.database &&
  column.schema === table.schema &&
  column.object === table.object &&
  accountKey(column.grantee) === accountKey(table.grantee);
