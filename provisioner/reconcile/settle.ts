import { planClaim, type PlanContext } from "../access/plan";
import type { ClaimRecord } from "../access/record";
import type { ReadQuery, ServerState } from "../access/server";
import type { LedgerChange } from "../engines/engine";
import { DbAccessError, type ErrorBody } from "../errors";
import type { ApplyContext } from "./apply-context";
import type { Observation } from "./observe";
import { takeBack } from "./take-back";
import { errorOf, type Work } from "./work";

export interface Carried {
  works: readonly Work[];
  /** Those for which something was tried. */
  active: readonly Work[];
  /** The ledger as it was. */
  before: ReadonlyMap<string, ClaimRecord>;
  observed: Observation;
  /** The ledger as it is now, with what is intended. */
  records: ClaimRecord[];
  query: ReadQuery;
  /** The server as it was read in the same go as it was changed. */
  state: ServerState | undefined;
}

export interface Settled {
  after: Observation;
  /** What the ledger has to be told. */
  change: LedgerChange;
}

/** Reading back decides: a claim is done when planning it again on what is there now leaves nothing to do. */
export async function settle(apply: ApplyContext, carried: Carried): Promise<Settled> {
  const { session, config } = apply;
  const { active, before, observed, records, query } = carried;
  const state = carried.state ?? (await session.read(query));
  const now: PlanContext = {
    ...observed.context,
    state,
    records,
    missingSecrets: new Set(),
    secretProblems: new Map(),
    // What was found has been set, and the proof was a login.
    changedPasswords: new Set(),
  };
  const ran = active.filter((work) => work.error === undefined && !work.skipped);
  const written = ran.flatMap(doneRecords);
  const adopted = new Set(ran.flatMap((work) => work.plan?.adopts ?? []));
  const context: PlanContext = {
    ...now,
    records: [...records.filter((record) => !written.some((row) => row.id === record.id)), ...written],
    foreign: now.foreign.filter((record) => !adopted.has(record.id)),
  };
  // Before planning again, which forgets what the first plan did with the password.
  const secretVersions = unchangedVersions(observed, ran);
  for (const work of ran) work.error = leftOver(asIntended(context, records, work), work);
  const settled = ran.filter((work) => work.error === undefined);
  const ended = settled.flatMap(({ plan }) => [
    ...(plan?.next === undefined ? [plan?.id ?? ""] : []),
    ...(plan?.adopts === undefined ? [] : [plan.adopts]),
  ]);
  const unsettled = active.filter((work) => !settled.includes(work));
  const back = await takeBack(config, now, unsettled, before);
  return {
    after: { context, secretVersions },
    change: { write: [...settled.flatMap(doneRecords), ...back.write], remove: [...ended, ...back.remove] },
  };
}

const doneRecords = ({ plan }: Work): ClaimRecord[] =>
  plan === undefined
    ? []
    : [...(plan.next === undefined ? [] : [plan.next]), ...plan.also].map((row) => ({ ...row, state: "done" }));

/** Where a password was set, the row itself has the version. */
function unchangedVersions(observed: Observation, ran: readonly Work[]): Map<string, string> {
  const set = new Set(
    ran.flatMap(({ plan }) => (plan?.credentials.step === "set" ? [plan.next?.credentials?.secretArn] : [])),
  );
  return new Map([...observed.secretVersions].filter(([arn]) => !set.has(arn)));
}

/**
 * What a claim gives up is its own until it is gone: once it is written down as done, a REVOKE that did nothing would
 * leave it to nobody. A login's intent speaks of its password, which nobody can read back.
 */
function asIntended(context: PlanContext, records: readonly ClaimRecord[], { order, plan }: Work): PlanContext {
  const intent = records.find((record) => record.id === plan?.id);
  if (intent === undefined || order.claim.kind === "login") return context;
  return { ...context, records: [...context.records.filter((record) => record.id !== intent.id), intent] };
}

/** What the server still does not have although every statement succeeded: a grant that only warned, a revoke that did nothing. */
function leftOver(context: PlanContext, work: Work): ErrorBody | undefined {
  if (work.order.action === "remove" && work.plan?.next !== undefined) return undefined;
  try {
    // What was to be reset has been.
    const again = planClaim(context, { ...work.order, resets: undefined });
    if (work.order.action === "ensure")
      work.plan = {
        ...again,
        next: work.plan?.next,
        also: work.plan?.also ?? [],
        adopts: work.plan?.adopts,
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
