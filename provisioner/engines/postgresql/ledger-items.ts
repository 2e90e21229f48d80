import type { Item, MembershipOptions } from "../../access/item";
import type { RecordedItem } from "../../access/record";

/**
 * A claim on every table of a schema has as many items as tables times privileges, and nearly all of each item is
 * the same. Stored is one group per set of privileges, with the objects that have exactly that set.
 */
export interface StoredGroup {
  /** Absent: false. */
  before?: true;
  optionBefore?: true;
  grantee: string;
  host?: string;
  kind: Item["kind"];
  database?: string;
  schema?: string;
  creator?: string;
  grantable?: true;
  absent?: true;
  options?: MembershipOptions;
  grantor?: string;
  privileges: string[];
  /** A name, or a name and its column. */
  objects: (string | [string, string])[];
}

type Shared = Omit<StoredGroup, "privileges" | "objects">;

const sharedPart = ({ item, before, optionBefore }: RecordedItem): Shared => ({
  ...(before ? { before } : {}),
  ...(optionBefore === true ? { optionBefore } : {}),
  grantee: item.grantee.name,
  ...(item.grantee.host === undefined ? {} : { host: item.grantee.host }),
  kind: item.kind,
  ...(item.database === "" ? {} : { database: item.database }),
  ...(item.schema === "" ? {} : { schema: item.schema }),
  ...(item.creator === undefined ? {} : { creator: item.creator }),
  ...(item.grantable ? { grantable: true } : {}),
  ...(item.absent === true ? { absent: true } : {}),
  ...(item.options === undefined ? {} : { options: item.options }),
  ...(item.grantor === undefined ? {} : { grantor: item.grantor }),
});

export function packItems(items: readonly RecordedItem[]): StoredGroup[] {
  const objects = new Map<string, { shared: Shared; object: string | [string, string]; privileges: Set<string> }>();
  for (const entry of items) {
    const shared = sharedPart(entry);
    const { object: name, column } = entry.item;
    const object: string | [string, string] = column === "" ? name : [name, column];
    const key = JSON.stringify([shared, object]);
    const known = objects.get(key);
    if (known === undefined) objects.set(key, { shared, object, privileges: new Set([entry.item.privilege]) });
    else known.privileges.add(entry.item.privilege);
  }
  const groups = new Map<string, StoredGroup>();
  for (const { shared, object, privileges } of objects.values()) {
    const sorted = [...privileges].sort();
    const key = JSON.stringify([shared, sorted]);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { ...shared, privileges: sorted, objects: [object] });
    else known.objects.push(object);
  }
  return [...groups.values()];
}

export const unpackItems = (groups: readonly StoredGroup[]): RecordedItem[] =>
  groups.flatMap((group) =>
    group.objects.flatMap((object) => group.privileges.map((privilege) => unpackOne(group, object, privilege))),
  );

function unpackOne(group: StoredGroup, object: string | [string, string], privilege: string): RecordedItem {
  const [name, column] = typeof object === "string" ? [object, ""] : object;
  return {
    before: group.before ?? false,
    ...(group.optionBefore === undefined ? {} : { optionBefore: group.optionBefore }),
    item: {
      grantee: { name: group.grantee, ...(group.host === undefined ? {} : { host: group.host }) },
      kind: group.kind,
      database: group.database ?? "",
      schema: group.schema ?? "",
      object: name,
      column,
      privilege,
      grantable: group.grantable ?? false,
      ...(group.creator === undefined ? {} : { creator: group.creator }),
      ...(group.absent === undefined ? {} : { absent: group.absent }),
      ...(group.options === undefined ? {} : { options: group.options }),
      ...(group.grantor === undefined ? {} : { grantor: group.grantor }),
    },
  };
}
