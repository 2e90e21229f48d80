import { planClaim } from "../access/plan";
import type { ClaimRecord } from "../access/record";
import type { ReadQuery, ServerState } from "../access/server";
import type { ApplyContext } from "./apply-context";
import { observe } from "./observe";
import { asOneUnit, runAsOne } from "./one-unit";
import { runOneByOne, runPrincipal, runTogether, unitOf } from "./run";
import { errorOf, waitingFailure, type Work } from "./work";

/** What there is no time for is not begun: the caller sends it again. */
const outOfTime = (apply: ApplyContext): boolean => Date.now() > apply.beginUntil;

/**
 * Runs the plans, each claim ending alone: an error is noted with its claim and stops no other. Resolves with the
 * server's state afterwards where it was read in the same go.
 */
export async function carryOut(
  apply: ApplyContext,
  active: readonly Work[],
  before: ReadonlyMap<string, ClaimRecord>,
  query: ReadQuery,
): Promise<ServerState | undefined> {
  const together = outOfTime(apply) ? undefined : asOneUnit(apply, active);
  if (together !== undefined) {
    const state = await runAsOne(apply, together, before, query);
    if (state !== undefined || together.length === 1) return state;
  }
  await carryOutEach(apply, active, before, together !== undefined);
  return undefined;
}

async function carryOutEach(
  apply: ApplyContext,
  active: readonly Work[],
  before: ReadonlyMap<string, ClaimRecord>,
  tried: boolean,
): Promise<void> {
  const { session, config } = apply;
  const alone = async (work: Work, run: () => Promise<string[]>): Promise<void> => {
    work.skipped = outOfTime(apply);
    if (work.skipped) return;
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
    for (const work of principals(works))
      await alone(work, async () => {
        // An attempt that failed may have come about all the same, when only its answer was lost.
        if (tried) await planAgain(apply, work);
        const { plan, order } = work;
        return plan === undefined ? [] : runPrincipal(session, config, order, plan, before.get(plan.id));
      });
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
    if (outOfTime(apply)) {
      for (const work of together) work.skipped = true;
      continue;
    }
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
  work.skipped = outOfTime(apply);
  if (work.skipped) return;
  try {
    await planAgain(apply, work);
    work.warnings.push(...(await runTogether(apply.session, work.plan?.operations ?? [])));
  } catch (error) {
    work.error = errorOf(error);
  }
}

/** On what is there now. Throws when it has to wait for something. */
async function planAgain(apply: ApplyContext, work: Work): Promise<void> {
  const { context } = await observe(apply.session, apply.config, [work.order], { passwords: true });
  const plan = planClaim(context, work.order);
  if (plan.waitsFor.length > 0) throw waitingFailure(plan.waitsFor);
  // What was there before was decided when the intent was written, not after a half-done attempt.
  work.plan = {
    ...plan,
    next: work.plan?.next ?? plan.next,
    also: work.plan?.also ?? plan.also,
    adopts: work.plan?.adopts,
    changes: work.plan?.changes ?? plan.changes,
  };
}
