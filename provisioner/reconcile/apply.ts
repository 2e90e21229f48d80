import { audit } from "../audit/audit";
import type { ErrorBody } from "../errors";
import type { ClaimResult } from "../protocol/messages";
import type { ApplyContext } from "./apply-context";
import { carryOut } from "./carry-out";
import { intentOf } from "./intent";
import { observe, type Observation } from "./observe";
import { outputsOf } from "./outputs";
import { settle } from "./settle";
import { errorOf, failed, hasWork, isWaiting, notAttempted, planAll, waitingErrorOf, type Work } from "./work";

/**
 * Read, plan, apply, read back: under the cluster's lock, each claim ending alone. What is recorded and equal sends
 * no statement that changes anything.
 */
export async function applyBatch(
  request: Omit<ApplyContext, "beginUntil">,
  works: readonly Work[],
): Promise<ClaimResult[]> {
  const { session, deadline } = request;
  await session.lock(deadline);
  try {
    const left = deadline - Date.now();
    return await locked({ ...request, beginUntil: deadline - Math.min(SETTLE_MS, left / 2) }, works);
  } finally {
    // The lock ends with its session at the latest; what was done must be told all the same.
    await session.unlock().catch(() => undefined);
  }
}

/** Kept for reading back, so that what was done is known even when time runs out. */
const SETTLE_MS = 10_000;

async function locked(apply: ApplyContext, works: readonly Work[]): Promise<ClaimResult[]> {
  const { session, config } = apply;
  const orders = works.map((work) => work.order);
  const observed = await observe(session, config, orders);
  const before = new Map(observed.context.records.map((record) => [record.id, record]));
  planAll(observed.context, works);
  for (const work of works) work.error ??= waitingErrorOf(work);
  const active = works.filter(hasWork);
  if (active.length === 0) return works.map((work) => finish(apply, work, observed, false));

  const intents = active.flatMap(({ plan }) => (plan === undefined ? [] : (intentOf(plan, before.get(plan.id)) ?? [])));
  if (intents.length > 0) await session.ledger.write(intents);
  await carryOut(apply, active, before);
  const after = await settle(apply, { works, active, before, observed }).catch((error: unknown) => {
    // Statements have run, so every claim has to say for itself that nobody could look.
    for (const work of active) if (!work.skipped) work.error ??= errorOf(error);
    return observed;
  });
  const again = active.some((work) => work.error === undefined) ? works.filter(isWaiting) : [];
  const results = works
    .filter((work) => !again.includes(work))
    .map((work) => finish(apply, work, after, active.includes(work)));
  // What others of the batch have just made may be what these wait for, with all that came along unplanned: the
  // schemas of a new database. Each round has made something, so there is a last one.
  return again.length === 0 ? results : [...results, ...(await locked(apply, again))];
}

function finish(
  apply: ApplyContext,
  work: Work,
  { context, secretVersions }: Observation,
  active: boolean,
): ClaimResult {
  const { requestId, config } = apply;
  if (work.skipped) return notAttempted(work);
  const event = { requestId, cluster: config.cluster, order: work.order, id: work.plan?.id };
  const refuse = (error: ErrorBody): ClaimResult => {
    audit({ ...event, outcome: active ? "failed" : "refused", changes: [], error });
    return failed(work, error);
  };
  if (work.error !== undefined) return refuse(work.error);
  const { plan } = work;
  if (plan === undefined) return refuse(errorOf(new Error("not planned")));
  if (active) audit({ ...event, outcome: "changed", changes: plan.changes.map((change) => change.words) });
  const ensured = work.order.action === "ensure";
  return {
    operationId: work.request.operationId,
    status: active ? "done" : "unchanged",
    id: plan.id,
    exists: ensured,
    outputs: ensured ? outputsOf(config, context, work.order, plan, plan.next, secretVersions) : {},
    changes: active ? plan.changes : [],
    warnings: [...plan.warnings, ...work.warnings],
  };
}
