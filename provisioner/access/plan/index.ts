import { DEFAULT_HOSTS, loginAccounts } from "./accounts";
import { adoptedRow, clusterOf, type ClaimOrder, type ClaimPlan, type PlanContext } from "./context";
import { planDatabase, planDatabaseRemoval } from "./database";
import { planGrant, planGrantRemoval } from "./grant";
import { planLogin, planLoginRemoval } from "./login";
import { planMigration, planMigrationRemoval } from "./migration";
import { planRole, planRoleRemoval } from "./role";
import { planSchema, planSchemaRemoval } from "./schema";
import { simulate } from "./simulate";

export type {
  ChangeVerb,
  ClaimOrder,
  ClaimPlan,
  CredentialStep,
  PlanContext,
  PlannedChange,
  SecretProblem,
  SetCredentials,
} from "./context";
export { endOfFormer } from "./former-login";
export { parameterNames } from "./parameters";
export { otherTurn, sharedRole, turnAccounts, turnName, turns } from "./turns";
export { DEFAULT_HOSTS, loginAccounts };
export { ledgerQuery, serverQuery } from "./query";

/** What one claim needs. Pure. Throws `Refusal` when the claim cannot be granted at all. */
export function planClaim(context: PlanContext, order: ClaimOrder): ClaimPlan {
  const plan = planOf(context, order);
  const adopted = adoptedRow(context, order);
  if (adopted === undefined) return plan;
  return {
    ...plan,
    exists: false,
    recordChanges: true,
    adopts: adopted.id,
    changes: [
      { verb: "record", words: `take over what ${adopted.owner} claimed on cluster ${clusterOf(adopted)}` },
      ...plan.changes,
    ],
  };
}

function planOf(context: PlanContext, order: ClaimOrder): ClaimPlan {
  const { claim, action } = order;
  const ensure = action === "ensure";
  switch (claim.kind) {
    case "login":
      return ensure ? planLogin(context, { ...order, claim }) : planLoginRemoval(context, { ...order, claim });
    case "role":
      return ensure ? planRole(context, { ...order, claim }) : planRoleRemoval(context, { ...order, claim });
    case "database":
      return ensure ? planDatabase(context, { ...order, claim }) : planDatabaseRemoval(context, { ...order, claim });
    case "schema":
      return ensure ? planSchema(context, { ...order, claim }) : planSchemaRemoval(context, { ...order, claim });
    case "migration":
      return ensure ? planMigration(context, { ...order, claim }) : planMigrationRemoval(context, { ...order, claim });
    case "grant":
      return ensure ? planGrant(context, { ...order, claim }) : planGrantRemoval(context, { ...order, claim });
  }
}

/** Makes the context look as if the plan had been carried out: the next claim of the batch is planned on that. */
export function advance(context: PlanContext, plan: ClaimPlan): void {
  simulate(context.state, plan.operations);
  const rows = [...(plan.next === undefined ? [] : [plan.next]), ...plan.also];
  const changed = new Set([plan.id, ...rows.map((row) => row.id)]);
  context.records = [...context.records.filter((record) => !changed.has(record.id)), ...rows];
  context.foreign = context.foreign.filter((record) => record.id !== plan.adopts);
}

const rank = { login: 1, role: 0, database: 2, schema: 3, grant: 4, migration: 5 } as const;

/** Roles before databases before grants, and the other way round for removals: the order in which a batch can work. */
export function inOrder<T extends ClaimOrder>(orders: readonly T[]): T[] {
  const position = (order: ClaimOrder): number =>
    order.action === "ensure" ? 10 + rank[order.claim.kind] : 5 - rank[order.claim.kind];
  return [...orders].sort((a, b) => position(a) - position(b));
}
