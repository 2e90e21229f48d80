import { randomUUID } from "node:crypto";
import type {
  ClaimRequest,
  ClaimResult,
  Inventory,
  MigrationStatus,
  Mode,
  ProvisionerRef,
} from "../../provisioner/protocol";
import { askForInventory } from "./inventory";
import { callMigrations, type MigrationCall } from "./migrations";
import { Lane } from "./lane";
import type { Patience } from "./retry";
import type { Transport } from "./transport";

export interface Asked {
  ref: ProvisionerRef;
  mode: Mode;
  request: Omit<ClaimRequest, "operationId">;
}

export interface Client {
  /** Ends with the claim's own result, `failed` included; throws a `DbAccessError` when no result could be had. */
  submit(asked: Asked): Promise<ClaimResult>;
  /** Who has live claims on the cluster; throws a `DbAccessError` when that cannot be had. */
  inventory(ref: ProvisionerRef): Promise<Inventory>;
  /** Plans migrations or runs them; throws a `DbAccessError` when nothing ran or nobody knows. */
  migrations(ref: ProvisionerRef, call: MigrationCall): Promise<MigrationStatus>;
}

/** Longer than the function's own timeout of 300 s: until then it may still answer. */
const FUNCTION_MS = 310_000;
/** The same for the function that runs migrations, whose timeout is 900 s. */
const MIGRATION_MS = 910_000;
/** A preview is never held up longer than this. */
export const PREVIEW_MS = 20_000;

export function defaultPatience(mode: Mode): Patience {
  return mode === "plan"
    ? { requestTimeoutMs: PREVIEW_MS, budgetMs: PREVIEW_MS / 4, resends: 0, firstDelayMs: 200, unreachableMs: 0 }
    : { requestTimeoutMs: FUNCTION_MS, budgetMs: 150_000, resends: 2, firstDelayMs: 200, unreachableMs: 5_000 };
}

/** What makes two calls go to the same place with the same rights. */
const laneKey = ({ functions, region, endpointUrl, invoke, cluster }: ProvisionerRef): string =>
  JSON.stringify([functions.access, region, endpointUrl, invoke?.roleArn, invoke?.externalId, cluster]);

/** One lane per function, Region, role and cluster, for as long as the process lives. */
export function createClient(transport: Transport, patience: (mode: Mode) => Patience = defaultPatience): Client {
  const lanes = new Map<string, Lane>();
  return {
    submit({ ref, mode, request }) {
      const key = laneKey(ref);
      const lane = lanes.get(key) ?? new Lane(ref, transport, patience);
      lanes.set(key, lane);
      return lane.submit(mode, { ...request, operationId: randomUUID() });
    },
    inventory: (ref) => askForInventory(transport, ref, patience("apply")),
    migrations: (ref, call) => {
      const plans = call.operation === "plan";
      const { requestTimeoutMs, ...rest } = patience(plans ? "plan" : "apply");
      // Files may take as long as Lambda lets them.
      const longest = plans ? requestTimeoutMs : Math.max(requestTimeoutMs, MIGRATION_MS);
      return callMigrations(transport, ref, { ...rest, requestTimeoutMs: longest }, call);
    },
  };
}
