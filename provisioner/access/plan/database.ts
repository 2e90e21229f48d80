import { accountKey } from "../account";
import type { DatabaseClaim } from "../claims";
import { opposite } from "../item";
import type { Operation } from "../operation";
import { recordable, type ClaimRecord } from "../record";
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
  refuseContradictions,
  refuseToAdopt,
  serverRules,
  type ClaimOrder,
  type ClaimPlan,
  type PlanContext,
  type PlannedChange,
} from "./context";
import { itemsOf } from "./accounts";
import { adminConnect, ownerItems, publicDatabaseItems } from "./expand";
import { itemOperations } from "./grant";
import { planItems, type ItemAnswer } from "./items";

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
  if (adopting)
    refuseToAdopt(context, order, { code: "DatabaseExists", words: `Database ${claim.name}`, property: "name" });
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
  const answer = ownedItems(context, claim, { record, id, isNew: known === undefined });
  // What the owner so far has granted is taken as that owner: afterwards it would be the next one's.
  if (known !== undefined) operations.push(...itemOperations(answer, false));
  if (postgresql && claim.owner !== undefined && known?.owner !== claim.owner) {
    operations.push({ op: "setDatabaseOwner", database: claim.name, owner: claim.owner });
    if (known !== undefined) changes.push({ verb: "alter", words: `make ${claim.owner} the owner of ${words}` });
  }
  if (known === undefined) operations.push(...itemOperations(answer, false));
  for (const verb of ["grant", "revoke"] as const)
    changes.push(...itemChanges(verb, answer[verb]).map((text) => ({ verb, words: text })));
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
    claim: recordable(claim),
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

/**
 * PostgreSQL: PUBLIC's CONNECT and TEMPORARY are claimed absent, and the provisioner's own login gets its CONNECT
 * before. MySQL, MariaDB: the owner role's privileges.
 */
function ownedItems(
  context: PlanContext,
  claim: DatabaseClaim,
  { record, id, isNew }: { record: ClaimRecord | undefined; id: string; isNew: boolean },
): ItemAnswer {
  const { facts, state } = context;
  const publicItems = publicDatabaseItems(claim.name);
  const wanted =
    facts.family === "mysql"
      ? claim.owner === undefined
        ? []
        : ownerItems(context, claim.owner, claim.name)
      : claim.revokePublic === false
        ? []
        : [adminConnect(facts.admin, claim.name), ...publicItems.map(opposite)];
  const others = otherItems(context, id);
  refuseContradictions(context, wanted, others);
  const recorded = record?.items ?? [];
  const accounts = [...wanted.map((item) => item.grantee), ...recorded.map((entry) => entry.item.grantee)];
  // A new database has what the server gives to everybody.
  const actual = [...state.items, ...(isNew && facts.family === "postgresql" ? publicItems : [])];
  return planItems({
    wanted,
    recorded,
    others,
    actual: itemsOf(actual, accounts),
    target: () => false,
    ...serverRules(context),
  });
}

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
