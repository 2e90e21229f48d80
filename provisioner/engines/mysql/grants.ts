import { accountKey, accountWords, type Account } from "../../access/account";
import type { Item } from "../../access/item";
import { isMariaDb, type MySqlFacts } from "./facts";
import { groupByLevel, privilegeList, rolesOf, stepOf, unique } from "./levels";
import { accountSql, roleSql } from "./names";
import type { Statement } from "./statement";

/** The grammar has the privileges of its time as words: another one is a syntax error. */
const unknownPrivilege = (step: string): Statement["refusal"] => ({
  errno: 1064,
  code: "UnknownPrivilege",
  message: `The server does not know such a privilege: ${step}.`,
  transient: false,
});

/** Grants, and for memberships the roles that are active at login. */
export function grantStatements(items: Item[], held: Item[], facts: MySqlFacts): Statement[] {
  const plain = groupByLevel(items, facts).flatMap((group) =>
    [false, true].flatMap((grantable) => {
      const part = group.items.filter((item) => item.grantable === grantable);
      if (part.length === 0) return [];
      const to = accountSql(group.grantee, facts);
      const step = stepOf("granting", part, group, "to");
      const sql = `GRANT ${privilegeList(part)} ON ${group.level} TO ${to}${grantable ? " WITH GRANT OPTION" : ""}`;
      return [{ step, refusal: unknownPrivilege(step), sql }];
    }),
  );
  const memberships = rolesOf(items).map((item) => grantRole(item, facts));
  return [...plain, ...memberships, ...defaultRoles(rolesOf(items), held, facts)];
}

export const grantRole = (item: Item, facts: MySqlFacts): Statement => ({
  step: `granting role ${item.object} to ${accountWords(item.grantee)}`,
  sql: `GRANT ${roleSql(item.object, facts)} TO ${accountSql(item.grantee, facts)}${item.grantable ? " WITH ADMIN OPTION" : ""}`,
});

/** One statement per account whose set of default roles changes. The server replaces the whole set. */
function defaultRoles(items: Item[], held: Item[], facts: MySqlFacts): Statement[] {
  const byAccount = new Map(items.map((item) => [accountKey(item.grantee), item.grantee]));
  return [...byAccount.values()].flatMap((account) => {
    const before = heldDefaults(account, held);
    const asked = items.filter((item) => accountKey(item.grantee) === accountKey(account));
    const on = asked.filter((item) => item.options?.default === true).map((item) => item.object);
    const off = new Set(asked.filter((item) => item.options?.default === false).map((item) => item.object));
    // MariaDB keeps one role per account: the new one takes the place of the old one.
    const kept = isMariaDb(facts) && on.length > 0 ? [] : before.filter((role) => !off.has(role));
    const after = unique([...kept, ...on]);
    const same = after.length === before.length && after.every((role) => before.includes(role));
    return same ? [] : [setDefaultRoles(account, after, facts)];
  });
}

export const heldDefaults = (account: Account, held: Item[]): string[] =>
  rolesOf(held)
    .filter((item) => accountKey(item.grantee) === accountKey(account) && item.options?.default === true)
    .map((item) => item.object);

export function setDefaultRoles(account: Account, roles: string[], facts: MySqlFacts): Statement {
  const kept = isMariaDb(facts) ? roles.slice(-1) : roles;
  const list = kept.length === 0 ? "NONE" : kept.map((role) => roleSql(role, facts)).join(", ");
  return {
    step: `setting the default roles of ${accountWords(account)}`,
    sql: `SET DEFAULT ROLE ${list} ${isMariaDb(facts) ? "FOR" : "TO"} ${accountSql(account, facts)}`,
  };
}
