import type { MigrationStatus } from "../protocol/migrations";
import { claimHistory, tellChange, tellRun } from "./claim";
import { eachInTime } from "./each-in-time";
import { mainNameOf, type MigrationFile } from "./folder";
import type { HistoryRow } from "./history";
import { asMigrator } from "./inside";
import type { JobWithTexts } from "./job";
import { judge, plan, plannedWith, refuse, statusOf } from "./judge";
import { planMigrations, type MigrationStep, type StepKind } from "./plan";
import type { ClaimRecord } from "../access/record";
import type { FileFailure, MigrationSession, StepOutcome } from "./run";

/** Runs what is pending, in order, until a file fails or the time is over. */
export async function apply(job: JobWithTexts, row: ClaimRecord | undefined): Promise<MigrationStatus> {
  const before = await plan(job, row?.owner);
  refuse(before, job.request);
  await claimHistory(job, row);
  // Whoever has nothing to run opens no login and makes no table.
  if (before.pending.length === 0 && before.holder === undefined) return before;
  return asMigrator(job, (migrations) => runPending(job, migrations));
}

async function runPending(job: JobWithTexts, migrations: MigrationSession): Promise<MigrationStatus> {
  const { request, session } = job;
  await migrations.prepare(session.facts.admin.name);
  const found = { history: await migrations.history(), others: await migrations.others() };
  const { planned, status } = await judge(job, found);
  refuse(status, request);
  const baselined = await markBaseline(job, migrations, planned.steps);
  const { ran, failure } = await eachInTime(
    job,
    planned.steps.filter(({ kind }) => kind !== "baseline"),
    ({ kind, file }) => ({ name: file.name, kind }),
    (step) => runStep(job, migrations, step),
  );
  const history = await migrations.history();
  const after = planMigrations(plannedWith(job), history, request.migration);
  return {
    ...statusOf(job, { ...found, history }, after, []),
    owner: request.owner,
    ran: [...baselined, ...ran],
    ...(failure === undefined ? {} : { failure }),
    incomplete: failure === undefined && after.steps.length > 0,
  };
}

async function runStep(
  job: JobWithTexts,
  migrations: MigrationSession,
  { kind, file }: MigrationStep,
): Promise<FileFailure | undefined> {
  if (kind !== "apply") {
    await markStep(job, migrations, { kind, file });
    return undefined;
  }
  const failure = await migrations.apply(textOf(job, file.name), verifyOf(job, file.name), job.requestId);
  const words = `run migration ${file.name} in ${job.request.migration.database} as ${job.runAs}`;
  await tellRun(job, words, failure);
  return failure;
}

const states: Record<Exclude<StepKind, "apply">, HistoryRow["state"]> = {
  record: "applied",
  skip: "skipped",
  baseline: "baselined",
};

/** Writes down everything that counts as there, before anything runs: what half a baseline leaves out would be run. */
export async function markBaseline(
  job: Marking,
  migrations: MigrationSession,
  steps: readonly MigrationStep[],
): Promise<StepOutcome[]> {
  const files = steps.flatMap(({ kind, file }) => (kind === "baseline" ? [file] : []));
  if (files.length === 0) return [];
  const state = states.baseline;
  const runId = job.requestId;
  await migrations.markAll(
    files.map(({ name, sha256, rendered }) => ({ name, sha256, rendered, state, transactional: true, runId })),
  );
  const { database } = job.request.migration;
  await tellChange(job, {
    outcome: "changed",
    changes: files.map(({ name }) => `baseline migration ${name} in ${database}`),
  });
  return files.map(({ name }) => ({ name, kind: "baseline", ms: 0 }));
}

type Marking = Pick<JobWithTexts, "config" | "session" | "request" | "requestId" | "deadline">;

/** Writes a file down without running it. */
export async function markStep(
  job: Marking,
  migrations: MigrationSession,
  { kind, file: { name, sha256 } }: MigrationStep,
): Promise<void> {
  if (kind === "apply") throw new Error("unreachable: a file that runs is not only written down");
  await migrations.mark({ name, sha256, state: states[kind], transactional: true, runId: job.requestId });
  await tellChange(job, {
    outcome: "changed",
    changes: [`${kind} migration ${name} in ${job.request.migration.database}`],
  });
}

const textOf = ({ texts }: JobWithTexts, name: string): MigrationFile => {
  const found = texts.find((file) => file.name === name);
  if (found === undefined) throw new Error("unreachable: every file of the request has its text");
  return found;
};

const verifyOf = ({ texts }: JobWithTexts, name: string): MigrationFile | undefined =>
  texts.find((file) => file.kind === "verify" && mainNameOf(file.name) === name);
