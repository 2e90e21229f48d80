import { accountKey } from "../../access/account";
import type { Item, ItemKind } from "../../access/item";
import { DbAccessError } from "../../errors";
import { dotted, grantee, identifier, oid, privilegeKeyword, qualified, routine } from "./quote";

export interface RevokeOptions {
  cascade: boolean;
  /** Leaves the privilege and takes only the right to pass it on. */
  optionOnly: boolean;
  /** 16 and newer, memberships: as whom, when the acting role has that role's privileges. */
  grantedBy?: string;
}

/** What one GRANT or REVOKE can say at once: equal privileges of one grantee on objects of one class. */
interface Group {
  sample: Item;
  privileges: string;
  objects: string[];
}

const keywords: Partial<Record<ItemKind, string>> = {
  database: "DATABASE",
  schema: "SCHEMA",
  table: "TABLE",
  column: "TABLE",
  sequence: "SEQUENCE",
  routine: "ROUTINE",
  type: "TYPE",
  largeObject: "LARGE OBJECT",
  parameter: "PARAMETER",
};

const defaultClasses: Record<string, string> = {
  tables: "TABLES",
  sequences: "SEQUENCES",
  functions: "ROUTINES",
  types: "TYPES",
  schemas: "SCHEMAS",
  largeObjects: "LARGE OBJECTS",
};

function objectText(item: Item): string {
  switch (item.kind) {
    case "database":
      return identifier(item.database);
    case "schema":
      return identifier(item.schema);
    case "table":
    case "column":
    case "sequence":
    case "type":
      return qualified(item.schema, item.object);
    case "routine":
      return routine(item.schema, item.object);
    case "role":
      return identifier(item.object);
    case "default":
      return defaultClass(item.object);
    case "largeObject":
      return oid(item.object);
    case "parameter":
      return dotted(item.object);
    case "global":
      throw new DbAccessError("NotSupported", `Privileges of the kind ${item.kind} are not supported on PostgreSQL.`);
  }
}

function defaultClass(name: string): string {
  const keyword = defaultClasses[name];
  if (keyword === undefined)
    throw new DbAccessError("InvalidInput", `There are no default privileges on ${JSON.stringify(name)}.`);
  return keyword;
}

/** `SELECT ("id", "name"), INSERT`: the privileges of one object, the same text for the same set. */
function privilegeList(items: readonly Item[]): string {
  const columns = new Map<string, Set<string>>();
  for (const { privilege, column } of items) {
    const known = columns.get(privilege) ?? new Set<string>();
    if (column !== "") known.add(identifier(column));
    columns.set(privilege, known);
  }
  return [...columns]
    .map(
      ([privilege, names]) =>
        privilegeKeyword(privilege) + (names.size === 0 ? "" : ` (${[...names].sort().join(", ")})`),
    )
    .sort()
    .join(", ");
}

/** How an item is granted, apart from its object and privilege. */
const mannerKey = ({ kind, grantee: account, grantable, options, creator, schema, object }: Item): string =>
  JSON.stringify([
    kind,
    accountKey(account),
    grantable,
    options ?? null,
    ...(kind === "default" ? [creator, schema, object] : []),
  ]);

function groupsOf(items: readonly Item[]): Group[] {
  const objects = new Map<string, { text: string; items: Item[] }>();
  for (const item of items) {
    const text = objectText(item);
    const key = `${mannerKey(item)} ${text}`;
    const known = objects.get(key);
    if (known === undefined) objects.set(key, { text, items: [item] });
    else known.items.push(item);
  }
  const groups = new Map<string, Group>();
  for (const { text, items: same } of objects.values()) {
    const privileges = same[0].kind === "role" ? "" : privilegeList(same);
    const key = `${mannerKey(same[0])} ${privileges}`;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { sample: same[0], privileges, objects: [text] });
    else known.objects.push(text);
  }
  return [...groups.values()];
}

const yesNo = (value: boolean): string => (value ? "TRUE" : "FALSE");

/**
 * Options that nobody asked for are left to the server, or as they are on a membership that exists: ADMIN FALSE would
 * take ADMIN away from one that has it.
 */
function membershipOptions(item: Item, memberOptions: boolean): string {
  const { inherit, set } = item.options ?? {};
  if (!memberOptions) {
    if (inherit === false || set === false)
      throw new DbAccessError("NotSupported", "A membership without INHERIT or SET needs PostgreSQL 16 or newer.");
    return item.grantable ? " WITH ADMIN OPTION" : "";
  }
  const parts = [
    ...(item.grantable ? ["ADMIN TRUE"] : []),
    ...(inherit === undefined ? [] : [`INHERIT ${yesNo(inherit)}`]),
    ...(set === undefined ? [] : [`SET ${yesNo(set)}`]),
  ];
  return parts.length === 0 ? "" : ` WITH ${parts.join(", ")}`;
}

const defaultHead = ({ creator, schema }: Item): string => {
  if (creator === undefined)
    throw new DbAccessError("InvalidInput", "Default privileges need the role whose future objects are meant.");
  return `ALTER DEFAULT PRIVILEGES FOR ROLE ${identifier(creator)}${schema === "" ? "" : ` IN SCHEMA ${identifier(schema)}`} `;
};

/** In as few statements as the items allow. */
export const grantStatements = (items: readonly Item[], memberOptions: boolean): string[] =>
  groupsOf(items).map(({ sample, privileges, objects }) => {
    const to = `TO ${grantee(sample.grantee)}`;
    const option = sample.grantable ? " WITH GRANT OPTION" : "";
    if (sample.kind === "role") return `GRANT ${objects.join(", ")} ${to}${membershipOptions(sample, memberOptions)}`;
    if (sample.kind === "default")
      return `${defaultHead(sample)}GRANT ${privileges} ON ${objects.join(", ")} ${to}${option}`;
    return `GRANT ${privileges} ON ${keywords[sample.kind]} ${objects.join(", ")} ${to}${option}`;
  });

/** How something is held makes no difference to taking it away. */
const plain = (item: Item): Item => ({ ...item, grantable: false, options: undefined });

export const revokeStatements = (items: readonly Item[], { cascade, optionOnly, grantedBy }: RevokeOptions): string[] =>
  groupsOf(items.map(plain)).map(({ sample, privileges, objects }) => {
    const from = `FROM ${grantee(sample.grantee)}${cascade ? " CASCADE" : ""}`;
    const option = optionOnly ? "GRANT OPTION FOR " : "";
    if (sample.kind === "role") {
      const by = grantedBy === undefined ? "" : ` GRANTED BY ${identifier(grantedBy)}`;
      return `REVOKE ${optionOnly ? "ADMIN OPTION FOR " : ""}${objects.join(", ")} FROM ${grantee(sample.grantee)}${by}${cascade ? " CASCADE" : ""}`;
    }
    if (sample.kind === "default")
      return `${defaultHead(sample)}REVOKE ${option}${privileges} ON ${objects.join(", ")} ${from}`;
    return `REVOKE ${option}${privileges} ON ${keywords[sample.kind]} ${objects.join(", ")} ${from}`;
  });
