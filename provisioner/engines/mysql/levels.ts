import { accountKey, accountWords, type Account } from "../../access/account";
import type { Item } from "../../access/item";
import { DbAccessError } from "../../errors";
import type { MySqlFacts } from "./facts";
import { databaseLevelSql, identifierSql, isPattern, privilegeSql, routineSql } from "./names";

export const wholeServer = "*.*";

/** What one GRANT can name: an account and a level. Tables and their columns share a level and its grant option. */
export interface Group {
  grantee: Account;
  /** As SQL. */
  level: string;
  words: string;
  items: Item[];
}

function levelOf(item: Item, facts: MySqlFacts): { level: string; words: string } {
  switch (item.kind) {
    case "global":
      return { level: wholeServer, words: "the server" };
    case "database":
      return isPattern(item)
        ? { level: `${identifierSql(item.database)}.*`, words: `databases like ${item.database}` }
        : { level: databaseLevelSql(item.database, facts), words: `database ${item.database}` };
    case "table":
    case "column":
      return {
        level: `${identifierSql(item.database)}.${identifierSql(item.object)}`,
        words: `table ${item.database}.${item.object}`,
      };
    case "routine":
      return {
        level: routineSql(item.database, item.object),
        words: `${item.object.replace(/^[A-Z ]+ /, (kind) => kind.toLowerCase())} of ${item.database}`,
      };
    default:
      throw new DbAccessError(
        "NotSupported",
        `Privileges of the kind "${item.kind}" are not known to MySQL and MariaDB.`,
      );
  }
}

/** Memberships have no level and are left out; so is what is not held. */
export function groupByLevel(items: Item[], facts: MySqlFacts): Group[] {
  const groups = new Map<string, Group>();
  for (const item of items) {
    if (item.kind === "role" || item.absent === true) continue;
    const { level, words } = levelOf(item, facts);
    const key = `${accountKey(item.grantee)}\n${level}`;
    const group = groups.get(key) ?? { grantee: item.grantee, level, words, items: [] };
    group.items.push(item);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** The same account's items at the same level. */
export const itemsAt = (group: Group, groups: Group[]): Item[] =>
  groups.find((each) => each.level === group.level && accountKey(each.grantee) === accountKey(group.grantee))?.items ??
  [];

export const unique = (texts: string[]): string[] => [...new Set(texts)];

/** `SELECT, UPDATE (a, b)`. */
export function privilegeList(items: Item[]): string {
  const whole = unique(items.filter((item) => item.kind !== "column").map((item) => privilegeSql(item.privilege)));
  const byColumn = items.filter((item) => item.kind === "column");
  const columned = unique(byColumn.map((item) => privilegeSql(item.privilege))).map((privilege) => {
    const columns = unique(byColumn.filter((item) => item.privilege === privilege).map((item) => item.column));
    return `${privilege} (${columns.map(identifierSql).join(", ")})`;
  });
  return [...whole, ...columned].join(", ");
}

/** `granting SELECT on database orders to app`. */
export const stepOf = (verb: string, items: Item[], group: Group, preposition: string): string =>
  `${verb} ${unique(items.map((item) => item.privilege)).join(", ")} on ${group.words} ${preposition} ${accountWords(group.grantee)}`;

export const rolesOf = (items: Item[]): Item[] => items.filter((item) => item.kind === "role");
