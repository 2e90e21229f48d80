import { advance, inOrder, planClaim, type ClaimOrder, type ClaimPlan, type PlanContext } from "../access/plan";
import { Refusal } from "../access/refusal";
import { DbAccessError, toErrorBody, type ErrorBody } from "../errors";
import type { ClaimRequest, ClaimResult } from "../protocol/messages";

/** One claim of a batch on its way: asked, planned, and how it ended. */
export interface Work {
  request: ClaimRequest;
  order: ClaimOrder;
  plan?: ClaimPlan;
  error?: ErrorBody;
  /** There was no time left to begin with it. */
  skipped?: boolean;
  /** It failed, and something of it stays on the server under its row: the caller has to keep it in its state. */
  begun?: boolean;
  warnings: string[];
}

export const orderOf = (request: ClaimRequest): ClaimOrder => ({
  // What a reset is about, the ledger says.
  action: request.action === "remove" ? "remove" : "ensure",
  owner: request.owner,
  previousOwner: request.previousOwner,
  id: request.id,
  claim: request.claim,
});

/** A refusal of the planner in the published codes; everything else keeps its own. */
export const errorOf = (error: unknown): ErrorBody =>
  error instanceof Refusal
    ? new DbAccessError(error.code, error.message, { property: error.property }).toBody()
    : toErrorBody(error);

/** Plans one claim on what is there now. */
export function planOne(context: PlanContext, work: Work): void {
  work.plan = undefined;
  work.error = undefined;
  try {
    work.plan = planClaim(context, work.order);
  } catch (error) {
    work.error = errorOf(error);
  }
}

/** Plans every claim on what the ones before it will leave. A claim that is refused leaves the others alone. */
export function planAll(context: PlanContext, works: readonly Work[]): void {
  for (const { work } of inOrder(works.map((work) => ({ ...work.order, work })))) {
    planOne(context, work);
    if (work.plan?.waitsFor.length === 0) advance(context, work.plan);
  }
}

/** Something has to be done or written for it. */
export const hasWork = (work: Work): boolean =>
  work.error === undefined &&
  work.plan !== undefined &&
  (work.plan.operations.length > 0 ||
    work.plan.recordChanges ||
    work.plan.credentials.step !== "none" ||
    work.plan.secretChanges.length > 0 ||
    work.plan.parameterChanges.length > 0);

export const isWaiting = ({ plan }: Work): boolean => plan !== undefined && plan.waitsFor.length > 0;

export const waitingErrorOf = (work: Work): ErrorBody | undefined =>
  isWaiting(work) ? waitingFailure(work.plan?.waitsFor ?? []).toBody() : undefined;

export const waitingFailure = (waitsFor: readonly string[]): DbAccessError =>
  new DbAccessError(
    "ObjectMissing",
    `${waitsFor.join(", ")} ${waitsFor.length === 1 ? "does" : "do"} not exist; create ${waitsFor.length === 1 ? "it" : "them"} first, or let this resource depend on what does.`,
  );

export const failed = (work: Work, error: ErrorBody): ClaimResult => ({
  operationId: work.request.operationId,
  status: "failed",
  ...(work.plan === undefined ? {} : { id: work.plan.id }),
  changes: work.begun === true ? (work.plan?.changes ?? []) : [],
  warnings: work.warnings,
  error,
});

export const notAttempted = (work: Work): ClaimResult => ({
  operationId: work.request.operationId,
  status: "notAttempted",
  changes: [],
  warnings: [],
});
