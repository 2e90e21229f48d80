import type { Item } from "../../access/item";
import { itemChanges, objectWords } from "../../access/words";
import { DbAccessError } from "../../errors";
import type { Facts } from "./facts";
import { grantStatements, revokeStatements, type RevokeOptions } from "./grants";
import type { OwnerWork } from "./owner-work";
import { subjectKey, subjectOf, type Resolved } from "./resolve";
import { plainStatement, type Statement } from "./statements";

/** Items by the role that has to act for them, in the order in which the roles first appear. */
function byActor(items: readonly Item[], actorOf: (item: Item) => string | undefined): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const actor = actorOf(item);
    if (actor === undefined) continue;
    const group = groups.get(actor);
    if (group === undefined) groups.set(actor, [item]);
    else group.push(item);
  }
  return groups;
}

/** Memberships are given by whoever administers the role, default privileges by the creator, all else by the owner. */
function ownerOf(item: Item, facts: Facts, resolved: Resolved): string | undefined {
  if (item.kind === "default") return item.creator;
  const subject = subjectOf(item);
  return subject === undefined ? facts.admin.name : resolved.owners.get(subjectKey(...subject));
}

/** Kinds that the server at hand is too old for would be syntax errors, and a parameter may be granted with a warning only. */
function assertGrantable(item: Item, facts: Facts, resolved: Resolved): void {
  const needs = (version: string): DbAccessError =>
    new DbAccessError("NotSupported", `Privileges on ${objectWords(item)} need PostgreSQL ${version} or newer.`);
  if (item.kind === "default" && item.object === "largeObjects" && facts.versionNumber < 180000) throw needs("18");
  if (item.kind !== "parameter") return;
  if (!facts.parameterAcls) throw needs("15");
  if (resolved.parameters?.get(item.object)?.includes(item.privilege) === false)
    throw new DbAccessError(
      "NotAuthorized",
      `Cannot ${itemChanges("grant", [item]).join("; ")}: the provisioner's login ${facts.admin.name} may not pass it on. ` +
        `A superuser has to grant it ${item.privilege} on ${objectWords(item)} WITH GRANT OPTION.`,
    );
}

export function addGrants(work: OwnerWork, items: readonly Item[], facts: Facts, resolved: Resolved): void {
  for (const item of items) assertGrantable(item, facts, resolved);
  const groups = byActor(items, (item) => {
    const owner = ownerOf(item, facts, resolved);
    if (owner === undefined)
      throw new DbAccessError(
        "ObjectMissing",
        `The ${objectWords(item)} does not exist${item.database === "" ? "" : ` in database ${item.database}`}.`,
      );
    return owner;
  });
  for (const [actor, group] of groups)
    naming("grant", group, () => work.addAs(actor, grantStatements(group, facts.memberOptions).map(plainStatement)));
}

/**
 * A REVOKE takes only what the acting role has granted: what somebody else has granted is revoked as that role. What
 * has no owner any more is gone, with its privileges.
 */
export function addRevokes(
  work: OwnerWork,
  items: readonly Item[],
  options: RevokeOptions,
  facts: Facts,
  resolved: Resolved,
): void {
  const memberships = items.filter((item) => item.kind === "role");
  const others = items.filter((item) => item.kind !== "role");
  addMembershipRevokes(work, memberships, options, facts, resolved);
  for (const [actor, group] of byActor(others, (item) => revokerOf(item, facts, resolved))) {
    const foreign = group.filter((item) => ownerOf(item, facts, resolved) !== actor);
    const add = (): void => addAsGrantor(work, actor, revokeStatements(group, options).map(plainStatement), resolved);
    if (foreign.length === 0) naming("revoke", group, add);
    else grantedElsewhere(foreign, actor, add);
  }
}

/** A group such as rds_superuser that the login has the privileges of, but may not become, grants through the login. */
function addAsGrantor(work: OwnerWork, grantor: string, statements: Statement[], { roles }: Resolved): void {
  const known = roles.get(grantor);
  if (known?.inherits === true && !known.canSet && known.adminThrough === null) work.add(...statements);
  else work.addAs(grantor, statements);
}

function revokerOf(item: Item, facts: Facts, resolved: Resolved): string | undefined {
  const owner = ownerOf(item, facts, resolved);
  if (owner === undefined || item.kind === "default") return owner;
  return item.grantor === undefined || item.grantor === "pg_database_owner" ? owner : item.grantor;
}

/** Until 15 whoever administers a role ends any membership in it; from 16 on only its grantor does. */
function addMembershipRevokes(
  work: OwnerWork,
  items: readonly Item[],
  options: RevokeOptions,
  facts: Facts,
  resolved: Resolved,
): void {
  const groups = byActor(items, (item) =>
    facts.memberOptions ? (item.grantor ?? facts.admin.name) : facts.admin.name,
  );
  for (const [grantor, group] of groups) {
    if (grantor === facts.admin.name) work.add(...revokeStatements(group, options).map(plainStatement));
    else if (resolved.roles.get(grantor)?.inherits === true)
      work.add(...revokeStatements(group, { ...options, grantedBy: grantor }).map(plainStatement));
    else
      grantedElsewhere(group, grantor, () => work.addAs(grantor, revokeStatements(group, options).map(plainStatement)));
  }
}

/** What cannot be done is said together with what it was for. */
function naming(verb: "grant" | "revoke", items: readonly Item[], add: () => void): void {
  try {
    add();
  } catch (error) {
    if (!(error instanceof DbAccessError)) throw error;
    throw new DbAccessError(error.code, `Cannot ${itemChanges(verb, items).join("; ")}. ${error.message}`);
  }
}

function grantedElsewhere(items: readonly Item[], grantor: string, add: () => void): void {
  try {
    add();
  } catch (error) {
    if (!(error instanceof DbAccessError)) throw error;
    const words = itemChanges("revoke", items).join("; ");
    throw new DbAccessError(
      "NotApplied",
      `Cannot ${words}: granted by ${grantor}, who alone can take it back. ${error.message}`,
    );
  }
}
