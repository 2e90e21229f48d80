import type { MigrationClaim } from "../claims";
import { recordable, type ClaimRecord } from "../record";
import { blankPlan } from "./blank";
import {
  assertOurs,
  findRecord,
  idFor,
  recordChange,
  recordDiffers,
  type ClaimOrder,
  type ClaimPlan,
  type PlanContext,
} from "./context";

const wordsOf = ({ database, historyTable }: MigrationClaim): string => `migrations of ${database} (${historyTable})`;

/** Nothing on the server: whose the history is, so that two stacks do not both take it for theirs. */
export function planMigration(context: PlanContext, order: ClaimOrder & { claim: MigrationClaim }): ClaimPlan {
  const { claim } = order;
  const words = wordsOf(claim);
  const record = findRecord(context, order);
  const id = idFor(context, order, record);
  assertOurs(record, order, words);
  const next: ClaimRecord = {
    id,
    owner: order.owner,
    kind: "migration",
    grantee: "",
    database: claim.database,
    state: "done",
    generation: record?.generation ?? 1,
    adopted: false,
    retained: false,
    claim: recordable(claim),
    items: [],
  };
  return {
    ...blankPlan(id, record),
    exists: record !== undefined,
    changes: record === undefined ? [{ verb: "record", words: `record ${words}` }] : recordChange(record, next, words),
    next,
    recordChanges: recordDiffers(record, next),
  };
}

export function planMigrationRemoval(context: PlanContext, order: ClaimOrder & { claim: MigrationClaim }): ClaimPlan {
  const words = wordsOf(order.claim);
  const record = findRecord(context, order);
  const base = blankPlan(idFor(context, order, record), record);
  if (record === undefined) return base;
  assertOurs(record, order, words);
  return { ...base, changes: [{ verb: "forget", words: `forget ${words}` }], next: undefined, recordChanges: true };
}
