import { serverQuery } from "../access/plan";
import type { ClaimRecord } from "../access/record";
import { audit, ChangeTrail, type AuditEvent } from "../audit";
import type { LedgerChange } from "../engines/engine";
import type { ErrorBody } from "../errors";
import type { ClaimResult } from "../protocol/messages";
import { endDue } from "../rotation";
import type { ApplyContext } from "./apply-context";
import { carryOut } from "./carry-out";
import { intentsOf } from "./intent";
import { ledgerOf, observe, type Observation } from "./observe";
import { outputsOf } from "./outputs";
import { resolveResets } from "./reset";
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
  const { session, config, deadline } = request;
  let rows = await session.begin(
    ledgerOf(
      config,
      works.map((work) => work.order),
    ),
    deadline,
  );
  const left = deadline - Date.now();
  const apply = { ...request, beginUntil: deadline - Math.min(SETTLE_MS, left / 2) };
  const rounds: Round[] = [];
  const trail = new ChangeTrail(session.ledger.head);
  let last = nothing;
  try {
    const ended: LedgerChange = { write: await endDue(config, request.requestId, session, rows, trail), remove: [] };
    if (ended.write.length > 0) {
      await trail.record((head) => session.ledger.change({ ...ended, head }));
      rows = afterChange(rows, ended);
    }
    if (resolveResets(config, works, rows))
      rows = await session.ledger.read(
        ledgerOf(
          config,
          works.map((work) => work.order),
        ),
      );
    for (let waiting: readonly Work[] = works.filter((work) => work.error === undefined); waiting.length > 0;) {
      // What others of the batch have just made may be what these wait for, with all that came along unplanned: the
      // schemas of a new database. Each round has made something, so there is a last one.
      const round = await runRound(apply, waiting, rows);
      rounds.push(round);
      waiting = round.again;
      last = round.change;
      for (const work of round.works) if (round.active.includes(work)) addChange(apply, work, trail);
      if (waiting.length > 0) {
        rows = afterChange(rows, last);
        await trail.record((head) => session.ledger.change({ ...round.change, head }));
        last = nothing;
      }
    }
  } catch (error) {
    trail.abandon(error);
    // The lock ends with its session at the latest.
    await session.end(nothing).catch(() => undefined);
    throw error;
  }
  await trail
    .record((head) => session.end({ ...last, head }))
    .catch((error: unknown) => {
      // Nobody could write down what was done, so every claim of the last round has to say so for itself.
      for (const work of rounds.at(-1)?.active ?? []) if (!work.skipped) work.error ??= errorOf(error);
    });
  const results = rounds.flatMap((round) =>
    round.works.map((work) => finish(apply, work, round.after, round.active.includes(work))),
  );
  return [...results, ...works.filter(isUnknown).map((work) => finishUnknown(apply, work))];
}

/** A reset of what is not managed here: there is nothing to plan. */
const isUnknown = ({ order, request, error }: Work): boolean =>
  request.action === "reset" && order.resets !== true && error !== undefined;

function finishUnknown({ requestId, config }: ApplyContext, work: Work): ClaimResult {
  const error = work.error ?? errorOf(new Error("not found"));
  audit({ requestId, cluster: config.cluster, order: work.order, outcome: "refused", changes: [], error });
  return failed(work, error);
}

/** Kept for reading back, so that what was done is known even when time runs out. */
const SETTLE_MS = 10_000;

const nothing: LedgerChange = { write: [], remove: [] };

function afterChange(rows: readonly ClaimRecord[], { write, remove }: LedgerChange): ClaimRecord[] {
  const changed = new Set([...write.map((row) => row.id), ...remove]);
  return [...rows.filter((row) => !changed.has(row.id)), ...write];
}

interface Round {
  /** Those that end with this round. */
  works: Work[];
  /** Those for which something was tried. */
  active: Work[];
  /** Those that wait for what this round has made. */
  again: Work[];
  after: Observation;
  /** What the ledger has to be told. */
  change: LedgerChange;
}

async function runRound(apply: ApplyContext, works: readonly Work[], rows: ClaimRecord[]): Promise<Round> {
  const { session, config } = apply;
  const orders = works.map((work) => work.order);
  const observed = await observe(session, config, orders, { rows, passwords: true });
  const before = new Map(observed.context.records.map((record) => [record.id, record]));
  planAll(observed.context, works);
  for (const work of works) work.error ??= waitingErrorOf(work);
  const active = works.filter(hasWork);
  if (active.length === 0) return { works: [...works], active, again: [], after: observed, change: nothing };

  const intents = active.flatMap(({ plan }) => (plan === undefined ? [] : intentsOf(plan, before)));
  if (intents.length > 0) await session.ledger.write(intents);
  const records = afterChange([...before.values()], { write: intents, remove: [] });
  const query = serverQuery(session.facts, orders, records);
  const state = await carryOut(apply, active, before, query);
  const settled = await settle(apply, { works, active, before, observed, records, query, state }).catch(
    (error: unknown) => {
      // Statements have run, so every claim has to say for itself that nobody could look.
      for (const work of active) if (!work.skipped) work.error ??= errorOf(error);
      return { after: observed, change: nothing };
    },
  );
  const again = active.some((work) => work.error === undefined) ? works.filter(isWaiting) : [];
  return { ...settled, works: works.filter((work) => !again.includes(work)), active, again };
}

function eventOf({ requestId, config, ...asked }: ApplyContext, work: Work): Omit<AuditEvent, "outcome" | "changes"> {
  const by = work.request.action === "reset" ? work.request.owner : asked.by;
  return { requestId, cluster: config.cluster, order: work.order, id: work.plan?.id, by };
}

/** What was tried is told with what is written about it, whatever came of it. */
function addChange(apply: ApplyContext, work: Work, trail: ChangeTrail): void {
  if (work.skipped) return;
  const { error, plan } = work;
  trail.add({
    ...eventOf(apply, work),
    ...(error === undefined
      ? { outcome: "changed", changes: plan?.changes.map((change) => change.words) ?? [] }
      : { outcome: "failed", changes: [], error }),
  });
}

function finish(
  apply: ApplyContext,
  work: Work,
  { context, secretVersions }: Observation,
  active: boolean,
): ClaimResult {
  const { config } = apply;
  if (work.skipped) return notAttempted(work);
  const refuse = (error: ErrorBody): ClaimResult => {
    if (!active) audit({ ...eventOf(apply, work), outcome: "refused", changes: [], error });
    return failed(work, error);
  };
  if (work.error !== undefined) return refuse(work.error);
  const { plan } = work;
  if (plan === undefined) return refuse(errorOf(new Error("not planned")));
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
