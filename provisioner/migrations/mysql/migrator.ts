import { Kysely, Migrator, MysqlAdapter, MysqlDialect, type Migration } from "kysely";
import type { Connection } from "mysql2/promise";
import type { HistoryTable } from "./history-table";
import { rawOf } from "./raw";

/** The lock is ours: one for each database and history, with a deadline, and it names its holder. */
class UnlockedAdapter extends MysqlAdapter {
  override async acquireMigrationLock(): Promise<void> {}
  override async releaseMigrationLock(): Promise<void> {}
}

class OneConnection extends MysqlDialect {
  constructor(connection: Connection) {
    const driver = rawOf(connection);
    const raw = { query: driver.query.bind(driver), release: () => undefined } as never;
    super({
      pool: {
        getConnection: (callback: (error: undefined, connection: never) => void) => callback(undefined, raw),
        end: (callback: (error: undefined) => void) => callback(undefined),
      },
    });
  }

  override createAdapter(): MysqlAdapter {
    return new UnlockedAdapter();
  }
}

/** One file by itself. Throws what the work threw. */
export async function runByEngine(
  connection: Connection,
  table: HistoryTable,
  there: readonly string[],
  name: string,
  work: () => Promise<void>,
): Promise<void> {
  const nothing: Migration = { up: () => Promise.resolve() };
  const migrations = Object.fromEntries(there.filter((known) => known !== name).map((known) => [known, nothing]));
  const migrator = new Migrator({
    db: new Kysely({ dialect: new OneConnection(connection) }),
    provider: { getMigrations: () => Promise.resolve({ ...migrations, [name]: { up: work } }) },
    migrationTableName: table.name,
    migrationLockTableName: `${table.name}_lock`,
    // The order has been planned, and a repeatable file comes back under its own name.
    allowUnorderedMigrations: true,
  });
  const { error } = await migrator.migrateUp();
  if (error !== undefined) throw error;
}
