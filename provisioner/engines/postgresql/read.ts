import { PUBLIC } from "../../access/account";
import {
  schemaKey,
  type OwnedObject,
  type PrincipalState,
  type ReadQuery,
  type RelationState,
  type ServerState,
} from "../../access/server";
import { DbAccessError } from "../../errors";
import { part, type Connection, type Part } from "./connection";
import type { Context } from "./context";
import { knownQuery, type KnownRow } from "./known";
import { asksForObjects, inDatabase } from "./objects";
import { readOwned } from "./owned";
import { obstacleTo } from "./owner-work";
import { clusterQuery, clusterReading, type ClusterReading, type ClusterRow } from "./read-cluster";
import { databaseQuery, databaseReading, type DatabaseReading, type DatabaseRow } from "./read-database";

/**
 * One reading of the server. The catalogs that all databases share can be read from any of them: what the query asks
 * of the cluster and of one database is one message, on that database's own connection.
 */
export class Reading {
  private cluster: ClusterReading | undefined;
  private readonly databases = new Map<string, DatabaseReading>();
  private readonly owners = new Map<string, KnownRow>();

  constructor(
    private readonly context: Context,
    private readonly query: ReadQuery,
  ) {}

  /** What the first connection is asked: whatever is of interest in its database, and the cluster. */
  opening(database: string): Part[] {
    const { context, query } = this;
    return [
      part<ClusterRow>(
        clusterQuery(context.facts, query),
        ([row]) => (this.cluster = clusterReading(row, context.facts)),
      ),
      ...this.about(database),
    ];
  }

  /** Everything that the first connection could not be asked. */
  async finish(): Promise<ServerState> {
    const { connections } = this.context;
    const { cluster } = this;
    if (cluster === undefined) throw new DbAccessError("Unexpected", "A reading was finished before it had begun.");
    for (const { name, connectable } of cluster.databases) {
      if (this.databases.has(name) || !connectable || !this.concerns(name)) continue;
      await readOn(await connections.to(name), this.about(name));
    }
    return this.state(cluster, await readOwned(connections, this.query.ownersOf));
  }

  /** Alone it is asked by one message for the first database, and one for each other that holds anything of interest. */
  async alone(): Promise<ServerState> {
    const first = await this.enter();
    await readOn(first, this.opening(first.database));
    return this.finish();
  }

  /** The one database that is named, else one in which something is asked for, else that of the ledger. */
  private async enter(): Promise<Connection> {
    const { connections } = this.context;
    const { databases } = this.query;
    const asked = databases.filter((name) => asksForObjects(inDatabase(this.query, name)));
    const first =
      databases.length === 1 ? databases[0] : (asked.find((name) => connections.isOpen(name)) ?? asked.at(0));
    if (first === undefined) return connections.admin();
    try {
      return await connections.to(first);
    } catch (error) {
      // It may not exist or not let the login in; that is for the cluster's catalogs to say.
      if (error instanceof DbAccessError && error.serverCode !== undefined) return connections.admin();
      throw error;
    }
  }

  private about(database: string): Part[] {
    const { query } = this;
    return [
      part<KnownRow>(knownQuery(this.context.facts, query), ([row]) => this.owners.set(database, row)),
      ...(query.databases.includes(database)
        ? [
            part<DatabaseRow>(databaseQuery(inDatabase(query, database)), ([row]) =>
              this.databases.set(database, databaseReading(row, database)),
            ),
          ]
        : []),
    ];
  }

  private concerns(database: string): boolean {
    return (
      asksForObjects(inDatabase(this.query, database)) ||
      this.query.names.includes(PUBLIC.name) ||
      this.cluster?.mentioning.has(database) === true
    );
  }

  /** With why it cannot be granted on, when that is so. */
  private judged(relation: RelationState): RelationState {
    const { facts, adminUsesIam } = this.context;
    const { owner = "", database } = relation;
    const known = this.owners.get(database)?.roles.find(({ name }) => name === owner);
    if (owner === facts.admin.name || known?.canSet === true) return relation;
    const obstacle = obstacleTo(owner, known, facts, adminUsesIam);
    return obstacle === undefined ? relation : { ...relation, barred: obstacle.message };
  }

  private state(cluster: ClusterReading, owned: ReadonlyMap<string, OwnedObject[]>): ServerState {
    const readings = [...this.databases.values()];
    const principals = cluster.accounts.map((state): PrincipalState => {
      const { name } = state.account;
      return { name, accounts: [state], ...(owned.has(name) ? { owns: owned.get(name) } : {}) };
    });
    const schemas = readings.flatMap((reading) => reading.schemas);
    const state: ServerState = {
      principals: new Map(principals.map((principal) => [principal.name, principal])),
      databases: new Map(cluster.databases.map((database) => [database.name, database])),
      schemas: new Map(schemas.map((schema) => [schemaKey(schema.database, schema.name), schema])),
      relations: readings.flatMap((reading) => reading.relations.map((relation) => this.judged(relation))),
      items: [...cluster.items, ...readings.flatMap((reading) => reading.items)],
      parameters: cluster.parameters,
    };
    this.context.known.forget();
    for (const [database, row] of this.owners) this.context.known.learn(database, this.query, state, row);
    return state;
  }
}

const readOn = (connection: Connection, parts: readonly Part[]): Promise<void> =>
  connection.ask(parts, { step: `reading roles and database ${connection.database}` });
