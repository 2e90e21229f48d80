import type { FunctionConfig } from "../config";
import { DbAccessError } from "../errors";
import { productOf } from "../protocol/ref";
import { groupEmpty } from "./failures";
import { peopleOfStore } from "./identity-center";
import { peopleOfLdap } from "./ldap";
import { membersOf, type Member, type Person } from "./person";

export type { Member } from "./person";

/** However many groups: whoever waits for the function waits for this too. */
const TIME_MS = 60_000;

/** More than a database has a use for, and what a mistaken group (everybody) would have. */
const MAX_MEMBERS = 5_000;

/**
 * The members of groups, directly or through other groups, as logins; those who are disabled in the directory are left
 * out. A directory that does not answer, a group that is not there and a group that is empty are errors: nobody can take
 * an answer of this for "everybody has left".
 */
export async function members(
  { directory, engine }: Pick<FunctionConfig, "directory" | "engine">,
  groups: readonly string[],
  deadline = Infinity,
): Promise<Member[]> {
  const asked = [...new Set(groups)];
  if (asked.length === 0) return [];
  const odd = asked.find((group) => typeof group !== "string" || group === "" || group.length > 256);
  if (odd !== undefined)
    throw new DbAccessError("InvalidInput", "groups must name groups, with 1 to 256 characters each.", {
      property: "groups",
    });
  if (directory === undefined)
    throw new DbAccessError(
      "NotSupported",
      "This provisioner reads no directory; give the Provisioner a directory, or leave groups out.",
      { property: "groups" },
    );
  const until = Math.min(deadline, Date.now() + TIME_MS);
  const found =
    directory.kind === "ldap"
      ? await peopleOfLdap(directory, asked, until)
      : await peopleOfStore(directory, asked, until);
  return membersOf(checked(found), productOf(engine));
}

function checked(found: ReadonlyMap<string, readonly Person[]>): ReadonlyMap<string, readonly Person[]> {
  for (const [group, people] of found) {
    if (people.length === 0) throw groupEmpty(group);
    if (people.length > MAX_MEMBERS)
      throw new DbAccessError(
        "MemberRefused",
        `The group ${JSON.stringify(group)} has ${people.length} members; at most ${MAX_MEMBERS} can have logins. Nothing was changed.`,
        { property: "groups" },
      );
  }
  return found;
}
