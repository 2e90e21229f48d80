import { AndFilter, EqualityFilter, ExtensibleFilter, OrFilter, type Entry } from "ldapts";
import { DbAccessError } from "../errors";
import { bindingOf } from "./bind-secret";
import type { LdapDirectory } from "./config";
import { groupMissing } from "./failures";
import { withLdap, type LdapSession } from "./ldap-connection";
import { has, isDisabled, valuesOf } from "./ldap-entry";
import { walk } from "./ldap-walk";
import type { Person } from "./person";

/** What the root of an Active Directory, or of its lightweight kind, says of itself. */
const ACTIVE_DIRECTORY = ["1.2.840.113556.1.4.800", "1.2.840.113556.1.4.1851"];
const MATCHING_RULE_IN_CHAIN = "1.2.840.113556.1.4.1941";

/** What groups are called by the schemas that directories come with. */
const groupClasses = ["groupOfNames", "groupOfUniqueNames", "groupOfMembers"];

/** The people of each group, through groups inside it too. */
export async function peopleOfLdap(
  directory: LdapDirectory,
  groups: readonly string[],
  until: number,
): Promise<Map<string, Person[]>> {
  const binding = await bindingOf(directory.bindSecretArn);
  return withLdap(directory, binding, until, async (session) => {
    const root = await session.read("", ["supportedCapabilities"]);
    const isActive =
      root !== undefined && valuesOf(root, "supportedCapabilities").some((one) => ACTIVE_DIRECTORY.includes(one));
    const attribute = directory.loginAttribute ?? (isActive ? "sAMAccountName" : "uid");
    const found = new Map<string, Person[]>();
    for (const name of groups) {
      const group = await groupOf(session, directory, name, isActive ? ["group"] : groupClasses);
      found.set(
        name,
        isActive
          ? await inChain(session, directory.baseDn, group, attribute)
          : await walk(session, group, { attribute, groupClasses }),
      );
    }
    return found;
  });
}

async function groupOf(
  session: LdapSession,
  { baseDn, groupBaseDn = baseDn }: LdapDirectory,
  name: string,
  classes: readonly string[],
): Promise<Entry> {
  // The filter goes as it is, value by value: there is no text in which a name could be anything else.
  const filter = new AndFilter({
    filters: [
      new OrFilter({ filters: classes.map((value) => new EqualityFilter({ attribute: "objectClass", value })) }),
      new EqualityFilter({ attribute: "cn", value: name }),
    ],
  });
  const found = await session.find(groupBaseDn, filter, ["objectClass", "member", "uniqueMember"]);
  if (found.length === 0) throw groupMissing(name, `the directory below ${groupBaseDn}`);
  if (found.length > 1)
    throw new DbAccessError(
      "GroupMissing",
      `There are ${found.length} groups ${JSON.stringify(name)} below ${groupBaseDn}; give a groupBaseDn with one of them. Nothing was changed.`,
      { property: "groups" },
    );
  return found[0];
}

/** Active Directory follows groups in groups by itself, and cuts off the list of members that an entry shows. */
export const inChainFilter = (groupDn: string): AndFilter =>
  new AndFilter({
    filters: [
      new EqualityFilter({ attribute: "objectCategory", value: "person" }),
      new EqualityFilter({ attribute: "objectClass", value: "user" }),
      new ExtensibleFilter({ matchType: "memberOf", rule: MATCHING_RULE_IN_CHAIN, value: groupDn }),
    ],
  });

export async function inChain(
  session: LdapSession,
  baseDn: string,
  group: Entry,
  attribute: string,
): Promise<Person[]> {
  const entries = await session.find(baseDn, inChainFilter(group.dn), [attribute, "userAccountControl"]);
  return entries
    .filter((entry) => !isDisabled(entry) && has(entry, attribute))
    .map((entry) => personOf(entry, attribute));
}

const personOf = (entry: Entry, attribute: string): Person => ({
  source: entry.dn,
  name: valuesOf(entry, attribute)[0],
});
