import { accountKey, accountWords, sameAccount, type Account } from "../../access/account";
import type { Item } from "../../access/item";
import { isMariaDb, type MySqlFacts } from "./facts";
import { isDynamic } from "./global-option";
import { groupByLevel, privilegeList, rolesOf, stepOf, wholeServer, type Group } from "./levels";
import { accountSql, roleAccount, roleObject, roleSql } from "./names";
import type { Holdings } from "./read";
import type { DefaultRole } from "./read-privileges";
import type { Refusal, Statement } from "./statement";

/** The grammar has the privileges of its time as words: another one is a syntax error. */
const unknownPrivilege = (step: string): Refusal => ({
  errno: 1064,
  code: "UnknownPrivilege",
  message: `The server does not know such a privilege: ${step}.`,
  transient: false,
});

/** Grants, and for memberships the roles that are active at login. `held` is what the accounts hold at this moment. */
export function grantStatements(items: Item[], held: Holdings, facts: MySqlFacts): Statement[] {
  const plain = groupByLevel(items, facts).flatMap((group) => {
    const withOption = group.items.filter((item) => takesOption(item, group, facts));
    const without = group.items.filter((item) => !withOption.includes(item));
    return [
      ...grantAtLevel(group, without, "", facts),
      ...grantAtLevel(group, withOption, " WITH GRANT OPTION", facts),
    ];
  });
  const memberships = rolesOf(items).map((item) => grantRole(item, facts));
  return [...plain, ...memberships, ...defaultRoles(rolesOf(items), held.defaults, facts)];
}

/** All privileges of a level share one grant option; on the whole server of MySQL dynamic ones have one each. */
const takesOption = (item: Item, group: Group, facts: MySqlFacts): boolean =>
  group.level === wholeServer && !isMariaDb(facts)
    ? isDynamic(item.privilege)
      ? item.grantable
      : group.items.some((each) => each.grantable && !isDynamic(each.privilege))
    : group.items.some((each) => each.grantable);

function grantAtLevel(group: Group, items: Item[], option: string, facts: MySqlFacts): Statement[] {
  if (items.length === 0) return [];
  const step = stepOf("granting", items, group, "to");
  const sql = `GRANT ${privilegeList(items)} ON ${group.level} TO ${accountSql(group.grantee, facts)}${option}`;
  return [{ step, refusals: [unknownPrivilege(step)], sql }];
}

export const grantRole = (item: Item, facts: MySqlFacts): Statement => ({
  step: `granting role ${item.object} to ${accountWords(item.grantee)}`,
  sql: `GRANT ${roleSql(item.object, facts)} TO ${accountSql(item.grantee, facts)}${item.grantable ? " WITH ADMIN OPTION" : ""}`,
});

export const defaultsOf = (account: Account, defaults: DefaultRole[]): DefaultRole[] =>
  defaults.filter(({ grantee }) => sameAccount(grantee, account));

/** The default roles of one account after a grant of memberships to it. */
export function defaultsAfterGrant(items: Item[], before: DefaultRole[], facts: MySqlFacts): DefaultRole[] {
  const on = rolesOf(items).filter((item) => item.options?.default === true);
  const off = new Set(rolesOf(items).flatMap((item) => (item.options?.default === false ? [item.object] : [])));
  const kept = before.filter(({ role }) => !off.has(roleObject(role)));
  const added = on
    .filter((item) => !kept.some(({ role }) => roleObject(role) === item.object))
    .map((item): DefaultRole => ({ grantee: item.grantee, role: roleAccount(item.object, facts) }));
  // MariaDB keeps one role per account: the new one takes the place of the old one.
  return isMariaDb(facts) ? [...kept, ...added].slice(-1) : [...kept, ...added];
}

/** One statement per account whose set of default roles changes. The server replaces the whole set. */
function defaultRoles(items: Item[], held: DefaultRole[], facts: MySqlFacts): Statement[] {
  const byAccount = new Map(items.map((item) => [accountKey(item.grantee), item.grantee]));
  return [...byAccount.values()].flatMap((account) => {
    const before = defaultsOf(account, held);
    const asked = items.filter((item) => sameAccount(item.grantee, account));
    const after = defaultsAfterGrant(asked, before, facts);
    const same = after.length === before.length && after.every((each) => before.includes(each));
    return same ? [] : [setDefaultRoles(account, after, facts)];
  });
}

export function setDefaultRoles(account: Account, roles: DefaultRole[], facts: MySqlFacts): Statement {
  const list = roles.length === 0 ? "NONE" : roles.map(({ role }) => accountSql(role, facts)).join(", ");
  return {
    step: `setting the default roles of ${accountWords(account)}`,
    sql: `SET DEFAULT ROLE ${list} ${isMariaDb(facts) ? "FOR" : "TO"} ${accountSql(account, facts)}`,
  };
}
