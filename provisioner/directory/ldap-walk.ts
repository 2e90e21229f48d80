import type { Entry } from "ldapts";
import { unavailable } from "./failures";
import type { LdapSession } from "./ldap-connection";
import { has, isDisabled, isOf, valuesOf } from "./ldap-entry";
import type { Person } from "./person";
import { sideBySide } from "./side-by-side";

const AT_ONCE = 16;

interface Words {
  /** With the login's name. */
  attribute: string;
  groupClasses: readonly string[];
}

/**
 * The people in a group, and in the groups inside it. Each entry is read once, so that groups which contain each other
 * have an end.
 */
export async function walk(session: LdapSession, group: Entry, { attribute, groupClasses }: Words): Promise<Person[]> {
  const attributes = ["objectClass", attribute, "member", "uniqueMember", "userAccountControl", "nsAccountLock"];
  const seen = new Set([keyOf(group.dn)]);
  const people: Person[] = [];
  let unseen = 0;
  let named = membersIn(group);
  while (named.length > 0) {
    const fresh = named.filter((dn) => !seen.has(keyOf(dn)) && seen.add(keyOf(dn)));
    const entries = await sideBySide(fresh, (dn) => session.read(dn, attributes), AT_ONCE);
    named = [];
    for (const entry of entries) {
      if (entry === undefined) unseen += 1;
      else if (isOf(entry, groupClasses)) named.push(...membersIn(entry));
      else if (has(entry, attribute) && !isDisabled(entry))
        people.push({ source: entry.dn, name: valuesOf(entry, attribute)[0] });
    }
  }
  // Somebody who was deleted may still be named in a group. When that is everybody, it is rather that nothing may be read.
  if (people.length === 0 && unseen > 0)
    throw unavailable(
      `None of the members of ${group.dn} can be read in the directory; see that the user of its secret may read people.`,
    );
  return distinct(people);
}

/** Also without what the syntax of `uniqueMember` allows behind a name. */
const membersIn = (group: Entry): string[] => [
  ...valuesOf(group, "member"),
  ...valuesOf(group, "uniqueMember").map((value) => value.replace(/#'[01]*'B$/, "")),
];

const keyOf = (dn: string): string => dn.toLowerCase();

/** One entry may be named in two ways, with and without spaces; the directory itself has one way. */
const distinct = (people: Person[]): Person[] => [...new Map(people.map((one) => [keyOf(one.source), one])).values()];
