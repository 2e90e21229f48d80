import type { PrincipalState, ReadQuery, ServerState } from "../../access/server";
import type { Connection } from "./connection";
import type { MySqlFacts } from "./facts";
import { readAccounts } from "./read-accounts";
import { readDefiners, readObjects } from "./read-objects";
import { readPrivileges } from "./read-privileges";

/** Reads what a batch needs, in at most four messages. */
export async function readState(connection: Connection, facts: MySqlFacts, query: ReadQuery): Promise<ServerState> {
  const accounts = await readAccounts(connection, facts, query.names);
  const items = await readPrivileges(
    connection,
    facts,
    accounts.map((state) => state.account),
  );
  const objects = await readObjects(
    connection,
    query.databases,
    query.schemas.map((schema) => schema.database),
  );
  const owned = await readDefiners(connection, query.ownersOf);

  const principals = new Map<string, PrincipalState>();
  for (const state of accounts) {
    const known = principals.get(state.account.name) ?? { name: state.account.name, accounts: [] };
    known.accounts.push(state);
    principals.set(known.name, known);
  }
  for (const [name, owns] of owned) {
    const principal = principals.get(name);
    if (principal !== undefined) principal.owns = owns;
  }
  return {
    principals,
    databases: new Map(objects.databases.map((database) => [database.name, database])),
    schemas: new Map(),
    relations: objects.relations,
    items,
  };
}
