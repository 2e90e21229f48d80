import { accountWords, sameAccount, type Account } from "../../access/account";
import type { Item } from "../../access/item";
import { isMariaDb, type MySqlFacts } from "./facts";
import { isDynamic, removeGlobalOption } from "./global-option";
import { defaultsOf, grantRole, setDefaultRoles } from "./grants";
import { groupByLevel, itemsAt, privilegeList, rolesOf, stepOf, wholeServer, type Group } from "./levels";
import { accountSql, roleObject, roleSql } from "./names";
import type { Holdings } from "./read";
import { revokeStatement, type Statement } from "./statement";

/** Revokes privileges and memberships. `held` is what the accounts hold at this moment. */
export function revokeStatements(items: Item[], held: Holdings, facts: MySqlFacts): Statement[] {
  const heldGroups = groupByLevel(held.items, facts);
  return [
    ...groupByLevel(items, facts).flatMap((group) => revokeAtLevel(group, itemsAt(group, heldGroups), facts)),
    ...rolesOf(items).flatMap((item) => revokeRole(item, held, facts)),
  ];
}

const sameThing = (item: Item): string => `${item.column}\n${item.privilege}`;

/**
 * The grant option of a level goes with the last privilege there: by itself it would be held on, invisibly, and come
 * back with the next grant.
 */
function revokeAtLevel(group: Group, there: Item[], facts: MySqlFacts): Statement[] {
  const gone = new Set(group.items.map(sameThing));
  const stay = there.filter((item) => !gone.has(sameThing(item)));
  const step = stepOf("revoking", group.items, group, "from");
  const revoke = (option: string): Statement =>
    revokeStatement(step, `${privilegeList(group.items)}${option} ON ${group.level}`, group.grantee, facts);
  if (group.level === wholeServer && !isMariaDb(facts))
    return [revoke(""), ...removeGlobalOption(group, there, stay, facts)];
  const onlyOptionStays = stay.length === 0 && there.some((item) => item.grantable);
  return [revoke(onlyOptionStays ? ", GRANT OPTION" : ""), ...keepColumns(group, stay, facts)];
}

/** The server takes a privilege on columns along with the same one on their table. */
function keepColumns(group: Group, stay: Item[], facts: MySqlFacts): Statement[] {
  const onTable = new Set(group.items.filter((item) => item.kind === "table").map((item) => item.privilege));
  const lost = stay.filter((item) => item.kind === "column" && onTable.has(item.privilege));
  if (lost.length === 0) return [];
  return [
    {
      step: stepOf("keeping", lost, group, "for"),
      sql: `GRANT ${privilegeList(lost)} ON ${group.level} TO ${accountSql(group.grantee, facts)}`,
    },
  ];
}

function revokeRole(item: Item, held: Holdings, facts: MySqlFacts): Statement[] {
  const step = `revoking role ${item.object} from ${accountWords(item.grantee)}`;
  const revoke = revokeStatement(step, roleSql(item.object, facts), item.grantee, facts);
  // MariaDB keeps a revoked role as the default one, and the next grant would switch it on at login.
  const stale =
    isMariaDb(facts) && defaultsOf(item.grantee, held.defaults).some(({ role }) => role.name === item.object);
  return stale ? [setDefaultRoles(item.grantee, [], facts), revoke] : [revoke];
}

/** Takes the grant option of each item's level, or the admin option of a membership. */
export function grantOptionStatements(items: Item[], held: Holdings, facts: MySqlFacts): Statement[] {
  const heldGroups = groupByLevel(held.items, facts);
  const plain = groupByLevel(items, facts).flatMap((group) => {
    if (group.level === wholeServer && !isMariaDb(facts)) {
      const there = itemsAt(group, heldGroups);
      const plainly = new Set(group.items.map((item) => item.privilege));
      const shared = !group.items.every((item) => isDynamic(item.privilege));
      const loses = (item: Item): boolean => plainly.has(item.privilege) || (shared && !isDynamic(item.privilege));
      const stay = there.map((item) => (loses(item) ? { ...item, grantable: false } : item));
      return removeGlobalOption(group, there, stay, facts);
    }
    const step = `revoking the grant option on ${group.words} from ${accountWords(group.grantee)}`;
    return [revokeStatement(step, `GRANT OPTION ON ${group.level}`, group.grantee, facts)];
  });
  return [...plain, ...rolesOf(items).flatMap((item) => revokeAdmin(item, held, facts))];
}

function revokeAdmin(item: Item, held: Holdings, facts: MySqlFacts): Statement[] {
  const step = `revoking the admin option of role ${item.object} from ${accountWords(item.grantee)}`;
  const role = roleSql(item.object, facts);
  if (isMariaDb(facts)) return [revokeStatement(step, `ADMIN OPTION FOR ${role}`, item.grantee, facts)];
  // MySQL has no statement for it: the membership is taken and given again, and with it its place among the defaults.
  const defaults = defaultsOf(item.grantee, held.defaults);
  const wasDefault = defaults.some((each) => roleObject(each.role) === item.object);
  return [
    revokeStatement(step, role, item.grantee, facts),
    grantRole({ ...item, grantable: false }, facts),
    ...(wasDefault ? [setDefaultRoles(item.grantee, defaults, facts)] : []),
  ];
}

/**
 * MariaDB forgets the admin options of a renamed account until it reads its tables again, which have kept them; granting
 * them once more tells it.
 */
export const keepAdminOptions = (from: Account, to: Account, held: Holdings, facts: MySqlFacts): Statement[] =>
  rolesOf(held.items)
    .filter((item) => item.grantable && sameAccount(item.grantee, from))
    .map((item) => grantRole({ ...item, grantee: to }, facts));
