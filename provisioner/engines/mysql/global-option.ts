import { accountWords } from "../../access/account";
import type { Item } from "../../access/item";
import type { MySqlFacts } from "./facts";
import { privilegeList, wholeServer, type Group } from "./levels";
import { accountSql } from "./names";
import { revokeStatement, type Statement } from "./statement";

/** Dynamic privileges have a grant option each; the static ones share one. Only names of dynamic ones have underscores. */
export const isDynamic = (privilege: string): boolean => privilege.includes("_");

const grantable = (items: Item[]): Item[] => items.filter((item) => item.grantable);

/**
 * Brings the grant options of an account's privileges on the whole server from `there` to `stay`, on MySQL.
 *
 * Its REVOKE GRANT OPTION keeps a grantable dynamic privilege in the server's cache for good: the account holds it,
 * grantable, even after it is revoked (seen on 8.0.31 and 9.7.4). So those are revoked by name before and granted again.
 */
export function removeGlobalOption(group: Group, there: Item[], stay: Item[], facts: MySqlFacts): Statement[] {
  const hasShared = (items: Item[]): boolean => grantable(items).some((item) => !isDynamic(item.privilege));
  const sharedOption = hasShared(there) && !hasShared(stay);
  const before = new Set(grantable(there).map((item) => item.privilege));
  const dynamic = stay.filter((item) => isDynamic(item.privilege) && before.has(item.privilege));
  const touched = sharedOption ? dynamic : dynamic.filter((item) => !item.grantable);

  const account = accountSql(group.grantee, facts);
  const step = `revoking the grant option on ${group.words} from ${accountWords(group.grantee)}`;
  const revoke = (what: string): Statement => revokeStatement(step, `${what} ON ${wholeServer}`, group.grantee, facts);
  const grant = (items: Item[], option: string): Statement[] =>
    items.length === 0 ? [] : [{ step, sql: `GRANT ${privilegeList(items)} ON ${wholeServer} TO ${account}${option}` }];
  return [
    ...(touched.length === 0 ? [] : [revoke(privilegeList(touched))]),
    ...(sharedOption ? [revoke("GRANT OPTION")] : []),
    ...grant(
      touched.filter((item) => !item.grantable),
      "",
    ),
    ...grant(grantable(touched), " WITH GRANT OPTION"),
  ];
}
