import { ChangeTrail, audit, type AuditEvent } from "../audit";
import type { MigrationClaim } from "../access/claims";
import { migrationId } from "../access/id";
import type { ClaimRecord } from "../access/record";
import { DbAccessError } from "../errors";
import { applyBatch } from "../reconcile/apply";
import { orderOf, type Work } from "../reconcile/work";
import type { Job } from "./job";
import type { FileFailure } from "./run";

type Claiming = Pick<Job, "config" | "session" | "request" | "requestId" | "deadline">;

const claimOf = ({ request: { migration } }: Pick<Job, "request">): MigrationClaim => ({
  kind: "migration",
  database: migration.database,
  historyTable: migration.historyTable,
});

const idOf = ({ config, request: { migration } }: Pick<Job, "config" | "request">): string =>
  migrationId(config.family, config.cluster, migration.database, migration.historyTable);

/** Whose history it is, as the ledger says. */
export async function rowOf(job: Pick<Job, "config" | "session" | "request">): Promise<ClaimRecord | undefined> {
  const id = idOf(job);
  const rows = await job.session.ledger.read({ ids: [id], idPrefixes: [], owners: [], grantees: [] });
  return rows.find((row) => row.id === id);
}

/** Throws OwnedElsewhere before anything is changed. What is recorded already needs no lock. */
export async function claimHistory(job: Claiming, row: ClaimRecord | undefined): Promise<void> {
  if (row?.owner === job.request.owner && row.state === "done") return;
  await carryOut(job, "ensure");
}

/** Throws NotOurs where another owner has it. Without a row there is nothing to do. */
export async function releaseHistory(job: Claiming, row: ClaimRecord | undefined): Promise<void> {
  if (row !== undefined) await carryOut(job, "remove");
}

/** Before files are run to take others back, or a history goes. */
export function assertOwner(
  { request: { owner, migration } }: Pick<Job, "request">,
  row: ClaimRecord | undefined,
): void {
  if (row === undefined || row.owner === owner) return;
  throw new DbAccessError(
    "NotOurs",
    `The migrations of ${migration.database} are claimed by ${row.owner}, not by ${owner}; nothing was changed.`,
  );
}

async function carryOut(job: Claiming, action: "ensure" | "remove"): Promise<void> {
  const { owner, previousOwner } = job.request;
  const request = {
    operationId: `${job.requestId}/migrations`,
    action,
    owner,
    claim: claimOf(job),
    ...(previousOwner === undefined ? {} : { previousOwner }),
  };
  const work: Work = { request, order: orderOf(request), warnings: [] };
  const [result] = await applyBatch(job, [work]);
  const error = result?.error;
  if (error !== undefined) throw new DbAccessError(error.code, error.message, error);
}

/** How long the cluster's lock is waited for, so that what has happened is told in its chain. */
const CHAIN_MS = 30_000;

/** One file's event, as a link of the cluster's chain of changes; told in any case. */
export async function tellChange(
  job: Claiming,
  told: Pick<AuditEvent, "outcome" | "changes" | "error">,
): Promise<void> {
  const { session, config, requestId, request, deadline } = job;
  const order = { action: "ensure" as const, owner: request.owner, claim: claimOf(job) };
  const event: AuditEvent = { requestId, cluster: config.cluster, order, id: idOf(job), ...told };
  try {
    await session.begin(
      { ids: [], idPrefixes: [], owners: [], grantees: [] },
      Math.min(deadline, Date.now() + CHAIN_MS),
    );
  } catch {
    // Somebody holds the cluster's lock for long. The history has the file, and the log the event.
    audit(event);
    return;
  }
  const trail = new ChangeTrail(session.ledger.head);
  trail.add(event);
  // Told with a word on it, should the server not take the number.
  await trail.record((head) => session.end({ write: [], remove: [], head })).catch(() => undefined);
}

/** What became of a file that ran. */
export const tellRun = (job: Claiming, words: string, failure: FileFailure | undefined): Promise<void> =>
  tellChange(job, {
    changes: [words],
    ...(failure === undefined
      ? { outcome: "changed" }
      : { outcome: "failed", error: { code: "MigrationFailed", message: failure.words } }),
  });
