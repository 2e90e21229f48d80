import type { AccountState } from "../../access/server";
import { DbAccessError } from "../../errors";
import type { Connection } from "./connection";
import type { Context } from "./context";
import { readReferences, type DatabaseReference } from "./drop-references";
import { textArray } from "./literals";
import { ownedBy } from "./owned";
import { identifier } from "./quote";
import { readCluster } from "./read-cluster";
import { leaveIam, makeEnterable, workWith } from "./removal";
import { resolve, subjectKey, type Resolved } from "./resolve";
import { grantCreate, reassignOwned, revokeCreate, setSchemaOwner } from "./statements";
import { runTransaction } from "./transaction";

/** A schema that matters when objects change their owner. */
interface SchemaRow {
  name: string;
  /** The role owns the schema itself. */
  owned: boolean;
  /** The next owner may create objects there. */
  creates: boolean;
}

/** Routines and the like get a new owner only if that one may create them; tables, sequences and types always do. */
const schemasQuery = (name: string, to: string): string => `
WITH receiver AS (SELECT oid FROM pg_roles WHERE rolname = ANY (${textArray([to])})),
gone AS (SELECT oid FROM pg_roles WHERE rolname = ANY (${textArray([name])})),
strict AS (
  SELECT DISTINCT i.schema FROM pg_shdepend s CROSS JOIN LATERAL pg_identify_object(s.classid, s.objid, s.objsubid) i
  WHERE ${ownedBy("SELECT oid FROM gone")} AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND s.classid NOT IN ('pg_class'::regclass, 'pg_type'::regclass, 'pg_namespace'::regclass))
SELECT n.nspname::text AS name, n.nspowner = gone.oid AS owned, has_schema_privilege(receiver.oid, n.oid, 'CREATE') AS creates
FROM pg_namespace n CROSS JOIN gone CROSS JOIN receiver
WHERE n.nspowner = gone.oid OR quote_ident(n.nspname) IN (SELECT schema FROM strict)
ORDER BY 1`;

/**
 * Gives everything the role owns to another, in every database, each in a transaction of its own: what one run has not
 * come to, the next one finds. What belongs to no database, such as a database itself, goes along with the first.
 */
export async function giveEverythingOwned(context: Context, name: string, to: string): Promise<string[]> {
  const { connections, facts } = context;
  if (to === facts.admin.name)
    throw new DbAccessError(
      "InvalidInput",
      `What ${name} owns cannot be given to the provisioner's login ${to}: a function that runs with its owner's rights would get that login's. Name a role that cannot log in.`,
    );
  const admin = await connections.admin();
  const references = await readReferences(admin, facts, name);
  if (references === undefined) return [];
  const query = { names: [name, to], databases: [], schemas: [], ownersOf: [] };
  const { accounts, items } = await readCluster(admin, facts, query);
  assertReceiver(
    name,
    to,
    accounts.find(({ account }) => account.name === to),
  );
  await leaveIam(
    context,
    items.filter((item) => item.grantee.name === name),
  );
  const inside = references.inside.filter(({ owns }) => owns);
  if (inside.length === 0 && references.sharedOwned.length > 0) return reassignIn(context, name, to, admin);
  const warnings: string[] = [];
  for (const reference of inside) warnings.push(...(await enterAndReassign(context, name, to, reference)));
  return warnings;
}

function assertReceiver(name: string, to: string, receiver: AccountState | undefined): void {
  if (receiver === undefined)
    throw new DbAccessError("ObjectMissing", `The role ${to}, to which what ${name} owns is to go, does not exist.`);
  if (receiver.system)
    throw new DbAccessError(
      "ReservedName",
      `What ${name} owns cannot be given to ${to}, a role of the server: a function that runs with its owner's rights would get that role's. Name one of your own.`,
    );
}

async function enterAndReassign(
  context: Context,
  name: string,
  to: string,
  reference: DatabaseReference,
): Promise<string[]> {
  const warnings = await makeEnterable(context, reference);
  return [...warnings, ...(await reassignIn(context, name, to, await context.connections.to(reference.database)))];
}

async function reassignIn(context: Context, name: string, to: string, connection: Connection): Promise<string[]> {
  const { facts } = context;
  const step = `giving what ${name} owns in database ${connection.database} to ${to}`;
  const rows = await connection.query<SchemaRow>(schemasQuery(name, to), [], { step });
  const schemas = rows.map((row) => row.name);
  const resolved = await resolve(connection, facts, { items: [], schemas, databases: [], roles: [name, to] });
  const work = workWith(context, resolved);
  work.inheritFrom(name);
  work.inheritFrom(to);
  work.giveTo(to);
  const own = rows.filter(({ owned }) => owned);
  // Schemas first: to their owner nothing in them is refused.
  if (own.length > 0 && !resolved.createsSchemas) work.inheritFrom(resolved.databaseOwner);
  work.add(...own.map((schema) => setSchemaOwner(schema.name, to)));
  const lent = rows.filter(({ owned, creates }) => !owned && !creates).map((row) => row.name);
  for (const schema of lent) work.addAs(ownerOf(schema, resolved), [grantCreate(schema, to)]);
  work.add(reassignOwned(name, to));
  for (const schema of lent) work.addAs(ownerOf(schema, resolved), [revokeCreate(schema, to)]);
  await runTransaction(connection, work.finish(), step);
  return connection.takeWarnings();
}

function ownerOf(schema: string, { owners }: Resolved): string {
  const owner = owners.get(subjectKey("schema", "", schema));
  if (owner === undefined) throw new DbAccessError("ObjectMissing", `The schema ${identifier(schema)} has just gone.`);
  return owner;
}
