import type { Claim } from "../claims";
import { claimId, claimIdPrefix } from "../id";
import { itemKey, opposite, type Item } from "../item";
import type { Operation } from "../operation";
import type { ClaimRecord, RecordedItem, Turn } from "../record";
import { Refusal, type RefusalCode } from "../refusal";
import { itemChanges } from "../words";
import { withImplied } from "./implied";
import type { ItemQuestion } from "./items";
import type {
  ParameterChange,
  ParameterState,
  PrimarySecret,
  SecretChange,
  SecretState,
  ServiceFacts,
} from "../secret";
import type { ServerFacts, ServerState } from "../server";

/** One claim as it arrives at the planner. */
export interface ClaimOrder {
  action: "ensure" | "remove";
  owner: string;
  previousOwner?: string;
  id?: string;
  claim: Claim;
  /** An operator's wish: a fresh password, and everything else as it is. */
  resets?: true;
}

/** Everything that is known when a claim is planned. `state` and `records` advance claim by claim. */
export interface PlanContext {
  cluster: string;
  facts: ServerFacts;
  state: ServerState;
  records: ClaimRecord[];
  /** Rows of other cluster names: of the cluster that this one was restored from. Nobody's here until adopted. */
  foreign: ClaimRecord[];
  /** ARNs of recorded secrets that turned out to be gone. */
  missingSecrets: ReadonlySet<string>;
  /** Why a login cannot have the secret it needs, by the login's id. Empty when only the result is looked at. */
  secretProblems: ReadonlyMap<string, SecretProblem>;
  /** The login's own secret, or the one its password is supplied in, by the login's id; only those that are there. */
  secrets: ReadonlyMap<string, SecretState>;
  /** The admin's secret, where a claim inherits from it. */
  primary?: PrimarySecret;
  /** Parameters that the claims publish or have published, by name; only those that are there. */
  parameters: ReadonlyMap<string, ParameterState>;
  /** Accounts (`accountKey`) that refuse the password of their secret. */
  changedPasswords: ReadonlySet<string>;
  service: ServiceFacts;
  /**
   * Where a new row's generation begins: milliseconds since the epoch, so that no idempotency token of an earlier life
   * of the same claim comes back.
   */
  firstGeneration: number;
}

export interface SecretProblem {
  /** `SecretUnavailable`: not even looking at it was possible. */
  code:
    | "SecretNameTaken"
    | "SecretNameRefused"
    | "SecretOfAnotherCluster"
    | "SecretUnavailable"
    | "SuppliedSecretRefused"
    | "RotationRefused";
  message: string;
}

export type ChangeVerb = "create" | "alter" | "grant" | "revoke" | "lock" | "drop" | "reset" | "record" | "forget";

export interface PlannedChange {
  verb: ChangeVerb;
  words: string;
}

/** What has to happen with a login's secret and password. */
export type CredentialStep =
  | { step: "none" }
  /** A password must be on the server that the secret also has. */
  | SetCredentials
  | { step: "delete"; recoveryDays: number };

export interface SetCredentials {
  step: "set";
  generation: number;
  /** `current`: what the secret has already. `supplied`: what somebody else's secret has. */
  password: "fresh" | "current" | "supplied";
  /** `write`: a new version, also for the same password. `move`: a new secret under another name. */
  secret: "keep" | "write" | "move";
  /** `alternating`: the login that the secret names afterwards. */
  turn?: Turn;
  /** The login so far still works for the grace period. */
  leaves?: "formerLogin";
  /** Our own secret of this login that nobody needs afterwards. */
  abandons?: { arn: string; recoveryDays: number };
}

export interface ClaimPlan {
  id: string;
  /** It was there, as far as this claim is concerned, before anything is done. */
  exists: boolean;
  operations: Operation[];
  credentials: CredentialStep;
  /** Changes of the login's secret itself, once its password works. */
  secretChanges: SecretChange[];
  /** Changes of the parameters that the claim publishes. */
  parameterChanges: ParameterChange[];
  changes: PlannedChange[];
  warnings: string[];
  /** Names of what has to be there first. Nothing may be applied while there are any. */
  waitsFor: string[];
  /** The row as it must be afterwards; undefined when the claim ends. */
  next: ClaimRecord | undefined;
  /** Rows of other claims that change with this one: grants that follow their login to another host. */
  also: ClaimRecord[];
  /** A row of another cluster name that ends here, because this claim has adopted what it says. */
  adopts?: string;
  /** Something has to be written into the ledger. */
  recordChanges: boolean;
  effective: Item[];
  unmanaged: Item[];
}

/** Where the families differ in what a REVOKE takes along and what a grant option belongs to. */
export const serverRules = ({
  facts,
}: PlanContext): Pick<ItemQuestion, "revokeClearsColumns" | "optionPerLevel" | "absenceIsRead"> => ({
  revokeClearsColumns: facts.family === "postgresql",
  optionPerLevel: facts.family === "mysql",
  absenceIsRead: facts.family === "mysql",
});

/**
 * The live row of this very claim: by id for everything but grants, by owner and id prefix for grants. A claim that
 * asks for it begins where the row of the cluster it was restored from ended.
 */
export function findRecord(context: PlanContext, order: ClaimOrder): ClaimRecord | undefined {
  return ownRecord(context, order) ?? inherited(context, order);
}

function ownRecord(context: PlanContext, order: ClaimOrder): ClaimRecord | undefined {
  const { cluster, facts, records } = context;
  const prefix = claimIdPrefix(facts.family, cluster, order.claim);
  if (order.claim.kind !== "grant") return records.find((record) => record.id === prefix);
  const owners = [order.owner, ...(order.previousOwner === undefined ? [] : [order.previousOwner])];
  return records.find(
    (record) => record.kind === "grant" && record.id.startsWith(prefix) && owners.includes(record.owner),
  );
}

/** The row of the same thing under the name of the cluster that this one was restored from. */
export function foreignRecord(context: PlanContext, { claim, owner }: ClaimOrder): ClaimRecord | undefined {
  const same = context.foreign.filter(({ id, kind }) => {
    const [, cluster] = id.split("/");
    const prefix = claimIdPrefix(context.facts.family, decodeURIComponent(cluster), claim);
    return claim.kind === "grant" ? kind === "grant" && id.startsWith(prefix) : id === prefix;
  });
  return same.find((record) => record.owner === owner) ?? same[0];
}

const inheritsFromLedger = ({ action, claim }: ClaimOrder): boolean =>
  action === "ensure" && claim.adopt === "fromLedger";

/** Its secret stays the other cluster's: the login gets a new one, with a new password. */
function inherited(context: PlanContext, order: ClaimOrder): ClaimRecord | undefined {
  if (!inheritsFromLedger(order)) return undefined;
  const foreign = foreignRecord(context, order);
  if (foreign === undefined) return undefined;
  return { ...foreign, id: newId(context, order), owner: order.owner, credentials: undefined };
}

/** The row that a plan of this claim takes over, when it does. */
export const adoptedRow = (context: PlanContext, order: ClaimOrder): ClaimRecord | undefined =>
  inheritsFromLedger(order) && ownRecord(context, order) === undefined ? foreignRecord(context, order) : undefined;

/** The id of the row found, or a new one that no live claim of another owner has. */
export function idFor(context: PlanContext, order: ClaimOrder, record: ClaimRecord | undefined): string {
  return record?.id ?? newId(context, order);
}

function newId(context: PlanContext, order: ClaimOrder): string {
  for (let length = 10; length <= 52; length += 2) {
    const id = claimId(context.facts.family, context.cluster, order.claim, order.owner, length);
    if (!context.records.some((other) => other.id === id && other.owner !== order.owner)) return id;
  }
  throw new Refusal("NotSupported", "Two owners have the same digest; give one of them another ownerKey.", "ownerKey");
}

/** A claim of somebody else is never taken over, whatever the server looks like. */
export function assertOurs(record: ClaimRecord | undefined, order: ClaimOrder, words: string): void {
  if (record === undefined || record.owner === order.owner || record.owner === order.previousOwner) return;
  if (record.retained) return;
  if (order.action === "remove")
    throw new Refusal("NotOurs", `${words} is claimed by ${record.owner}, not by ${order.owner}; nothing was changed.`);
  throw new Refusal(
    "OwnedElsewhere",
    `${words} is managed by ${record.owner}; remove it there first, or set ownerKey on both when the resource has moved.`,
  );
}

/** There is something of that name, and nobody here has said that it may be taken over. */
export function refuseToAdopt(
  context: PlanContext,
  order: ClaimOrder,
  about: { code: RefusalCode; words: string; property: string; consequence?: string },
): void {
  const { code, words, property, consequence = "" } = about;
  const foreign = foreignRecord(context, order);
  if (foreign !== undefined)
    throw new Refusal(
      code,
      `${words} already exists, and the ledger names it as ${foreign.owner}'s on cluster ${clusterOf(foreign)}, from which this server comes; set adopt: "fromLedger" to take that over${consequence}.`,
      property,
    );
  if (order.claim.adopt !== true)
    throw new Refusal(
      code,
      `${words} already exists and is not managed here; set adopt: true to take it over${consequence}.`,
      property,
    );
}

export const clusterOf = ({ id }: ClaimRecord): string => decodeURIComponent(id.split("/")[1]);

/**
 * Two claims never fight: what one gives the other must not take, and one membership has one set of options. The
 * later one is refused, by the name of the earlier.
 */
export function refuseContradictions(
  { state }: PlanContext,
  wanted: readonly Item[],
  others: readonly OtherItem[],
): void {
  const asked = withImplied(
    wanted.map((item) => ({ item, before: false })),
    state.relations,
  );
  const byKey = new Map(asked.map(({ item }) => [itemKey(item), item]));
  for (const { item, owner } of others) {
    const against = byKey.get(itemKey(opposite(item)));
    const beside = byKey.get(itemKey(item));
    const differs = beside?.options !== undefined && canonicalJson(beside.options) !== canonicalJson(item.options);
    if (against === undefined && !differs) continue;
    const [words] = itemChanges(item.absent === true ? "revoke" : "grant", [
      item.absent === true ? opposite(item) : item,
    ]);
    throw new Refusal(
      "OwnedElsewhere",
      `${owner} claims the contrary: ${words}. Remove one of the two claims, or make them say the same.`,
    );
  }
}

/** An item of another live claim. */
export interface OtherItem extends RecordedItem {
  owner: string;
}

/** What other live claims hold on the accounts of the same grantee. */
export const otherItems = (context: PlanContext, id: string): OtherItem[] =>
  context.records
    .filter((record) => record.id !== id && !record.retained)
    .flatMap(({ items, owner }) => withImplied(items, context.state.relations).map((entry) => ({ ...entry, owner })));

/** The order of keys never makes a difference; absent and undefined are the same. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value !== null && typeof value === "object")
    return `{${Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, part]) => `${JSON.stringify(key)}:${canonicalJson(part)}`)
      .join(",")}}`;
  return JSON.stringify(value) ?? "null";
}

/** Everything but bookkeeping that a plan decides about the row. A stale `intent` always has to be settled. */
export const recordDiffers = (record: ClaimRecord | undefined, next: ClaimRecord | undefined): boolean =>
  record?.state === "intent" || canonicalJson(comparable(record)) !== canonicalJson(comparable(next));

const comparable = (record: ClaimRecord | undefined): unknown =>
  record === undefined
    ? null
    : { ...record, state: "done", items: record.items.map((entry) => canonicalJson(entry)).sort(), credentials: null };

/** Says why only the ledger is written, when it is. */
export function recordChange(
  record: ClaimRecord | undefined,
  next: ClaimRecord | undefined,
  words: string,
): PlannedChange[] {
  if (!recordDiffers(record, next)) return [];
  if (next === undefined) return [{ verb: "forget", words: `no longer manage ${words}` }];
  if (record === undefined || record.retained)
    return [{ verb: "record", words: `record ${words}, which is there already` }];
  if (record.owner !== next.owner) return [{ verb: "record", words: `hand ${words} over from ${record.owner}` }];
  // Bookkeeping of objects that came or went: nothing that anybody asked for, and no drift.
  if (canonicalJson(record.claim) === canonicalJson(next.claim)) return [];
  return [{ verb: "record", words: `record the settings of ${words}` }];
}
