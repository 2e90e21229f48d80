import type { Account } from "../account";
import type { RoleClaim } from "../claims";
import type { ClaimRecord } from "../record";
import { Refusal } from "../refusal";
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
import { dropPlan, refuseSystem } from "./principal";

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
  const known = context.state.principals.get(claim.name)?.accounts ?? [];
  const ours = record !== undefined && (!record.retained || record.owner === order.owner);
  const adopting = !ours && known.length > 0;
  if (adopting && claim.adopt !== true)
    throw new Refusal(
      "RoleExists",
      `${claim.name} already exists and is not managed here; set adopt: true to take it over.`,
      "name",
    );
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
    adopted: record?.retained === true ? adopting : (record?.adopted ?? adopting),
    retained: false,
    claim,
    items: [],
  };
  const create = known.length === 0;
  return {
    id,
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
    credentials: { step: "none" },
    changes: create ? [{ verb: "create", words: `create ${words}` }] : recordChange(record, next, words),
    warnings: [],
    waitsFor: [],
    next,
    recordChanges: recordDiffers(record, next),
    effective: [],
    unmanaged: [],
  };
}

export const planRoleRemoval = (context: PlanContext, order: ClaimOrder & { claim: RoleClaim }): ClaimPlan =>
  dropPlan(context, order, {
    words: `role ${order.claim.name}`,
    accounts: [roleAccount(context, order.claim.name)],
    recoveryDays: 0,
  });
