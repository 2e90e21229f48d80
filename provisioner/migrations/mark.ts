import { DbAccessError } from "../errors";
import type { MigrationRequest, MigrationStatus } from "../protocol/migrations";
import { markBaseline, markStep } from "./apply";
import { tellChange } from "./claim";
import { isBroken, type HistoryRow } from "./history";
import { asMigrator } from "./inside";
import type { Job } from "./job";
import { plannedWith, refuse, statusOf } from "./judge";
import { baselineOf } from "./others/baseline";
import { failureOf, planMigrations, type Block, type MigrationStep, type PlannedFile } from "./plan";
import type { MigrationSession, StepOutcome } from "./run";

/** Says what became of files that failed part of the way. Runs nothing. */
export const resolve = (job: Job): Promise<MigrationStatus> =>
  asMigrator(job, async (migrations) => {
    const history = await migrations.history();
    const asked = resolutions(job, history);
    const ran: StepOutcome[] = [];
    for (const { file, as } of asked) {
      const started = Date.now();
      if (as === "retry") {
        await migrations.erase(file.name);
        await tellChange(job, {
          outcome: "changed",
          changes: [`let migration ${file.name} run again in ${job.request.migration.database}`],
        });
      } else await markStep(job, migrations, { kind: as === "skip" ? "skip" : "record", file });
      ran.push({ name: file.name, kind: as === "applied" ? "record" : as, ms: Date.now() - started });
    }
    return statusAfter(job, migrations, ran);
  });

interface Asked {
  file: PlannedFile;
  as: "retry" | "applied" | "skip";
}

/** Each of them, or none. */
function resolutions({ files, request: { migration } }: Job, history: readonly HistoryRow[]): Asked[] {
  const entries = Object.entries(migration.resolve);
  if (entries.length === 0) throw new DbAccessError("InvalidInput", "resolve names no file; nothing was changed.");
  return entries.map(([name, { as, failure }]) => {
    const file = files.find((known) => known.name === name);
    const row = history.find((known) => known.name === name);
    if (file === undefined) throw refused(`${name} is not in the folder`);
    if (row === undefined || !isBroken(row)) throw refused(`${name} has not failed part of the way`);
    if (failureOf(row) !== failure)
      throw refused(`${name} failed in another way since (${failureOf(row)}, not ${failure}); look at it again`);
    return { file, as };
  });
}

const refused = (words: string): DbAccessError =>
  new DbAccessError("MigrationRefused", `${words}. Nothing was changed.`, { property: "resolve" });

type From = NonNullable<MigrationRequest["from"]>;

/** Counts as there what another tool has run. */
export async function baseline(job: Job): Promise<MigrationStatus> {
  const { from } = job.request;
  if (from === undefined)
    throw new DbAccessError("InvalidInput", "A baseline names the tool whose history it starts from.", {
      property: "from",
    });
  return asMigrator(job, (migrations) => countAsThere(job, migrations, from));
}

async function countAsThere(job: Job, migrations: MigrationSession, from: From): Promise<MigrationStatus> {
  const history = await migrations.history();
  const { steps, blocks } = await baselineOf(migrations, plannedWith(job), history, from, job.texts);
  if (from.dryRun === true) return dryStatus(job, migrations, history, { steps, blocks });
  refuse(statusOf(job, { history, others: [] }, { steps, blocks }, []), job.request);
  await migrations.prepare(job.session.facts.admin.name);
  return statusAfter(job, migrations, await markBaseline(job, migrations, steps));
}

const dryStatus = async (
  job: Job,
  migrations: MigrationSession,
  history: readonly HistoryRow[],
  planned: { steps: MigrationStep[]; blocks: Block[] },
): Promise<MigrationStatus> => statusOf(job, { history, others: await migrations.others() }, planned, []);

async function statusAfter(job: Job, migrations: MigrationSession, ran: StepOutcome[]): Promise<MigrationStatus> {
  const [history, others] = [await migrations.history(), await migrations.others()];
  const planned = planMigrations(plannedWith(job), history, { ...job.request.migration, resolve: {} });
  return { ...statusOf(job, { history, others }, planned, []), ran };
}
