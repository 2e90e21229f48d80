import { schemaKey, type PrincipalState, type ReadQuery, type ServerState } from "../../access/server";
import type { Connections } from "./connection";
import type { Facts } from "./facts";
import { readOwned } from "./owned";
import { readCluster } from "./read-cluster";
import { readDatabase } from "./read-database";

/** One message for the cluster and one for each named database that holds anything of interest. */
export async function readState(connections: Connections, facts: Facts, query: ReadQuery): Promise<ServerState> {
  const cluster = await readCluster(await connections.admin(), facts, query);
  const owned = await readOwned(connections, query.ownersOf);
  const principals = cluster.accounts.map((state): PrincipalState => {
    const { name } = state.account;
    return { name, accounts: [state], ...(owned.has(name) ? { owns: owned.get(name) } : {}) };
  });
  const state: ServerState = {
    principals: new Map(principals.map((principal) => [principal.name, principal])),
    databases: new Map(cluster.databases.map((database) => [database.name, database])),
    schemas: new Map(),
    relations: [],
    items: cluster.items,
  };
  for (const { name, connectable } of cluster.databases) {
    const schemas = query.schemas.filter((schema) => schema.database === name).map((schema) => schema.schema);
    const publicToo = query.names.includes("PUBLIC");
    if (!connectable || (schemas.length === 0 && !publicToo && !cluster.mentioning.has(name))) continue;
    const inside = await readDatabase(await connections.to(name), query.names, schemas);
    for (const schema of inside.schemas) state.schemas.set(schemaKey(name, schema.name), schema);
    state.relations.push(...inside.relations);
    state.items.push(...inside.items);
  }
  return state;
}
