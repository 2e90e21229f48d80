import type { Item } from "../../access/item";
import { itemChanges } from "../../access/words";
import { DbAccessError } from "../../errors";
import type { Context } from "./context";
import { readReferences, type DatabaseReference, type References } from "./drop-references";
import { addRevokes } from "./items";
import { ownedBy, readOwned } from "./owned";
import { literal } from "./quote";
import { readCluster } from "./read-cluster";
import { readDatabase, readGrantedBy } from "./read-database";
import { leaveIam, makeEnterable, resolveFor, takeAll, workWith } from "./removal";
import { resolve } from "./resolve";
import * as sql from "./statements";
import { runTransaction } from "./transaction";

/**
 * Takes away everything the role holds, in every database, then the role. Privileges are revoked one by one as those
 * who granted them: DROP OWNED, run by anybody but a superuser, silently leaves what others have granted, and it would
 * drop what the role owns.
 */
export async function dropPrincipal(context: Context, name: string): Promise<string[]> {
  const { connections, facts } = context;
  const admin = await connections.admin();
  const references = await readReferences(admin, facts, name);
  if (references === undefined) return [];
  await assertOwnsNothing(context, name);
  const { items } = await readCluster(admin, facts, {
    names: [name],
    databases: references.databases,
    schemas: [],
    ownersOf: [],
  });
  await leaveIam(context, items);
  const warnings: string[] = [];
  for (const reference of references.inside) warnings.push(...(await clearDatabase(context, name, reference)));
  await dropRole(context, name, references, items);
  return [...warnings, ...goneWords(name, references.given)];
}

async function assertOwnsNothing({ connections }: Context, name: string): Promise<void> {
  const owned = (await readOwned(connections, [name])).get(name) ?? [];
  const words = owned.map((object) =>
    object.words === `database ${object.database}` ? object.words : `${object.words} in ${object.database}`,
  );
  if (owned.length > 0) throw ownsObjects(name, words.join(", "));
}

export const ownsObjects = (name: string, words: string): DbAccessError =>
  new DbAccessError(
    "OwnsObjects",
    `${name} cannot be dropped while it owns: ${words}. Give that to another role or drop it first.`,
    {
      serverCode: "2BP01",
    },
  );

async function clearDatabase(context: Context, name: string, reference: DatabaseReference): Promise<string[]> {
  const { connections, facts } = context;
  const { database } = reference;
  const warnings = await makeEnterable(context, reference);
  const connection = await connections.to(database);
  const held = (await readDatabase(connection, { names: [name], schemas: [] })).items.filter(
    (item) => item.kind !== "default",
  );
  // Only what may be passed on can have been passed on.
  const given = held.some((item) => item.grantable) ? await readGrantedBy(connection, name) : [];
  const resolved = await resolve(connection, facts, { items: held, schemas: [], databases: [], roles: [name] });
  const work = workWith(context, resolved);
  addRevokes(work, held, takeAll, facts, resolved);
  if (reference.remains) work.addAs(name, dropRemains(name));
  await runClearing(context, name, database, work.finish());
  return [...warnings, ...goneWords(name, given)];
}

async function dropRole(context: Context, name: string, references: References, items: readonly Item[]): Promise<void> {
  const held = items.filter((item) => item.kind === "database" || item.kind === "parameter");
  const needsResolving = held.length > 0 || references.sharedRemains;
  const resolved = needsResolving ? await resolveFor(context, held, [name]) : undefined;
  const work = workWith(context, resolved);
  if (resolved !== undefined) {
    addRevokes(work, held, takeAll, context.facts, resolved);
    if (references.sharedRemains) work.addAs(name, dropRemains(name));
  }
  const statements = [...work.finish(), sql.dropRole(name)];
  try {
    await runClearing(context, name, context.connections.adminDatabase, statements);
  } catch (error) {
    if (error instanceof DbAccessError && error.serverCode === "42704") return;
    throw error;
  }
}

/**
 * DROP OWNED for what REVOKE has no words for. It also drops objects, so the statement before it makes the message fail
 * if the role has come to own one since that was looked at: a division by zero, as plain SQL has no other way to fail.
 */
const dropRemains = (name: string): sql.Statement[] => [
  sql.plainStatement(
    `SELECT 1 / (SELECT (count(*) = 0)::int FROM pg_shdepend s WHERE ${ownedBy(`SELECT oid FROM pg_roles WHERE rolname = ${literal(name)}`)})`,
  ),
  sql.dropOwned(name),
];

export async function runClearing(
  context: Context,
  name: string,
  database: string,
  statements: sql.Statement[],
): Promise<void> {
  const connection = await context.connections.to(database);
  try {
    await runTransaction(connection, statements, `taking away what ${name} holds in database ${database}`);
  } catch (error) {
    if (!(error instanceof DbAccessError)) throw error;
    if (error.serverCode === "22012") throw ownsObjects(name, "an object made just now");
    if (error.serverCode === "2BP01")
      throw new DbAccessError("OwnsObjects", `${name} cannot be dropped. ${error.message}`, { serverCode: "2BP01" });
    throw error;
  }
  // DROP OWNED warns about what others have granted; what is left of that fails the DROP ROLE, by name.
  connection.takeWarnings();
}

const goneWords = (name: string, given: readonly Item[]): string[] =>
  itemChanges("revoke", given).map((words) => `Granted by ${name}, gone with it: ${words}.`);
