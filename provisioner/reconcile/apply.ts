import { planClaim, type PlanContext } from "../access/plan";
import { itemKey } from "../access/item";
import type { ClaimRecord } from "../access/record";
import { audit } from "../audit/audit";
import type { FunctionConfig } from "../config";
import type { EngineSession } from "../engines/engine";
import { DbAccessError, type ErrorBody } from "../errors";
import type { ClaimResult } from "../protocol/messages";
import { observe } from "./observe";
import { outputsOf } from "./outputs";
import { runOneByOne, runPrincipal, runTogether, unitOf } from "./run";
import { errorOf, failed, hasWork, planAll, waitingError, type Work } from "./work";

export interface ApplyContext {
  session: EngineSession;
  config: FunctionConfig;
  requestId: string;
  deadline: number;
}

/**
 * Read, plan, apply, read back: under the cluster's lock, each claim ending alone. What is recorded and equal sends
 * no statement that changes anything.
 */
export async function applyBatch(apply: ApplyContext, works: readonly Work[]): Promise<ClaimResult[]> {
  await apply.session.lock(apply.deadline);
  try {
    return await locked(apply, works);
  } finally {
    await apply.session.unlock();
  }
}

async function locked(apply: ApplyContext, works: readonly Work[]): Promise<ClaimResult[]> {
  const { session, config } = apply;
  const orders = works.map((work) => work.order);
  const observed = await observe(session, config, orders);
  const before = new Map(observed.context.records.map((record) => [record.id, record]));
  planAll(observed.context, works);
  for (const work of works)
    if (work.error === undefined && work.plan !== undefined && work.plan.waitsFor.length > 0)
      work.error = waitingError(work.plan.waitsFor);
  const active = works.filter(hasWork);
  if (active.length === 0)
    return works.map((work) =>
      finish(apply, work, work.error, {
        context: observed.context,
        secretVersions: observed.secretVersions,
        changed: false,
      }),
    );

  const intents = active.flatMap((work) => intentOf(work, before));
  if (intents.length > 0) await session.ledger.write(intents);
  await runAll(apply, active, before);
  return settle(apply, works, active, before);
}

/** Written before the first statement, so that a re-entry knows what was there before and what may have happened. */
function intentOf(work: Work, before: ReadonlyMap<string, ClaimRecord>): ClaimRecord[] {
  const { plan } = work;
  if (plan?.next === undefined || (plan.operations.length === 0 && plan.credentials.step === "none")) return [];
  const record = before.get(plan.id);
  const known = new Set(plan.next.items.map((entry) => itemKey(entry.item)));
  const items = [...plan.next.items, ...(record?.items ?? []).filter((entry) => !known.has(itemKey(entry.item)))];
  return [
    { ...plan.next, state: "intent", items, claim: withOldHosts(plan.next, record), credentials: record?.credentials },
  ];
}

/** Accounts of hosts that are being removed stay known until they are gone. */
const withOldHosts = (next: ClaimRecord, record: ClaimRecord | undefined): ClaimRecord["claim"] =>
  next.claim.kind === "login" && record?.claim.kind === "login" && next.claim.hosts !== undefined
    ? { ...next.claim, hosts: [...new Set([...next.claim.hosts, ...(record.claim.hosts ?? ["%"])])] }
    : next.claim;

async function runAll(
  apply: ApplyContext,
  active: readonly Work[],
  before: ReadonlyMap<string, ClaimRecord>,
): Promise<void> {
  const { session, config } = apply;
  const alone = async (work: Work, run: () => Promise<string[]>): Promise<void> => {
    try {
      work.warnings.push(...(await run()));
    } catch (error) {
      work.error = errorOf(error);
    }
  };
  const removals = active.filter((work) => work.order.action === "remove");
  const ensures = active.filter((work) => work.order.action === "ensure");
  const principals = (works: readonly Work[]): Work[] =>
    works.filter(({ order }) => order.claim.kind === "login" || order.claim.kind === "role");
  const containers = (works: readonly Work[]): Work[] =>
    works.filter(({ order }) => order.claim.kind === "database" || order.claim.kind === "schema");
  const runPrincipals = async (works: readonly Work[]): Promise<void> => {
    for (const work of principals(works)) {
      const { plan, order } = work;
      if (plan !== undefined) await alone(work, () => runPrincipal(session, config, order, plan, before.get(plan.id)));
    }
  };
  const runContainers = async (works: readonly Work[]): Promise<void> => {
    for (const work of containers(works)) await alone(work, () => runOneByOne(session, work.plan?.operations ?? []));
  };
  await runGrants(
    apply,
    removals.filter((work) => work.order.claim.kind === "grant"),
  );
  await runContainers(removals);
  await runPrincipals(removals);
  await runPrincipals(ensures.filter((work) => work.order.claim.kind === "role"));
  await runPrincipals(ensures.filter((work) => work.order.claim.kind === "login"));
  await runContainers(ensures);
  await runGrants(
    apply,
    ensures.filter((work) => work.order.claim.kind === "grant"),
  );
}

/** Claims of one database share a transaction; when it fails each is planned and applied alone: only the culprit fails. */
async function runGrants(apply: ApplyContext, works: readonly Work[]): Promise<void> {
  const units = new Map<string, Work[]>();
  for (const work of works) {
    if (work.plan === undefined || work.plan.operations.length === 0) continue;
    const unit = unitOf(work.plan);
    units.set(unit, [...(units.get(unit) ?? []), work]);
  }
  for (const together of units.values()) {
    try {
      const warnings = await runTogether(
        apply.session,
        together.flatMap((work) => work.plan?.operations ?? []),
      );
      if (warnings.length > 0)
        for (const work of together) work.warnings.push(...(together.length === 1 ? warnings : []));
    } catch (error) {
      if (together.length === 1) together[0].error = errorOf(error);
      else for (const work of together) await runAlone(apply, work);
    }
  }
}

async function runAlone(apply: ApplyContext, work: Work): Promise<void> {
  try {
    const { context } = await observe(apply.session, apply.config, [work.order]);
    const plan = planClaim(context, work.order);
    if (plan.waitsFor.length > 0) {
      work.error = waitingError(plan.waitsFor);
      return;
    }
    // What was there before was decided when the intent was written, not after a half-done attempt.
    work.plan = { ...plan, next: work.plan?.next ?? plan.next, changes: work.plan?.changes ?? plan.changes };
    work.warnings.push(...(await runTogether(apply.session, plan.operations)));
  } catch (error) {
    work.error = errorOf(error);
  }
}

/** Reading back decides: a claim is done when planning it again on what is there now leaves nothing to do. */
async function settle(
  apply: ApplyContext,
  works: readonly Work[],
  active: readonly Work[],
  before: ReadonlyMap<string, ClaimRecord>,
): Promise<ClaimResult[]> {
  const { session, config } = apply;
  const after = await observe(
    session,
    config,
    works.map((work) => work.order),
  );
  const settled = active.filter((work) => work.error === undefined);
  const written = settled.flatMap((work) =>
    work.plan?.next === undefined ? [] : [{ ...work.plan.next, state: "done" as const }],
  );
  const context: PlanContext = {
    ...after.context,
    records: [
      ...after.context.records.filter((record) => !settled.some((work) => work.plan?.id === record.id)),
      ...written,
    ],
  };
  const done: ClaimRecord[] = [];
  const ended: string[] = [];
  for (const work of settled) {
    const problem = leftOver(context, work);
    if (problem !== undefined) work.error = problem;
    else if (work.plan?.next === undefined) ended.push(work.plan?.id ?? "");
    else done.push({ ...work.plan.next, state: "done" });
  }
  if (done.length > 0) await session.ledger.write(done);
  const lostRace = active.filter(
    (work) => work.error?.code === "UserExists" && work.plan !== undefined && !before.has(work.plan.id),
  );
  const gone = [...ended, ...lostRace.map((work) => work.plan?.id ?? "")];
  if (gone.length > 0) await session.ledger.remove(gone);
  return works.map((work) =>
    finish(apply, work, work.error, {
      context,
      secretVersions: after.secretVersions,
      changed: settled.includes(work) && work.error === undefined,
    }),
  );
}

/** What the server still does not have although every statement succeeded: a grant that only warned, a revoke that did nothing. */
function leftOver(context: PlanContext, work: Work): ErrorBody | undefined {
  if (work.order.action === "remove" && work.plan?.next !== undefined) return undefined;
  try {
    const again = planClaim(context, work.order);
    if (work.order.action === "ensure")
      work.plan = { ...again, next: work.plan?.next, changes: work.plan?.changes ?? [] };
    if (again.operations.length === 0) return undefined;
    const hints = work.warnings.length === 0 ? "" : ` The server said: ${work.warnings.join("; ")}.`;
    return new DbAccessError(
      "NotApplied",
      `The statements succeeded, but the server still needs: ${again.changes.map((change) => change.words).join("; ")}.${hints} Somebody else's grant, a right the provisioner lacks, or an object of another owner is in the way.`,
    ).toBody();
  } catch (error) {
    return errorOf(error);
  }
}

interface Ending {
  context: PlanContext;
  secretVersions: ReadonlyMap<string, string>;
  changed: boolean;
}

function finish(apply: ApplyContext, work: Work, error: ErrorBody | undefined, ending: Ending): ClaimResult {
  const { requestId, config } = apply;
  const event = { requestId, cluster: config.cluster, order: work.order, id: work.plan?.id };
  if (error !== undefined) {
    audit({ ...event, outcome: work.plan === undefined ? "refused" : "failed", changes: [], error });
    return failed(work, error);
  }
  const { plan } = work;
  if (plan === undefined) return failed(work, errorOf(new Error("not planned")));
  if (ending.changed) audit({ ...event, outcome: "changed", changes: plan.changes.map((change) => change.words) });
  return {
    operationId: work.request.operationId,
    status: ending.changed ? "done" : "unchanged",
    id: plan.id,
    exists: work.order.action === "ensure",
    outputs:
      work.order.action === "ensure"
        ? outputsOf(config, ending.context, work.order, plan, plan.next, ending.secretVersions)
        : {},
    changes: ending.changed ? plan.changes : [],
    warnings: [...plan.warnings, ...work.warnings],
  };
}
