import { audit } from "../audit/audit";
import { asAdmin, connect } from "../connection";
import type { EngineSession } from "../engines/engine";
import { DbAccessError, toErrorBody } from "../errors";
import type { Invocation } from "../invocation";
import type { MigrationRequest, MigrationStatus } from "../protocol/migrations";
import { assertCluster } from "../request";
import type { FamilyMigrations } from "./family";
import { plannedFiles, refusal, textsOf } from "./files";
import type { Finding } from "./finding";
import { mainNameOf, type MigrationFile } from "./folder";
import type { HistoryRow } from "./history";
import { closeMigrator, migratorName, openMigrator, prepareMigrator, type Migrator } from "./login";
import { planMigrations, type MigrationPlan, type MigrationRules, type PlannedFile } from "./plan";
import { mysqlMigrations } from "./mysql";
import { postgresqlMigrations } from "./postgresql";
import type { FileFailure, MigrationSession, StepOutcome } from "./run";
import { runAsOf } from "./run-as";

const familyOf = ({ config }: Pick<Invocation, "config">): FamilyMigrations =>
  config.family === "postgresql" ? postgresqlMigrations : mysqlMigrations;

/** Kept for writing down how a file ended, and for the answer. */
const RESERVE_MS = 10_000;

/** One folder of files against one database: planned, or run under its own lock as the migrator. */
export async function serveMigrations(invocation: Invocation, request: MigrationRequest): Promise<MigrationStatus> {
  const { config, requestId } = invocation;
  const event = { requestId, cluster: config.cluster };
  try {
    assertCluster(config, request);
    const files = plannedFiles(request);
    const texts = textsOf(request);
    const session = await connect(invocation);
    try {
      const { role: runAs, owns } = await runAsOf(config, session, request.migration);
      return request.operation === "plan"
        ? await plan(invocation, request, { runAs, files, texts })
        : await apply({ ...invocation, session }, request, { runAs, owns, files, texts: needed(texts) });
    } finally {
      await session.close();
    }
  } catch (error) {
    if (request.operation === "apply") audit({ ...event, outcome: "refused", changes: [], error: toErrorBody(error) });
    throw error;
  }
}

function needed(texts: MigrationFile[] | undefined): MigrationFile[] {
  if (texts === undefined)
    throw new DbAccessError("InvalidInput", "An apply needs the files' texts; nothing was changed.");
  return texts;
}

interface Task {
  runAs: string;
  files: PlannedFile[];
  texts?: MigrationFile[];
}

const rulesOf = ({ migration }: MigrationRequest): MigrationRules => migration;

async function plan(invocation: Invocation, request: MigrationRequest, task: Task): Promise<MigrationStatus> {
  const { database, historyTable } = request.migration;
  const { history, holder } = await asAdmin(invocation, (admin) =>
    familyOf(invocation).lookAt(invocation, admin, database, historyTable),
  );
  const { status } = await judge(invocation, request, task, history);
  if (holder === undefined) return status;
  // What somebody is running now has not ended, and has not been cut short either.
  return { ...status, holder, blocks: status.blocks.filter(({ code }) => code !== "failed") };
}

interface Judgement {
  planned: MigrationPlan;
  status: MigrationStatus;
}

/** What is to be done with such a history, and everything that is in the way. */
async function judge(
  invocation: Pick<Invocation, "config">,
  request: MigrationRequest,
  task: Task,
  history: readonly HistoryRow[],
): Promise<Judgement> {
  const planned = planMigrations(task.files, history, rulesOf(request));
  const { problems, findings } = await familyOf(invocation).analyse(pendingTexts(planned, task.texts ?? []));
  const status = statusOf(task, history, planned, findings);
  const found = problems.map(({ file, words }) => ({ code: "notRunnable", file, words: `${file} ${words}.` }));
  return { planned, status: { ...status, blocks: [...status.blocks, ...found] } };
}

function statusOf(
  { runAs, texts = [] }: Task,
  history: readonly HistoryRow[],
  planned: MigrationPlan,
  findings: readonly Finding[],
): MigrationStatus {
  return {
    runAs,
    history: history.map(({ name, sha256, state, at, ms }) => ({
      name,
      sha256,
      state,
      at,
      ...(ms === undefined ? {} : { ms }),
    })),
    pending: planned.steps.map(({ file }) => file.name),
    blocks: planned.blocks,
    findings: findings.map((finding) => ({ ...finding, acknowledged: acknowledges(texts, finding) })),
    ran: [],
    incomplete: false,
  };
}

const acknowledges = (texts: readonly MigrationFile[], { file, kind }: Finding): boolean =>
  texts.some(({ name, header }) => name === file && header.allows.includes(kind));

/** Those that will run, with what checks them. */
const pendingTexts = ({ steps }: MigrationPlan, texts: readonly MigrationFile[]): MigrationFile[] =>
  texts.filter(({ name, kind }) =>
    steps.some(
      (step) =>
        step.kind === "apply" &&
        (step.file.name === name || (kind === "verify" && step.file.name === mainNameOf(name))),
    ),
  );

type ApplyTask = Task & { texts: MigrationFile[]; owns: boolean };

async function apply(
  run: Invocation & { session: EngineSession },
  request: MigrationRequest,
  task: ApplyTask,
): Promise<MigrationStatus> {
  const { database, historyTable } = request.migration;
  const { session, deadline } = run;
  // Whoever has nothing to run opens no login and makes no table.
  const before = await plan(run, request, task);
  refuse(before, request);
  if (before.pending.length === 0 && before.holder === undefined) return before;
  const { runAs, owns } = task;
  const migrator: Migrator = { name: migratorName(database, session.facts.maxNameLength), runAs, owns, database };
  await prepareMigrator(run, migrator);
  try {
    const enter = async () => ({ username: migrator.name, password: await openMigrator(run, migrator, deadline) });
    const migrations = await familyOf(run).openSession(run, enter, migrator, historyTable);
    try {
      return await runPending(run, request, task, migrations);
    } finally {
      await migrations.close();
    }
  } finally {
    // The server's clock ends the login at the deadline, should this fail.
    await closeMigrator(run, migrator).catch(() => undefined);
  }
}

async function runPending(
  run: Invocation & { session: EngineSession },
  request: MigrationRequest,
  task: ApplyTask,
  migrations: MigrationSession,
): Promise<MigrationStatus> {
  const { config, requestId, deadline, session } = run;
  await migrations.lock(deadline - RESERVE_MS);
  await migrations.prepare(session.facts.admin.name);
  const { planned, status } = await judge(run, request, task, await migrations.history());
  refuse(status, request);
  const ran: StepOutcome[] = [];
  let failure: FileFailure | undefined;
  for (const { kind, file } of planned.steps) {
    if (Date.now() > deadline - RESERVE_MS) break;
    const started = Date.now();
    if (kind === "apply")
      failure = await migrations.apply(textOf(task, file.name), verifyOf(task, file.name), requestId);
    else {
      const state = kind === "record" ? "applied" : kind === "skip" ? "skipped" : "baselined";
      await migrations.mark({ name: file.name, sha256: file.sha256, state, transactional: true, runId: requestId });
    }
    const words = `${kind === "apply" ? "run" : kind} migration ${file.name} in ${request.migration.database} as ${task.runAs}`;
    audit({
      requestId,
      cluster: config.cluster,
      by: request.owner,
      outcome: failure === undefined ? "changed" : "failed",
      changes: [words],
      ...(failure === undefined ? {} : { error: { code: "MigrationFailed", message: failure.words } }),
    });
    if (failure !== undefined) break;
    ran.push({ name: file.name, kind, ms: Date.now() - started });
  }
  const history = await migrations.history();
  const after = planMigrations(task.files, history, rulesOf(request));
  return {
    ...statusOf(task, history, after, []),
    ran,
    ...(failure === undefined ? {} : { failure }),
    incomplete: failure === undefined && after.steps.length > 0,
  };
}

const textOf = ({ texts }: ApplyTask, name: string): MigrationFile => {
  const found = texts.find((file) => file.name === name);
  if (found === undefined) throw new Error("unreachable: every file of the request has its text");
  return found;
};

const verifyOf = ({ texts }: ApplyTask, name: string): MigrationFile | undefined =>
  texts.find((file) => file.kind === "verify" && mainNameOf(file.name) === name);

/** Before anything is changed. */
function refuse({ blocks, findings }: MigrationStatus, { migration }: MigrationRequest): void {
  if (blocks.length > 0)
    throw new DbAccessError("MigrationRefused", `${blocks.map(({ words }) => words).join(" ")} Nothing was changed.`);
  const unsaid = findings.filter(({ acknowledged }) => !acknowledged);
  if (unsaid.length > 0 && migration.lint === "refuse")
    throw refusal(
      unsaid.map(({ file, line, words, kind }) => ({
        file,
        words: `(line ${line}) ${words}; if it is meant, say "-- migrate: allow ${kind}" at the top of the file`,
      })),
    );
}
