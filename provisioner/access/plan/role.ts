import type { Account } from "../account";
import type { RoleClaim } from "../claims";
import { recordable, type ClaimRecord } from "../record";
import { Refusal } from "../refusal";
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
} from "./context";
import { dropPlan, refuseSystem } from "./principal";
import { refuseTurnOf } from "./turns";

/** MySQL roles live at `%`, MariaDB roles have no host. */
const roleAccount = (context: PlanContext, name: string): Account =>
  context.facts.product === "postgresql" ? { name } : { name, host: context.facts.product === "mysql" ? "%" : "" };

export function planRole(context: PlanContext, order: ClaimOrder & { claim: RoleClaim }): ClaimPlan {
  const { claim } = order;
  const words = `role ${claim.name}`;
  const record = findRecord(context, order);
  const id = idFor(context, order, record);
  assertOurs(record, order, words);
  refuseSystem(context, claim.name, "name");
  refuseTurnOf(context, claim.name, "name");
  const known = context.state.principals.get(claim.name)?.accounts ?? [];
  const { adopting, adopted } = adoptionOf(record, order.owner, known.length > 0);
  if (adopting) refuseToAdopt(context, order, { code: "RoleExists", words: claim.name, property: "name" });
  if (known.some((state) => state.login))
    throw new Refusal(
      "RoleExists",
      `${claim.name} is a login, not a role; use DbUser for it or choose another name.`,
      "name",
    );
  const next: ClaimRecord = {
    id,
    owner: order.owner,
    kind: "role",
    grantee: claim.name,
    database: "",
    state: "done",
    generation: record?.generation ?? 1,
    adopted,
    retained: false,
    claim: recordable(claim),
    items: [],
  };
  const create = known.length === 0;
  return {
    ...blankPlan(id, record),
    exists: record !== undefined && !record.retained && !create,
    operations: create
      ? [
          {
            op: "createRole",
            account: roleAccount(context, claim.name),
            comment: `managed by db-access for ${order.owner}`,
          },
        ]
      : [],
    changes: create ? [{ verb: "create", words: `create ${words}` }] : recordChange(record, next, words),
    next,
    recordChanges: recordDiffers(record, next),
  };
}

export const planRoleRemoval = (context: PlanContext, order: ClaimOrder & { claim: RoleClaim }): ClaimPlan =>
  dropPlan(context, order, {
    words: `role ${order.claim.name}`,
    accounts: [roleAccount(context, order.claim.name)],
    recoveryDays: 0,
  });
