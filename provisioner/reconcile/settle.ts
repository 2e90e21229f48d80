import { planClaim, type PlanContext } from "../access/plan";
import type { ClaimRecord } from "../access/record";
import { DbAccessError, type ErrorBody } from "../errors";
import type { ApplyContext } from "./apply-context";
import { observe, type Observation } from "./observe";
import { takeBack } from "./take-back";
import { errorOf, type Work } from "./work";

export interface Carried {
  works: readonly Work[];
  /** Those for which something was tried. */
  active: readonly Work[];
  /** The ledger as it was. */
  before: ReadonlyMap<string, ClaimRecord>;
  observed: Observation;
}

/** Reading back decides: a claim is done when planning it again on what is there now leaves nothing to do. */
export async function settle(apply: ApplyContext, carried: Carried): Promise<Observation> {
  const { session, config } = apply;
  const { works, active, before, observed } = carried;
  const orders = works.map((work) => work.order);
  // Each secret was looked at before, and what became of it since is noted with the plan.
  const after = await observe(session, config, orders, []);
  const ran = active.filter((work) => work.error === undefined && !work.skipped);
  const written = ran.flatMap((work) => doneRecord(work) ?? []);
  const context: PlanContext = {
    ...after.context,
    records: [
      ...after.context.records.filter((record) => !ran.some((work) => work.plan?.id === record.id)),
      ...written,
    ],
  };
  // Before planning again, which forgets what the first plan did with the password.
  const secretVersions = unchangedVersions(observed, ran);
  for (const work of ran) work.error = leftOver(context, work);
  const settled = ran.filter((work) => work.error === undefined);
  const ended = settled.flatMap((work) => (work.plan?.next === undefined ? [work.plan?.id ?? ""] : []));
  const back = await takeBack(
    config,
    after.context,
    active.filter((work) => !settled.includes(work)),
    before,
  );
  const write = [...settled.flatMap((work) => doneRecord(work) ?? []), ...back.write];
  if (write.length > 0) await session.ledger.write(write);
  const remove = [...ended, ...back.remove];
  if (remove.length > 0) await session.ledger.remove(remove);
  return { context, secretVersions };
}

const doneRecord = (work: Work): ClaimRecord | undefined =>
  work.plan?.next === undefined ? undefined : { ...work.plan.next, state: "done" };

/** Where a password was set, the row itself has the version. */
function unchangedVersions(observed: Observation, ran: readonly Work[]): Map<string, string> {
  const set = new Set(
    ran.flatMap(({ plan }) => (plan?.credentials.step === "set" ? [plan.next?.credentials?.secretArn] : [])),
  );
  return new Map([...observed.secretVersions].filter(([arn]) => !set.has(arn)));
}

/** What the server still does not have although every statement succeeded: a grant that only warned, a revoke that did nothing. */
function leftOver(context: PlanContext, work: Work): ErrorBody | undefined {
  if (work.order.action === "remove" && work.plan?.next !== undefined) return undefined;
  try {
    const again = planClaim(context, work.order);
    if (work.order.action === "ensure")
      work.plan = {
        ...again,
        next: work.plan?.next,
        changes: work.plan?.changes ?? [],
        warnings: work.plan?.warnings ?? [],
      };
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
