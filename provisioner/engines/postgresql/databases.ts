import { DbAccessError } from "../../errors";
import type { Connection } from "./connection";
import type { Context } from "./context";
import { statementTimeoutMs } from "./dial";
import { OwnerWork } from "./owner-work";
import { resolve, subjectKey, type Resolved } from "./resolve";
import * as sql from "./statements";
import { runTransaction } from "./transaction";

/** Outside of a transaction, which the server demands. The provisioner owns it until it is given away. */
export async function createNewDatabase({ connections }: Context, name: string, charset = "UTF8"): Promise<string[]> {
  const admin = await connections.admin();
  await runUnhurried(admin, sql.createDatabase(name, charset), `creating database ${name}`);
  return admin.takeWarnings();
}

/** In a transaction of its own: the login has the rights of the present owner and of the next one only in it. */
export async function giveDatabase(context: Context, name: string, owner: string): Promise<string[]> {
  const resolved = await resolveDatabase(context, name, [owner]);
  const present = resolved.owners.get(subjectKey("database", "", name));
  if (present === undefined) throw new DbAccessError("ObjectMissing", `The database ${name} does not exist.`);
  if (present === owner) return [];
  const { connections, facts, adminUsesIam } = context;
  const work = new OwnerWork(facts, resolved.roles, adminUsesIam);
  work.inheritFrom(present);
  if (owner !== facts.admin.name) work.giveTo(owner);
  work.add(sql.setDatabaseOwner(name, owner));
  const admin = await connections.admin();
  await runTransaction(admin, work.finish(), `changing the owner of database ${name}`);
  return admin.takeWarnings();
}

/** Dropping needs ownership and no transaction, so ownership is taken first, by an ordinary change of owner. */
export async function dropWholeDatabase(context: Context, name: string): Promise<string[]> {
  const { connections, facts } = context;
  const resolved = await resolveDatabase(context, name, []);
  const owner = resolved.owners.get(subjectKey("database", "", name));
  if (owner === undefined) return [];
  await connections.leave(name);
  if (owner !== facts.admin.name && resolved.roles.get(owner)?.inherits !== true)
    await giveDatabase(context, name, facts.admin.name);
  const admin = await connections.admin();
  await runUnhurried(admin, sql.dropDatabase(name), `dropping database ${name}`);
  return admin.takeWarnings();
}

/** Copying or removing files, after a checkpoint, may take as long as the request has. */
async function runUnhurried(connection: Connection, text: string, step: string): Promise<void> {
  await connection.script(`SET statement_timeout = ${Math.max(1, Math.floor(connection.remaining))}`, { step });
  try {
    await connection.script(text, { step });
  } finally {
    if (connection.alive) await connection.script(`SET statement_timeout = ${statementTimeoutMs}`, { step });
  }
}

const resolveDatabase = async ({ connections, facts }: Context, name: string, roles: string[]): Promise<Resolved> =>
  resolve(await connections.admin(), facts, { items: [], schemas: [], databases: [name], roles });
