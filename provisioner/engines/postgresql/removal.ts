import type { Item } from "../../access/item";
import { DbAccessError } from "../../errors";
import type { Context } from "./context";
import type { DatabaseReference } from "./drop-references";
import { addGrants, addRevokes } from "./items";
import { OwnerWork } from "./owner-work";
import { resolve, type Resolved } from "./resolve";
import { iamRole } from "./statements";
import { runTransaction } from "./transaction";

/** What the ways of removing a role have in common. */
export const takeAll = { cascade: true, optionOnly: false };

export const resolveFor = async (
  { connections, facts }: Context,
  items: readonly Item[],
  roles: string[],
): Promise<Resolved> => resolve(await connections.admin(), facts, { items, schemas: [], databases: [], roles });

export const workWith = ({ facts, adminUsesIam }: Context, resolved: Resolved | undefined): OwnerWork =>
  new OwnerWork(facts, resolved?.roles ?? new Map(), adminUsesIam);

/** First of all: nobody may become a member of an IAM user, not even for one transaction. It cannot log in without. */
export async function leaveIam(context: Context, items: readonly Item[]): Promise<void> {
  const held = items.filter((item) => item.object === iamRole);
  if (held.length === 0) return;
  const resolved = await resolveFor(context, held, []);
  const work = workWith(context, resolved);
  addRevokes(work, held, takeAll, context.facts, resolved);
  await runTransaction(await context.connections.admin(), work.finish(), `ending a membership in ${iamRole}`);
}

/** Database ACLs are cluster-wide: a database that does not let the login in is opened from the admin database. */
export async function makeEnterable(
  context: Context,
  { database, connectable, closed }: DatabaseReference,
): Promise<string[]> {
  if (connectable) return [];
  if (closed)
    throw new DbAccessError(
      "NotAuthorized",
      `Database ${database} takes no connections; allow them, so that what is held there can be taken away.`,
    );
  const { facts, connections } = context;
  const connect: Item = {
    grantee: facts.admin,
    kind: "database",
    database,
    schema: "",
    object: "",
    column: "",
    privilege: "CONNECT",
    grantable: false,
  };
  const resolved = await resolveFor(context, [connect], []);
  const work = workWith(context, resolved);
  addGrants(work, [connect], facts, resolved);
  await runTransaction(
    await connections.admin(),
    work.finish(),
    `granting the provisioner's login CONNECT on database ${database}`,
  );
  return [
    `The provisioner's login ${facts.admin.name} could not enter database ${database} and was granted CONNECT on it.`,
  ];
}
