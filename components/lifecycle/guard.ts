import { DbAccessError, type Inventory, type ProvisionerRef } from "../../provisioner/protocol";
import type { Client } from "../client/client";
import type { CheckResult } from "./check";
import type { DiffResult } from "./diff";
import { LifecycleError } from "./failure";
import { forgettable, forgettableCode } from "./forget";
import type { Lifecycle, Surroundings } from "./lifecycle";
import { refProblems, type Failure } from "./shape";
import {
  hasUnknown,
  isRecord,
  isUnknown,
  PROVIDER_KEY,
  recordToWire,
  REMOVAL_KEY,
  sameWire,
  valueAt,
  withoutNulls,
  type Properties,
} from "./wire";

/** What a guard has to remember until its end: whom to ask, and whether to ask at all. */
interface Guarded {
  provisioner?: unknown;
  forceDestroy: boolean;
}

const guarded = ({ provisioner, forceDestroy }: Properties): Guarded => ({
  provisioner,
  forceDestroy: forceDestroy === true,
});

const removalWords = ({ provisioner, forceDestroy }: Guarded): string => {
  const cluster = valueAt(provisioner, ["cluster"]);
  const where = typeof cluster === "string" && !isUnknown(cluster) ? cluster : "its cluster";
  return forceDestroy
    ? `Lets the provisioner go, whatever is still claimed on ${where}.`
    : `Refused while anything is claimed on ${where}.`;
};

const outs = (inputs: Properties): Properties => {
  const known = guarded(withoutNulls(inputs) as Properties);
  return recordToWire({ ...known, [REMOVAL_KEY]: removalWords(known) });
};

const clusterOf = (properties: Properties): string | undefined => {
  const cluster = valueAt(properties, ["provisioner", "cluster"]);
  return typeof cluster === "string" && !isUnknown(cluster) ? cluster : undefined;
};

const anotherCluster = (olds: Properties, news: Properties): boolean => {
  const [before, after] = [clusterOf(olds), clusterOf(news)];
  return before !== undefined && after !== undefined && before !== after;
};

function check(olds: Properties, news: Properties): CheckResult {
  const failures: Failure[] = refProblems((withoutNulls(news) as Properties).provisioner);
  // Said here, at preview: later the functions of the other name would be there already.
  if (anotherCluster(olds, news) && olds.forceDestroy !== true)
    failures.push({
      property: "",
      reason:
        `clusterName changes from ${String(clusterOf(olds))} to ${String(clusterOf(news))}, and everything that is ` +
        `claimed is claimed under its name; leave it, or run pulumi up with forceDestroy: true first.`,
    });
  return { inputs: recordToWire({ ...outs(news), [PROVIDER_KEY]: news[PROVIDER_KEY] }), failures };
}

function diff(olds: Properties, news: Properties): DiffResult {
  const [before, after] = [guarded(olds), guarded(news)];
  const replaces = anotherCluster(olds, news) ? ["provisioner"] : [];
  return { changes: replaces.length > 0 || hasUnknown(after) || !sameWire(before, after), replaces };
}

/** Enough to know whom to talk to. */
const SHOWN_OWNERS = 10;

function refusal(cluster: string, { claims, owners, ownersLeftOut = 0 }: Inventory): LifecycleError {
  const shown = owners.slice(0, SHOWN_OWNERS).map(({ owner, claims: own }) => `${owner} (${own})`);
  const more = owners.length - shown.length + ownersLeftOut;
  const whose = [...shown, ...(more > 0 ? [`${more} more`] : [])].join(", ");
  const words =
    `The provisioner of ${cluster} stays, because ${claims} ${claims === 1 ? "claim" : "claims"} there can be ended ` +
    `through it alone: ${whose}. Destroy those stacks first; or set forceDestroy: true and run pulumi up before this.`;
  return new LifecycleError(new DbAccessError("ClaimsRemain", words));
}

/** Not knowing is never the same as nothing being claimed. */
function unanswered(cluster: string, error: DbAccessError): LifecycleError {
  const gone = forgettableCode(error.code) ? `; DB_ACCESS_FORGET=${cluster} if the database is gone for good` : "";
  const words =
    `${error.message} Who still claims anything on ${cluster} is not known, so its provisioner stays. ` +
    `Way out: forceDestroy: true and pulumi up before this${gone}.`;
  return new LifecycleError(new DbAccessError(error.code, words, error));
}

/** As other stacks come; and as oneself, because who may delete a provisioner need not be one of those. */
async function ask(client: Client, ref: ProvisionerRef): Promise<Inventory> {
  const { invoke, ...direct } = ref;
  if (invoke === undefined) return client.inventory(ref);
  try {
    return await client.inventory(ref);
  } catch (error) {
    if (!(error instanceof DbAccessError) || error.code !== "NotAuthorized") throw error;
    return client.inventory(direct);
  }
}

/**
 * Stands in front of a provisioner's functions: made after them, and asked before they are deleted. Nothing but its end
 * asks anybody.
 */
export const guard = (surroundings: Surroundings): Lifecycle => ({
  check: (olds, news) => check(olds ?? {}, news),

  diff: (_id, olds, news) => diff(olds, news),

  create: (inputs) => Promise.resolve({ id: `guard/${String(clusterOf(inputs))}`, outs: outs(inputs) }),

  read: (id, state) => Promise.resolve({ id, props: outs(state), inputs: outs(state) }),

  update: (_id, _olds, news) => Promise.resolve({ outs: outs(news) }),

  async delete(id, state) {
    const { provisioner, forceDestroy } = guarded(withoutNulls(state) as Properties);
    if (forceDestroy) return;
    const problems = isRecord(provisioner) ? refProblems(provisioner) : [{ reason: "The guard's state has no ref." }];
    if (problems.length > 0)
      throw new LifecycleError(new DbAccessError("InvalidInput", problems.map(({ reason }) => reason).join(" ")));
    const ref = provisioner as ProvisionerRef;
    let found: Inventory;
    try {
      found = await ask(surroundings.client(), ref);
    } catch (error) {
      if (!(error instanceof DbAccessError)) throw error;
      if (!forgettable(error.code, ref.cluster, surroundings.env)) throw unanswered(ref.cluster, error);
      surroundings.tell(`DB_ACCESS_FORGET=${ref.cluster}: ${id} asks nobody (${error.code}).`);
      return;
    }
    if (found.claims > 0) throw refusal(ref.cluster, found);
  },
});
