import { PUBLIC } from "../../access/account";
import { schemaKey, type PrincipalState, type ReadQuery, type ServerState } from "../../access/server";
import type { Connections } from "./connection";
import type { Facts } from "./facts";
import { readOwned } from "./owned";
import { readCluster } from "./read-cluster";
import { readDatabase, type DatabaseReading } from "./read-database";

/** One message for the cluster and one for each named database that holds anything of interest. */
export async function readState(connections: Connections, facts: Facts, query: ReadQuery): Promise<ServerState> {
  const cluster = await readCluster(await connections.admin(), facts, query);
  const owned = await readOwned(connections, query.ownersOf);
  const principals = cluster.accounts.map((state): PrincipalState => {
    const { name } = state.account;
    return { name, accounts: [state], ...(owned.has(name) ? { owns: owned.get(name) } : {}) };
  });
  const readings: DatabaseReading[] = [];
  const publicToo = query.names.includes(PUBLIC.name);
  for (const { name, connectable } of cluster.databases) {
    const schemas = query.schemas.filter((schema) => schema.database === name).map((schema) => schema.schema);
    if (!connectable || (schemas.length === 0 && !publicToo && !cluster.mentioning.has(name))) continue;
    readings.push(await readDatabase(await connections.to(name), query.names, schemas));
  }
  const schemas = readings.flatMap((reading) => reading.schemas);
  return {
    principals: new Map(principals.map((principal) => [principal.name, principal])),
    databases: new Map(cluster.databases.map((database) => [database.name, database])),
    schemas: new Map(schemas.map((schema) => [schemaKey(schema.database, schema.name), schema])),
    relations: readings.flatMap((reading) => reading.relations),
    items: [...cluster.items, ...readings.flatMap((reading) => reading.items)],
  };
}
