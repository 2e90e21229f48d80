import { accountKey } from "../account";
import type { DatabaseClaim } from "../claims";
import type { Item } from "../item";
import { itemKey } from "../item";
import type { Operation } from "../operation";
import type { ClaimRecord } from "../record";
import { Refusal } from "../refusal";
import { itemChanges } from "../words";
import { adoptionOf, blankPlan } from "./blank";
import {
  assertOurs,
  findRecord,
  idFor,
  otherItems,
  recordChange,
  recordDiffers,
  serverRules,
  type ClaimOrder,
  type ClaimPlan,
  type PlanContext,
  type PlannedChange,
} from "./context";
import { adminConnect, itemsOf, ownerItems, publicDatabaseItems } from "./expand";
import { itemOperations } from "./grant";
import { planItems } from "./items";

export function planDatabase(context: PlanContext, order: ClaimOrder & { claim: DatabaseClaim }): ClaimPlan {
  const { claim } = order;
  const { facts, state } = context;
  const words = `database ${claim.name}`;
  const record = findRecord(context, order);
  const id = idFor(context, order, record);
  assertOurs(record, order, words);
  if (claim.name === facts.adminDatabase || claim.name.toLowerCase() === "db_access")
    throw new Refusal(
      "ReservedName",
      `${claim.name} is the database that holds the ledger; choose another name.`,
      "name",
    );
  const known = state.databases.get(claim.name);
  const { adopting, adopted } = adoptionOf(record, order.owner, known !== undefined);
  if (adopting && claim.adopt !== true)
    throw new Refusal(
      "DatabaseExists",
      `Database ${claim.name} already exists and is not managed here; set adopt: true to take it over.`,
      "name",
    );
  const waitsFor = claim.owner !== undefined && !state.principals.has(claim.owner) ? [claim.owner] : [];
  refuseOwner(context, claim.owner);
  if (
    known !== undefined &&
    known.charset !== undefined &&
    claim.charset !== undefined &&
    known.charset.toLowerCase() !== claim.charset.toLowerCase()
  )
    throw new Refusal(
      "NotSupported",
      `Database ${claim.name} has charset ${known.charset}, which cannot be changed in place; leave charset at that.`,
      "charset",
    );

  const operations: Operation[] = [];
  const changes: PlannedChange[] = [];
  if (known === undefined) {
    operations.push({ op: "createDatabase", database: claim.name, charset: claim.charset });
    changes.push({
      verb: "create",
      words: `create ${words}${claim.owner === undefined ? "" : ` owned by ${claim.owner}`}`,
    });
  }
  const postgresql = facts.family === "postgresql";
  if (postgresql && claim.owner !== undefined && known?.owner !== claim.owner) {
    operations.push({ op: "setDatabaseOwner", database: claim.name, owner: claim.owner });
    if (known !== undefined) changes.push({ verb: "alter", words: `make ${claim.owner} the owner of ${words}` });
  }
  const answer = ownedItems(context, claim, record, id);
  const publicItems =
    postgresql && claim.revokePublic !== false ? heldByPublic(context, claim.name, known === undefined) : [];
  operations.push(...itemOperations(answer, false));
  if (publicItems.length > 0) {
    operations.push({ op: "revoke", items: publicItems, cascade: false });
    changes.push(...itemChanges("revoke", publicItems).map((text) => ({ verb: "revoke" as const, words: text })));
  }
  changes.push(...itemChanges("grant", answer.grant).map((text) => ({ verb: "grant" as const, words: text })));
  changes.push(...itemChanges("revoke", answer.revoke).map((text) => ({ verb: "revoke" as const, words: text })));
  const next: ClaimRecord = {
    id,
    owner: order.owner,
    kind: "database",
    grantee: "",
    database: claim.name,
    state: "done",
    generation: record?.generation ?? 1,
    adopted,
    retained: false,
    claim,
    items: answer.recorded,
  };
  return {
    ...blankPlan(id, record),
    exists: record !== undefined && !record.retained && known !== undefined,
    operations: waitsFor.length === 0 ? operations : [],
    changes: changes.length > 0 ? changes : recordChange(record, next, words),
    warnings: known !== undefined && !known.connectable ? [`The provisioner's login cannot enter ${words} yet.`] : [],
    waitsFor,
    next,
    recordChanges: recordDiffers(record, next),
  };
}

/** PostgreSQL: the provisioner's own CONNECT, before PUBLIC loses it. MySQL: the owner role's privileges. */
function ownedItems(
  context: PlanContext,
  claim: DatabaseClaim,
  record: ClaimRecord | undefined,
  id: string,
): ReturnType<typeof planItems> {
  const { facts, state } = context;
  const wanted: Item[] =
    facts.family === "mysql"
      ? claim.owner === undefined
        ? []
        : ownerItems(context, claim.owner, claim.name)
      : claim.revokePublic === false && (record?.items ?? []).length === 0
        ? []
        : // Kept when revokePublic is set to false later: PUBLIC does not get its CONNECT back by that.
          [adminConnect(facts.admin, claim.name)];
  const accounts = [...wanted.map((item) => item.grantee), ...(record?.items ?? []).map((entry) => entry.item.grantee)];
  return planItems({
    wanted,
    recorded: record?.items ?? [],
    others: otherItems(context, id),
    actual: itemsOf(state.items, accounts),
    target: () => false,
    ...serverRules(context),
  });
}

const heldByPublic = (context: PlanContext, database: string, isNew: boolean): Item[] => {
  const items = publicDatabaseItems(database);
  if (isNew) return items;
  const held = new Set(context.state.items.map(itemKey));
  return items.filter((item) => held.has(itemKey(item)));
};

export function refuseOwner(context: PlanContext, owner: string | undefined): void {
  const known = owner === undefined ? undefined : context.state.principals.get(owner);
  if (known?.accounts.some((account) => account.system))
    throw new Refusal("ReservedName", `${owner} is a system role and cannot own anything here.`, "owner");
  if (known?.accounts.some((account) => account.auth === "iam"))
    throw new Refusal(
      "OwnerIsIamUser",
      `${owner} is an IAM login; owning through it would make the provisioner itself an IAM login and lock it out. Use a DbRole as owner.`,
      "owner",
    );
}

export function planDatabaseRemoval(context: PlanContext, order: ClaimOrder & { claim: DatabaseClaim }): ClaimPlan {
  const { claim } = order;
  const words = `database ${claim.name}`;
  const record = findRecord(context, order);
  const base = blankPlan(idFor(context, order, record), record);
  const known = context.state.databases.get(claim.name);
  if (record === undefined || record.retained)
    return known === undefined
      ? base
      : { ...base, warnings: [`${words} is not managed here any more; it was left as it is.`] };
  assertOurs(record, order, words);
  if (claim.deletion === "retain")
    return {
      ...base,
      changes: [{ verb: "forget", words: `leave ${words} and its data as they are` }],
      next: { ...record, retained: true },
      recordChanges: true,
    };
  const accounts = record.items.map((entry) => entry.item.grantee);
  const answer = planItems({
    wanted: [],
    recorded: context.facts.family === "mysql" ? record.items : [],
    others: otherItems(context, record.id),
    actual: itemsOf(context.state.items, accounts).filter((item) =>
      accounts.some((account) => accountKey(account) === accountKey(item.grantee)),
    ),
    target: () => false,
    ...serverRules(context),
  });
  return {
    ...base,
    operations: [
      ...itemOperations(answer, false),
      ...(known === undefined ? [] : [{ op: "dropDatabase" as const, database: claim.name }]),
    ],
    changes: [
      {
        verb: "drop",
        words: known === undefined ? `forget ${words}, which is gone already` : `drop ${words} with all its data`,
      },
    ],
    next: undefined,
    recordChanges: true,
  };
}
