import { audit } from "../audit/audit";
import type { ClaimRecord } from "../access/record";
import { connect } from "../connection";
import { DbAccessError, toErrorBody } from "../errors";
import type { Invocation } from "../invocation";
import type { MigrationRequest, MigrationStatus } from "../protocol/migrations";
import { assertCluster } from "../request";
import { apply } from "./apply";
import { releaseHistory, rowOf } from "./claim";
import { down, forget } from "./end";
import { plannedFiles, refusal, textsOf } from "./files";
import type { MigrationFile } from "./folder";
import { familyOf, type Job, type JobWithTexts } from "./job";
import { plan } from "./judge";
import { baseline, resolve } from "./mark";
import { renderFiles } from "./render";
import { runAsOf } from "./run-as";
import { verify } from "./verify";

/** One folder of files against one database. */
export async function serveMigrations(invocation: Invocation, request: MigrationRequest): Promise<MigrationStatus> {
  const { config, requestId } = invocation;
  const event = { requestId, cluster: config.cluster, by: request.owner };
  try {
    assertCluster(config, request);
    const files = plannedFiles(request);
    const texts = withVariables(invocation, request, await textsOf(request, config));
    const session = await connect(invocation);
    try {
      const base = { ...invocation, session, request };
      const row = await rowOf(base);
      const { operation } = request;
      if (operation === "retain" || (await hasGone(base))) {
        await releaseHistory(base, row);
        return nothingLeft;
      }
      const { role: runAs, owns } = await runAsOf(config, session, request.migration);
      const job = { ...base, family: familyOf(invocation), runAs, owns, files, texts };
      return await operate(operation, job, row);
    } finally {
      await session.close();
    }
  } catch (error) {
    if (request.operation !== "plan") audit({ ...event, outcome: "refused", changes: [], error: toErrorBody(error) });
    throw error;
  }
}

type Operation = Exclude<MigrationRequest["operation"], "retain">;

function operate(operation: Operation, job: Job, row: ClaimRecord | undefined): Promise<MigrationStatus> {
  switch (operation) {
    case "plan":
      return plan(job, row?.owner);
    case "apply":
      return apply(withTexts(job), row);
    case "verify":
      return verify(withTexts(job));
    case "resolve":
      return resolve(job);
    case "baseline":
      return baseline(job);
    case "down":
      return down(withTexts(job), row);
    case "forget":
      return forget(job, row);
  }
}

/** What went with its database needs neither files nor a role any more. */
async function hasGone({ session, request }: Pick<Job, "session" | "request">): Promise<boolean> {
  const { operation, migration } = request;
  if (operation !== "down" && operation !== "forget") return false;
  const query = { names: [], databases: [migration.database], schemas: [], ownersOf: [] };
  return !(await session.read(query)).databases.has(migration.database);
}

const nothingLeft: MigrationStatus = {
  runAs: "",
  history: [],
  pending: [],
  blocks: [],
  findings: [],
  others: [],
  ran: [],
  incomplete: false,
};

function withTexts(job: Job): JobWithTexts {
  const { texts } = job;
  if (texts !== undefined) return { ...job, texts };
  throw new DbAccessError(
    "InvalidInput",
    `The operation ${job.request.operation} needs the files' texts; nothing was changed.`,
  );
}

function withVariables(
  invocation: Invocation,
  { migration: { variables } }: MigrationRequest,
  texts: MigrationFile[] | undefined,
): MigrationFile[] | undefined {
  if (texts === undefined) return undefined;
  const { files, problems } = renderFiles(texts, variables, familyOf(invocation).quoting);
  if (problems.length > 0) throw refusal(problems);
  return files;
}
