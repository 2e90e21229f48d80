import { accountKey } from "../account";
import { itemKey, opposite, type Item } from "../item";
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
  /** MySQL: partial revokes are read as absences. */
  absenceIsRead: boolean;
}

/** In terms of what statements do: an absence that is wanted is revoked, one that is not wanted any more granted. */
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
  const { wanted, recorded, others, scope, target } = question;
  const actual = withAbsences(question);
  const actualByKey = byKey(actual, itemKey);
  const recordedByKey = new Map(recorded.map((entry) => [itemKey(entry.item), entry]));
  const othersByKey = byKey(others, (entry) => itemKey(entry.item));
  const wantedByKey = new Map(wanted.map((item) => [itemKey(item), item]));

  const options = grantOptions({ ...question, actual });
  const grant: Item[] = [];
  const nextRecorded: RecordedItem[] = [];
  for (const [key, item] of wantedByKey) {
    const held = actualByKey.get(key) ?? [];
    const mine = recordedByKey.get(key);
    const theirs = othersByKey.get(key) ?? [];
    if (held.length === 0 || (item.grantable && !held.some((row) => row.grantable)) || optionsDiffer(item, held))
      grant.push(item);
    nextRecorded.push({
      item,
      before: mine?.before ?? heldBefore(held, theirs),
      ...(options.heldBefore(item) ? { optionBefore: true } : {}),
    });
  }

  const revoke: Item[] = [];
  for (const [key, rows] of actualByKey) {
    if (wantedByKey.has(key) || othersByKey.has(key)) continue;
    const mine = recordedByKey.get(key);
    const owned = mine !== undefined && !mine.before;
    if (owned || scope?.(rows[0]) === true) revoke.push(...rows);
  }

  const exclusive = (row: Item): boolean => wantedByKey.has(itemKey(row)) && scope?.(row) === true;
  const staying = actual.filter((row) => row.grantable && !revoke.includes(row));
  const optionGoes = (row: Item): boolean => !options.needed(row) && (options.ours(row) || exclusive(row));
  const revokeOption = [
    ...staying.filter(optionGoes),
    ...underOldOption(question, { grant, revoke }).filter(optionGoes),
  ];

  const unmanaged = actual.filter(
    (item) =>
      target(item) && !wantedByKey.has(itemKey(item)) && !othersByKey.has(itemKey(item)) && !revoke.includes(item),
  );
  const done = inStatements({ grant, revoke }, actualByKey);
  const regrant = question.revokeClearsColumns ? takenAlong({ ...done, revokeOption }, actual) : [];
  return {
    grant: done.grant.filter((item) => !regrant.includes(item)),
    revoke: done.revoke,
    revokeOption,
    regrant,
    recorded: nextRecorded,
    unmanaged,
  };
}

/** Where a level has one option, what comes would share that of what goes. */
const underOldOption = (
  { optionPerLevel }: ItemQuestion,
  { grant, revoke }: Pick<ItemAnswer, "grant" | "revoke">,
): Item[] => {
  const levels = new Set(revoke.filter((row) => row.grantable).map(levelKey));
  return optionPerLevel ? grant.filter((item) => item.absent !== true && levels.has(levelKey(item))) : [];
};

/** On PostgreSQL an absence is nothing that could be read: it is there when the privilege is not. */
function withAbsences({ wanted, recorded, actual, absenceIsRead }: ItemQuestion): readonly Item[] {
  if (absenceIsRead) return actual;
  const held = new Set(actual.map(itemKey));
  const absences = [...wanted, ...recorded.map((entry) => entry.item)].filter((item) => item.absent === true);
  const missing = absences.filter((item) => !held.has(itemKey(opposite(item))));
  return [...actual, ...new Map(missing.map((item) => [itemKey(item), item])).values()];
}

/** Takes what is wanted absent as it is held, with its grantors; a partial revoke has no entry of its own to take. */
function inStatements(
  { grant, revoke }: Pick<ItemAnswer, "grant" | "revoke">,
  actual: ReadonlyMap<string, Item[]>,
): Pick<ItemAnswer, "grant" | "revoke"> {
  const taken = grant
    .filter((item) => item.absent === true)
    .flatMap((item) => actual.get(itemKey(opposite(item))) ?? [opposite(item)]);
  return {
    grant: [
      ...grant.filter((item) => item.absent !== true),
      ...revoke.filter((item) => item.absent === true).map((item) => ({ ...opposite(item), grantor: undefined })),
    ],
    revoke: [...revoke.filter((item) => item.absent !== true), ...taken],
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

interface GrantOptions {
  /** This claim wants it, or another one does. */
  needed(item: Item): boolean;
  /** Nobody but this claim, as the ledger has it, gave it. */
  ours(item: Item): boolean;
  /** It was there when this claim, which wants it, came. */
  heldBefore(item: Item): boolean;
}

/** To whom the grant options belong: each privilege has its own, or all at a level share one. */
function grantOptions({ wanted, recorded, others, actual, optionPerLevel }: ItemQuestion): GrantOptions {
  const keyOf = optionPerLevel ? levelKey : itemKey;
  const ofItem = (entry: RecordedItem): string => keyOf(entry.item);
  const grantable = (entry: RecordedItem): boolean => entry.item.grantable;
  const mine = byKey(recorded.filter(grantable), ofItem);
  const theirs = byKey(others.filter(grantable), ofItem);
  const claimed = new Set(wanted.filter((item) => item.grantable).map(keyOf));
  const held = new Set(actual.filter((item) => item.grantable).map(keyOf));
  const before = (entries: readonly RecordedItem[]): boolean => entries.some((entry) => entry.optionBefore === true);
  return {
    needed: (item) => claimed.has(keyOf(item)) || theirs.has(keyOf(item)),
    ours: (item) => {
      const entries = mine.get(keyOf(item));
      return entries !== undefined && !before(entries);
    },
    heldBefore: (item) => {
      if (!item.grantable) return false;
      const entries = mine.get(keyOf(item)) ?? theirs.get(keyOf(item));
      return entries === undefined ? held.has(keyOf(item)) : before(entries);
    },
  };
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
