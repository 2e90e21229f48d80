import { itemKey, type Item } from "../item";
import type { RecordedItem } from "../record";
import type { RelationState } from "../server";
import { classOfRelation } from "./object-class";

/** What a default privilege has given, or would have given, on the objects its creating role owns. */
function given(entry: RecordedItem, relations: readonly RelationState[]): RecordedItem[] {
  const { item, before } = entry;
  if (item.kind !== "default") return [];
  return relations.flatMap((relation) => {
    const objectClass = classOfRelation(relation);
    const covered =
      objectClass?.defaults === item.object &&
      relation.owner === item.creator &&
      relation.database === item.database &&
      (item.schema === "" || relation.schema === item.schema);
    if (!covered) return [];
    return {
      before,
      item: {
        grantee: item.grantee,
        kind: objectClass.item,
        database: item.database,
        schema: relation.schema,
        object: relation.name,
        column: "",
        privilege: item.privilege,
        grantable: item.grantable,
        ...(item.absent === true ? { absent: true as const } : {}),
      },
    };
  });
}

/**
 * Adds what recorded default privileges stand for. A table that comes under them is the claim's own although nobody
 * has written it down; what is written down, for instance as held before, comes first.
 */
export function withImplied(items: readonly RecordedItem[], relations: readonly RelationState[]): RecordedItem[] {
  const known = new Set(items.map((entry) => itemKey(entry.item)));
  return [
    ...items,
    ...items.flatMap((entry) => given(entry, relations)).filter((entry) => !known.has(itemKey(entry.item))),
  ];
}

/** Leaves out what the default privileges among them stand for: a new table is no reason to write into the ledger. */
export function withoutImplied(items: readonly RecordedItem[], relations: readonly RelationState[]): RecordedItem[] {
  const implied = new Map(
    items.flatMap((entry) => given(entry, relations)).map((entry) => [itemKey(entry.item), entry]),
  );
  return items.filter((entry) => {
    const same = implied.get(itemKey(entry.item));
    return same === undefined || same.before !== entry.before || same.item.grantable !== entry.item.grantable;
  });
}

/** Held already on relations of the creating roles when their default privileges are claimed: not ours, ever. */
export const heldByCreators = (
  defaults: readonly Item[],
  actual: readonly Item[],
  relations: readonly RelationState[],
): RecordedItem[] => {
  const keys = new Set(
    defaults.flatMap((item) => given({ item, before: false }, relations)).map((entry) => itemKey(entry.item)),
  );
  return (
    actual
      .filter((item) => keys.has(itemKey(item)))
      // Its grant option, where it has one, is nothing that this claim could lose interest in.
      .map((item) => ({ item: { ...item, grantable: false, grantor: undefined }, before: true }))
  );
};
