import type { ClaimOrder, ClaimPlan, PlanContext } from "./context";
import { planDatabase, planDatabaseRemoval } from "./database";
import { planGrant, planGrantRemoval } from "./grant";
import { DEFAULT_HOSTS, planLogin, planLoginRemoval } from "./login";
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
} from "./context";
export { DEFAULT_HOSTS };
export { ledgerQuery, serverQuery } from "./query";

/** What one claim needs. Pure. Throws `Refusal` when the claim cannot be granted at all. */
export function planClaim(context: PlanContext, order: ClaimOrder): ClaimPlan {
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
    case "grant":
      return ensure ? planGrant(context, { ...order, claim }) : planGrantRemoval(context, { ...order, claim });
  }
}

/** Makes the context look as if the plan had been carried out: the next claim of the batch is planned on that. */
export function advance(context: PlanContext, plan: ClaimPlan): void {
  simulate(context.state, plan.operations);
  context.records = [
    ...context.records.filter((record) => record.id !== plan.id),
    ...(plan.next === undefined ? [] : [plan.next]),
  ];
}

const rank = { login: 1, role: 0, database: 2, schema: 3, grant: 4 } as const;

/** Roles before databases before grants, and the other way round for removals: the order in which a batch can work. */
export function inOrder<T extends ClaimOrder>(orders: readonly T[]): T[] {
  const position = (order: ClaimOrder): number =>
    order.action === "ensure" ? 10 + rank[order.claim.kind] : 4 - rank[order.claim.kind];
  return [...orders].sort((a, b) => position(a) - position(b));
}
