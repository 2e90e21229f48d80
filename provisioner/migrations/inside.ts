import type { Job } from "./job";
import { closeMigrator, migratorOf, openMigrator, prepareMigrator } from "./login";
import type { MigrationSession } from "./run";

/** Kept for writing down how a file ended, and for the answer. */
export const RESERVE_MS = 10_000;

/** Under the history's lock, as the migrator, whose login is closed again however it ends. */
export async function asMigrator<T>(job: Job, work: (migrations: MigrationSession) => Promise<T>): Promise<T> {
  const { deadline, runAs, owns, family } = job;
  const { database, historyTable } = job.request.migration;
  const migrator = migratorOf(job, { runAs, owns, database });
  await prepareMigrator(job, migrator);
  try {
    const enter = async () => ({ username: migrator.name, password: await openMigrator(job, migrator, deadline) });
    const migrations = await family.openSession(job, enter, migrator, historyTable);
    try {
      await migrations.lock(deadline - RESERVE_MS);
      return await work(migrations);
    } catch (error) {
      throw family.errorOf(job, error, historyTable);
    } finally {
      await migrations.close();
    }
  } finally {
    // The server's clock ends the login at the deadline, should this fail.
    await closeMigrator(job, migrator).catch(() => undefined);
  }
}

export const isLate = ({ deadline }: Pick<Job, "deadline">): boolean => Date.now() > deadline - RESERVE_MS;
