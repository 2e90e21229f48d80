import type { SchemaClaim } from "../claims";
import type { Operation } from "../operation";
import { recordable, type ClaimRecord } from "../record";
import { schemaKey } from "../server";
import { adoptionOf, blankPlan } from "./blank";
import {
  assertOurs,
  findRecord,
  idFor,
  recordChange,
  recordDiffers,
  refuseToAdopt,
  type ClaimOrder,
  type ClaimPlan,
  type PlanContext,
  type PlannedChange,
} from "./context";
import { refuseOwner } from "./database";

export function planSchema(context: PlanContext, order: ClaimOrder & { claim: SchemaClaim }): ClaimPlan {
  const { claim } = order;
  const { state } = context;
  const words = `schema ${claim.name} of database ${claim.database}`;
  const record = findRecord(context, order);
  const id = idFor(context, order, record);
  assertOurs(record, order, words);
  refuseOwner(context, claim.owner);
  const waitsFor: string[] = [];
  if (!state.databases.has(claim.database)) waitsFor.push(claim.database);
  if (claim.owner !== undefined && !state.principals.has(claim.owner)) waitsFor.push(claim.owner);
  const known = state.schemas.get(schemaKey(claim.database, claim.name));
  const { adopting, adopted } = adoptionOf(record, order.owner, known !== undefined);
  if (adopting)
    refuseToAdopt(context, order, {
      code: "SchemaExists",
      words: `Schema ${claim.name} of ${claim.database}`,
      property: "name",
    });
  const operations: Operation[] = [];
  const changes: PlannedChange[] = [];
  if (known === undefined) {
    operations.push({ op: "createSchema", database: claim.database, schema: claim.name, owner: claim.owner });
    changes.push({
      verb: "create",
      words: `create ${words}${claim.owner === undefined ? "" : ` owned by ${claim.owner}`}`,
    });
  } else if (claim.owner !== undefined && known.owner !== claim.owner) {
    operations.push({ op: "setSchemaOwner", database: claim.database, schema: claim.name, owner: claim.owner });
    changes.push({ verb: "alter", words: `make ${claim.owner} the owner of ${words}` });
  }
  const next: ClaimRecord = {
    id,
    owner: order.owner,
    kind: "schema",
    grantee: "",
    database: claim.database,
    state: "done",
    generation: record?.generation ?? 1,
    adopted,
    retained: false,
    claim: recordable(claim),
    items: [],
  };
  return {
    ...blankPlan(id, record),
    exists: record !== undefined && !record.retained && known !== undefined,
    operations: waitsFor.length === 0 ? operations : [],
    changes: changes.length > 0 ? changes : recordChange(record, next, words),
    waitsFor,
    next,
    recordChanges: recordDiffers(record, next),
  };
}

export function planSchemaRemoval(context: PlanContext, order: ClaimOrder & { claim: SchemaClaim }): ClaimPlan {
  const { claim } = order;
  const words = `schema ${claim.name} of database ${claim.database}`;
  const record = findRecord(context, order);
  const base = blankPlan(idFor(context, order, record), record);
  const known = context.state.schemas.get(schemaKey(claim.database, claim.name));
  if (record === undefined || record.retained)
    return known === undefined
      ? base
      : { ...base, warnings: [`${words} is not managed here any more; it was left as it is.`] };
  assertOurs(record, order, words);
  if (claim.deletion === "retain")
    return {
      ...base,
      changes: [{ verb: "forget", words: `leave ${words} as it is` }],
      next: { ...record, retained: true },
      recordChanges: true,
    };
  return {
    ...base,
    operations: known === undefined ? [] : [{ op: "dropSchema", database: claim.database, schema: claim.name }],
    changes: [
      { verb: "drop", words: known === undefined ? `forget ${words}, which is gone already` : `drop ${words}` },
    ],
    next: undefined,
    recordChanges: true,
  };
}
