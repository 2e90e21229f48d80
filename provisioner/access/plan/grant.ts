import { accountKey } from "../account";
import { databaseOfTarget, granteeName, type GrantClaim, type Target } from "../claims";
import { itemKey, opposite, type Item } from "../item";
import { isClusterWide, type Operation } from "../operation";
import { recordable, type ClaimRecord, type RecordedItem } from "../record";
import { Refusal } from "../refusal";
import type { RelationState } from "../server";
import { grantWords, itemChanges, itemLines, targetWords } from "../words";
import { granteeAccounts, itemsOf } from "./accounts";
import { blankPlan } from "./blank";
import {
  assertOurs,
  findRecord,
  idFor,
  otherItems,
  refuseContradictions,
  recordChange,
  recordDiffers,
  serverRules,
  type ClaimOrder,
  type ClaimPlan,
  type PlanContext,
  type PlannedChange,
} from "./context";
import { expandGrant } from "./expand";
import { wantedPrivileges } from "./expansion";
import { heldByCreators, withImplied, withoutImplied } from "./implied";
import { planItems, type ItemAnswer } from "./items";
import { ownershipIn } from "./ownership";
import { onDatabase } from "./patterns";
import { refuseUngrantable, withoutBarred } from "./ungrantable";

/** Grants first, so that a privilege that stays is never absent; what a revoke takes along comes back right after. */
export function itemOperations(answer: ItemAnswer, cascade: boolean): Operation[] {
  const operations: Operation[] = [];
  for (const items of perUnit(answer.grant)) operations.push({ op: "grant", items });
  for (const items of perUnit(answer.revokeOption)) operations.push({ op: "revokeGrantOption", items, cascade });
  for (const items of perUnit(answer.revoke)) operations.push({ op: "revoke", items, cascade });
  for (const items of perUnit(answer.regrant)) operations.push({ op: "grant", items });
  return operations;
}

/**
 * MySQL: a first GRANT lifts a partial revoke and leaves no privilege of the database's own; a second one gives that,
 * where it is wanted for itself.
 */
function lifting({ grant }: ItemAnswer, wanted: readonly Item[], actual: readonly Item[]): Operation[] {
  const restricted = new Set(actual.filter((item) => item.absent === true).map((item) => itemKey(opposite(item))));
  const own = new Set(wanted.map(itemKey));
  const items = grant.filter((item) => restricted.has(itemKey(item)) && own.has(itemKey(item)));
  return items.length === 0 ? [] : [{ op: "grant", items }];
}

function changesOf({ grant, revoke, revokeOption }: ItemAnswer): PlannedChange[] {
  const inWords = (verb: "grant" | "revoke", items: readonly Item[], more = ""): PlannedChange[] =>
    itemChanges(verb, items).map((text) => ({ verb, words: `${text}${more}` }));
  return [
    ...inWords("grant", grant),
    ...inWords("revoke", revoke),
    ...inWords("revoke", revokeOption, " (grant option only)"),
  ];
}

/** Cluster-wide items and those inside a database are different statements, but may share a transaction. */
const perUnit = (items: readonly Item[]): Item[][] =>
  [items.filter(isClusterWide), items.filter((item) => !isClusterWide(item))].filter((part) => part.length > 0);

const words = (claim: GrantClaim): string => `the grant of ${granteeName(claim.grantee)} on ${targetWords(claim.on)}`;

export function planGrant(context: PlanContext, order: ClaimOrder & { claim: GrantClaim }): ClaimPlan {
  const { claim } = order;
  const record = findRecord(context, order);
  const id = idFor(context, order, record);
  assertOurs(record, order, words(claim));
  const granteeSystem =
    context.state.principals.get(granteeName(claim.grantee))?.accounts.some((account) => account.system) ?? false;
  if (granteeSystem)
    throw new Refusal(
      "ReservedName",
      `${granteeName(claim.grantee)} is a system account; its privileges are not managed.`,
      "grantee",
    );
  const { wanted: asked, target, waitsFor } = expandGrant(context, claim);
  if (claim.on.kind === "role") refuseRole(context, claim.on.role);
  const others = otherItems(context, id);
  refuseContradictions(context, asked, others);
  const accounts = granteeAccounts(context, claim.grantee);
  // Accounts that a changed list of hosts no longer names still lose what this claim gave them.
  const recordedAccounts = (record?.items ?? []).map((entry) => entry.item.grantee);
  const actual = itemsOf(context.state.items, [...accounts, ...recordedAccounts]);
  const keys = new Set(accounts.map(accountKey));
  const { relations } = context.state;
  const ownership = ownershipIn(context.state);
  // What an owner holds as such, nobody has granted.
  const onTarget = (item: Item): boolean =>
    keys.has(accountKey(item.grantee)) && target(item) && !ownership.isOwn(item);
  const held = (items: readonly Item[]): Item[] => heldOf(items, actual, context.facts.family === "mysql");
  const recorded = record?.items ?? [];
  const { wanted, warnings } = namesEverything(claim.on)
    ? withoutBarred(asked, { held: held(asked), recorded }, ownership)
    : { wanted: asked, warnings: [] };
  const database = databaseOfTarget(claim.on);
  const byPattern = (item: Item): boolean => {
    const there = onDatabase(item, database);
    return there !== undefined && onTarget(there);
  };
  const answer = planItems({
    wanted,
    recorded: recordedFor(claim.on, recorded, wanted, relations),
    others,
    actual,
    scope: claim.mode === "exclusive" ? (item) => onTarget(item) && ownership.barrier(item) === undefined : undefined,
    // Not in the scope: other databases depend on the same row.
    target: (item) => onTarget(item) || byPattern(item),
    ...serverRules(context),
  });
  refuseUngrantable(context, answer.grant, ownership);
  const next: ClaimRecord = {
    id,
    owner: order.owner,
    kind: "grant",
    grantee: granteeName(claim.grantee),
    database,
    state: "done",
    generation: record?.generation ?? 1,
    adopted: false,
    retained: false,
    claim: recordable(inFull(context, claim)),
    items: withoutImplied([...answer.recorded, ...foreignItems(answer, recorded, actual, relations)], relations),
  };
  const changes = changesOf(answer);
  return {
    ...blankPlan(id, record),
    exists: record !== undefined && waitsFor.length === 0,
    operations:
      waitsFor.length === 0
        ? [...lifting(answer, wanted, actual), ...itemOperations(answer, claim.cascade ?? false)]
        : [],
    changes:
      waitsFor.length > 0
        ? [{ verb: claim.effect ?? "grant", words: grantWords(claim) }]
        : changes.length > 0
          ? changes
          : recordChange(record, next, words(claim)),
    waitsFor,
    next,
    recordChanges: recordDiffers(record, next),
    effective: held(wanted),
    warnings,
    unmanaged: answer.unmanaged,
  };
}

/**
 * Named objects say nothing about those that came under default privileges which stay: they stay as long. What came
 * under those that go, goes with them.
 */
function recordedFor(
  on: Target,
  recorded: readonly RecordedItem[],
  wanted: readonly Item[],
  relations: readonly RelationState[],
): RecordedItem[] {
  const all = withImplied(recorded, relations);
  if (namesEverything(on)) return all;
  const keys = new Set(wanted.map(itemKey));
  const going = recorded.filter(({ item }) => item.kind === "default" && !keys.has(itemKey(item)));
  const meant = new Set([...recorded, ...withImplied(going, relations)].map(({ item }) => itemKey(item)));
  return all.filter(({ item }) => meant.has(itemKey(item)) || keys.has(itemKey(item)));
}

/** `ALL` is what the server's version has, and is never recorded as a word; nor is an older word for a privilege. */
const inFull = (context: PlanContext, claim: GrantClaim): GrantClaim =>
  claim.privileges === undefined ? claim : { ...claim, privileges: wantedPrivileges(context, claim) };

const namesEverything = (on: Target): boolean =>
  on.kind === "schema" || Object.values(on).some((part: unknown) => part === "*");

/** Beside what is claimed: what the grantee held on the creators' tables when their default privileges were claimed. */
function foreignItems(
  answer: ItemAnswer,
  recorded: readonly RecordedItem[],
  actual: readonly Item[],
  relations: readonly RelationState[],
): RecordedItem[] {
  const defaults = answer.recorded.filter((entry) => entry.item.kind === "default" && !entry.before);
  if (defaults.length === 0) return [];
  const known = new Set(recorded.map((entry) => itemKey(entry.item)));
  const claimed = new Set(answer.recorded.map((entry) => itemKey(entry.item)));
  const fresh = defaults.map((entry) => entry.item).filter((item) => !known.has(itemKey(item)));
  const kept = recorded.filter((entry) => entry.before && entry.item.kind !== "default");
  const entries = [...kept, ...heldByCreators(fresh, actual, relations)];
  return [...new Map(entries.map((entry) => [itemKey(entry.item), entry])).values()].filter(
    (entry) => !claimed.has(itemKey(entry.item)),
  );
}

function heldOf(wanted: readonly Item[], actual: readonly Item[], absenceIsRead: boolean): Item[] {
  const held = new Set(actual.map(itemKey));
  return wanted.filter((item) =>
    item.absent === true && !absenceIsRead ? !held.has(itemKey(opposite(item))) : held.has(itemKey(item)),
  );
}

/** A membership in a system role would hand out what no privilege list shows. */
function refuseRole(context: PlanContext, role: string): void {
  const known = context.state.principals.get(role);
  if (known?.accounts.some((account) => account.system))
    throw new Refusal("ReservedName", `${role} is a system role; memberships in it are not managed.`, "on.role");
}

export function planGrantRemoval(context: PlanContext, order: ClaimOrder & { claim: GrantClaim }): ClaimPlan {
  const { claim } = order;
  const record = findRecord(context, order);
  const id = idFor(context, order, record);
  const base: ClaimPlan = { ...blankPlan(id, record), next: undefined, recordChanges: record !== undefined };
  if (record === undefined) return base;
  assertOurs(record, order, words(claim));
  const accounts = record.items.map((entry) => entry.item.grantee);
  const actual = itemsOf(context.state.items, accounts);
  const answer = planItems({
    wanted: [],
    recorded: withImplied(record.items, context.state.relations),
    others: otherItems(context, id),
    actual,
    target: () => false,
    ...serverRules(context),
  });
  // On PostgreSQL privileges go with their database; elsewhere they outlive it and would come back with its name.
  const there = (item: Item): boolean => context.facts.family === "mysql" || exists(context, item);
  const left = { ...answer, grant: answer.grant.filter(there), revoke: answer.revoke.filter(there) };
  const changes = changesOf(left);
  return {
    ...base,
    operations: itemOperations(left, claim.cascade ?? false),
    changes: changes.length > 0 ? changes : recordChange(record, undefined, words(claim)),
    warnings: stillHeld(left.revoke, actual),
  };
}

/** MySQL, MariaDB: the row of a database goes, and the one of a pattern, which it had hidden, counts from then on. */
function stillHeld(revoke: readonly Item[], actual: readonly Item[]): string[] {
  const gone = new Set(revoke.map(itemKey));
  const databases = [...new Set(revoke.filter(({ kind }) => kind === "database").map(({ database }) => database))];
  return databases.flatMap((database) => {
    const held = actual.filter((item) => {
      const there = onDatabase(item, database);
      return there !== undefined && gone.has(itemKey(there));
    });
    return itemLines(held).map((line) => `What was revoked on database ${database} is still held, by hand: ${line}.`);
  });
}

const inSchema: readonly Item["kind"][] = ["table", "sequence", "routine", "type"];

/** PUBLIC gets back what an object had; one that is gone needs nothing. Grants are read, so they are there. */
function exists({ state }: PlanContext, item: Item): boolean {
  if (item.database !== "" && !state.databases.has(item.database)) return false;
  const { grantor, kind, database, schema, object } = item;
  if (grantor !== undefined || !inSchema.includes(kind)) return true;
  return state.relations.some(
    (relation) => relation.database === database && relation.schema === schema && relation.name === object,
  );
}
