import type { ClaimRecord } from "../access/record";
import type { FunctionConfig } from "../config";
import type { EngineSession } from "../engines/engine";
import type { ClaimResult, Mode } from "../protocol/messages";
import { observe, type Observation } from "./observe";
import { outputsOf } from "./outputs";
import { failed, planAll, planOne, type Work } from "./work";

/** `plan` and `read`: pure reads, without the lock. Both are the same plan; they answer different questions. */
export async function inspectBatch(
  session: EngineSession,
  config: FunctionConfig,
  mode: Exclude<Mode, "apply">,
  works: readonly Work[],
): Promise<ClaimResult[]> {
  const observed = await observe(
    session,
    config,
    works.map((work) => work.order),
    { passwords: mode === "read" },
  );
  const records = new Map(observed.context.records.map((record) => [record.id, record]));
  if (mode === "plan") planAll(observed.context, works);
  // A reading says how each claim stands by itself; one claim's drift must not hide another's.
  else for (const work of works) planOne(observed.context, work);
  return works.map((work) => resultOf(config, observed, work, records.get(work.plan?.id ?? "")));
}

function resultOf(
  config: FunctionConfig,
  observed: Observation,
  work: Work,
  record: ClaimRecord | undefined,
): ClaimResult {
  const { plan, error } = work;
  if (error !== undefined || plan === undefined)
    return failed(work, error ?? { code: "Unexpected", message: "The claim was not planned." });
  return {
    operationId: work.request.operationId,
    status: "unchanged",
    id: plan.id,
    exists: plan.exists,
    outputs: outputsOf(config, observed.context, work.order, plan, record, observed.secretVersions),
    changes: plan.changes,
    warnings: [...plan.warnings, ...work.warnings],
    ...(plan.waitsFor.length === 0 ? {} : { waitsFor: plan.waitsFor }),
  };
}
