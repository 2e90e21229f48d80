import { Kysely, Migrator, PostgresAdapter, PostgresDialect, type Migration } from "kysely";
import type { Client } from "pg";
import type { HistoryTable } from "./history-table";

/** The lock is ours: one for each database and history, with a deadline, and it names its holder. */
class UnlockedAdapter extends PostgresAdapter {
  override async acquireMigrationLock(): Promise<void> {}
  override async releaseMigrationLock(): Promise<void> {}
}

class OneConnection extends PostgresDialect {
  constructor(client: Client) {
    const connection = { query: client.query.bind(client), release: () => undefined };
    super({ pool: { connect: () => Promise.resolve(connection as never), end: () => Promise.resolve() } });
  }

  override createAdapter(): PostgresAdapter {
    return new UnlockedAdapter();
  }
}

export interface EngineRun {
  client: Client;
  table: HistoryTable;
  /** The names that the history has already. */
  there: readonly string[];
  name: string;
  /** One transaction around the work and its row. */
  transactional: boolean;
  work(): Promise<void>;
}

const nothing: Migration = { up: () => Promise.resolve() };

/** One file at a time: the engine's own run would hold all of them in one transaction. Throws what the work threw. */
export async function runByEngine({ client, table, there, name, transactional, work }: EngineRun): Promise<void> {
  const migrations = Object.fromEntries(there.filter((known) => known !== name).map((known) => [known, nothing]));
  const migrator = new Migrator({
    db: new Kysely({ dialect: new OneConnection(client) }),
    provider: { getMigrations: () => Promise.resolve({ ...migrations, [name]: { up: work } }) },
    migrationTableSchema: table.schema,
    migrationTableName: table.name,
    migrationLockTableName: `${table.name}_lock`,
    // The order has been planned, and a repeatable file comes back under its own name.
    allowUnorderedMigrations: true,
    disableTransactions: !transactional,
  });
  const { error } = await migrator.migrateUp();
  if (error !== undefined) throw error;
}

/** Nothing but the engine's own tables is made. */
export const engineNames = async (client: Client, table: HistoryTable): Promise<string[]> => {
  const name = `${client.escapeIdentifier(table.schema)}.${client.escapeIdentifier(table.name)}`;
  const { rows } = await client.query<{ there: boolean }>("SELECT pg_catalog.to_regclass($1) IS NOT NULL AS there", [
    name,
  ]);
  if (rows[0]?.there !== true) return [];
  return (await client.query<{ name: string }>(`SELECT name FROM ${name}`)).rows.map((row) => row.name);
};

/** Lets a repeatable file, or one that somebody has resolved, run again. */
export async function forgetName(client: Client, table: HistoryTable, name: string): Promise<void> {
  await client.query(
    `DELETE FROM ${client.escapeIdentifier(table.schema)}.${client.escapeIdentifier(table.name)} WHERE name = $1`,
    [name],
  );
}
