import type { ClaimRecord } from "../access/record";
import { DbAccessError } from "../errors";
import type { MigrationStatus } from "../protocol/migrations";
import { assertOwner, releaseHistory, tellChange, tellRun } from "./claim";
import { eachInTime } from "./each-in-time";
import { refusal } from "./files";
import { inRunningOrder } from "./file-name";
import { mainNameOf, type MigrationFile } from "./folder";
import { isBroken, type HistoryRow } from "./history";
import { asMigrator } from "./inside";
import type { Job, JobWithTexts } from "./job";
import { refuse, statusOf } from "./judge";
import { failureOf } from "./plan";
import type { MigrationSession } from "./run";

const nothingPlanned = { steps: [], blocks: [] };

/** Forgets which files are there. What they have made stays. */
export async function forget(job: Job, row: ClaimRecord | undefined): Promise<MigrationStatus> {
  assertOwner(job, row);
  await asMigrator(job, (migrations) => dropHistory(job, migrations));
  await releaseHistory(job, row);
  return statusOf(job, { history: [], others: [] }, nothingPlanned, []);
}

async function dropHistory(job: Job, migrations: MigrationSession): Promise<void> {
  await migrations.dropHistory();
  const { database, historyTable } = job.request.migration;
  await tellChange(job, { outcome: "changed", changes: [`drop the history ${historyTable} of ${database}`] });
}

interface WayBack {
  row: HistoryRow;
  file: MigrationFile;
}

/** Takes back what has run, the last first, and then forgets the history. */
export async function down(job: JobWithTexts, row: ClaimRecord | undefined): Promise<MigrationStatus> {
  assertOwner(job, row);
  const status = await asMigrator(job, (migrations) => takeAllBack(job, migrations));
  if (status.failure === undefined && !status.incomplete) await releaseHistory(job, row);
  return status;
}

async function takeAllBack(job: JobWithTexts, migrations: MigrationSession): Promise<MigrationStatus> {
  const before = await migrations.history();
  const ways = waysBack(job, before);
  const { problems, findings } = await job.family.analyse(ways.map(({ file }) => file));
  if (problems.length > 0) throw refusal(problems);
  refuse(statusOf(job, { history: before, others: [] }, nothingPlanned, findings), job.request);
  const { ran, failure } = await eachInTime(
    job,
    ways,
    ({ file }) => ({ name: file.name, kind: "down" }),
    async ({ row, file }) => {
      const failed = await migrations.takeBack(file, row, job.requestId);
      const words = `take migration ${row.name} back in ${job.request.migration.database} as ${job.runAs}`;
      await tellRun(job, words, failed);
      return failed;
    },
  );
  const incomplete = failure === undefined && ran.length < ways.length;
  const history = await migrations.history();
  if (failure === undefined && !incomplete) await dropHistory(job, migrations);
  return {
    ...statusOf(job, { history, others: [] }, nothingPlanned, []),
    ran,
    ...(failure === undefined ? {} : { failure }),
    incomplete,
  };
}

/** The last first: repeatable files stand on the numbered ones. What was there before, or never ran, is left alone. */
function waysBack({ texts, files }: JobWithTexts, history: readonly HistoryRow[]): WayBack[] {
  const broken = history.filter(isBroken);
  if (broken.length > 0)
    throw new DbAccessError(
      "MigrationRefused",
      `${broken.map((row) => `${row.name} (failure ${failureOf(row)})`).join(", ")} ended part of the way, so that nobody knows what is to be taken back. Say with resolve what is there. Nothing was changed.`,
    );
  const rows = new Map(history.filter(({ state }) => state === "applied").map((row) => [row.name, row]));
  const ways = new Map(texts.filter(({ kind }) => kind === "down").map((file) => [mainNameOf(file.name), file]));
  const order = inRunningOrder(files)
    .map(({ name }) => name)
    .filter((name) => rows.has(name))
    .reverse();
  const unknown = [...rows.keys()].filter((name) => !order.includes(name));
  const lost = [...order.filter((name) => !ways.has(name)), ...unknown];
  if (lost.length > 0)
    throw new DbAccessError(
      "MigrationRefused",
      `There is no way back from ${lost.join(", ")}: write ${lost.map((name) => name.replace(/\.sql$/, ".down.sql")).join(", ")}, or leave the database as it is with onDestroy: "retain". Nothing was changed.`,
    );
  return order.flatMap((name) => {
    const [row, file] = [rows.get(name), ways.get(name)];
    return row === undefined || file === undefined ? [] : [{ row, file }];
  });
}
