import { nameProblem } from "../access/names";
import type { Product } from "../access/server";
import { DbAccessError } from "../errors";

/** Somebody who was found in a group. */
export interface Person {
  /** What the directory knows them by, for good: an id, or a distinguished name. */
  source: string;
  /** Their user name there. */
  name: string;
}

/** A member of groups, as a login. */
export interface Member {
  username: string;
  source: string;
  /** Those of the groups that were asked for in which they are, directly or through others. */
  groups: string[];
}

/** IAM policies name a login in an ARN, and every server takes these. Anything else is refused and never rewritten. */
const loginPattern = /^[a-z0-9_][a-z0-9_.-]*$/;

/**
 * The login of a directory's user name: what stands before an `@`, in small letters. Two people whose names differ in
 * nothing else would be one login, which is why that is refused.
 */
export function loginOf({ name, source }: Person, product: Product): string {
  const login = name.split("@")[0].toLowerCase();
  const refused = (why: string): DbAccessError =>
    new DbAccessError(
      "MemberRefused",
      `The user name ${JSON.stringify(name.slice(0, 80))} of ${source} cannot be a login: ${why} Nothing was changed.`,
    );
  if (!loginPattern.test(login))
    throw refused(
      "before any @ there must be letters a to z, digits and _ . - only. Rename the user, or take it out of the group.",
    );
  const problem = nameProblem("login", login, product);
  if (problem !== undefined) throw refused(problem.message);
  return login;
}

/** Everybody once, whoever is in several of the groups; in the order of their names, whatever the directory's is. */
export function membersOf(found: ReadonlyMap<string, readonly Person[]>, product: Product): Member[] {
  const members = new Map<string, Member>();
  for (const [group, people] of found)
    for (const person of people) {
      const username = loginOf(person, product);
      const known = members.get(username);
      if (known === undefined) members.set(username, { username, source: person.source, groups: [group] });
      else if (known.source !== person.source)
        throw new DbAccessError(
          "MemberRefused",
          `${known.source} and ${person.source} would both be the login ${username}; rename one of them. Nothing was changed.`,
        );
      else if (!known.groups.includes(group)) known.groups.push(group);
    }
  return [...members.values()].sort((a, b) => (a.username < b.username ? -1 : 1));
}
