import * as pulumi from "@pulumi/pulumi";
import { setTimeout as sleep } from "node:timers/promises";
import { DbAccessError, type Claim, type ClaimResult, type ProvisionerRef } from "../provisioner/protocol";
import { defaultClient, PREVIEW_MS } from "./client";
import { isDeclared } from "./registry";

/** A claim of which every input is known. */
export interface KnownClaim {
  ref: ProvisionerRef;
  owner: string;
  claim: Claim;
  /** The id in state: absent while the resource is still to be created. */
  id?: string;
}

/** Unit tests with mocks have no engine and no provisioner; `up` will do it anyway. */
export const previewsOnline = (): boolean =>
  pulumi.runtime.isDryRun() && pulumi.runtime.getEngine() !== undefined && process.env.DB_ACCESS_PREVIEW !== "offline";

function report(known: KnownClaim, result: ClaimResult, resource: pulumi.Resource): Promise<void>[] {
  const { error, changes, warnings, waitsFor } = result;
  if (error !== undefined) {
    // State has this resource: the engine knows the owner so far and hands over, which the program cannot see.
    if (error.code === "OwnedElsewhere" && known.id !== undefined) return [];
    return [pulumi.log.warn(`${error.code}: ${error.message}`, resource)];
  }
  const missing = (waitsFor ?? []).filter((name) => !isDeclared(known.ref.cluster, name));
  return [
    ...(changes.length === 0 ? [] : [pulumi.log.info(changes.map(({ words }) => words).join("\n"), resource)]),
    ...warnings.map((warning) => pulumi.log.warn(warning, resource)),
    ...missing.map((name) =>
      pulumi.log.warn(`waits for ${name}, which is not there yet and which this program does not make`, resource),
    ),
  ];
}

/**
 * Asks the provisioner what `up` would do, and says it on the resource in a DBA's words. Read only, never longer than
 * 20 seconds, and never a reason for a preview to fail: what is wrong is a warning here and an error at `up`.
 */
export async function previewOnline(known: KnownClaim, resource: pulumi.Resource): Promise<void> {
  const timer = new AbortController();
  try {
    const request = { action: "ensure" as const, owner: known.owner, claim: known.claim, id: known.id };
    const result = await Promise.race([
      defaultClient().submit({ ref: known.ref, mode: "plan", request }),
      sleep(PREVIEW_MS, undefined, { signal: timer.signal }),
    ]);
    if (result === undefined)
      await pulumi.log.warn(
        `The provisioner of ${known.ref.cluster} did not answer in ${PREVIEW_MS / 1000} s.`,
        resource,
      );
    else await Promise.all(report(known, result, resource));
  } catch (error) {
    const words = error instanceof DbAccessError ? `${error.code}: ${error.message}` : (error as Error).message;
    await pulumi.log.warn(`${words} (DB_ACCESS_PREVIEW=offline previews without it.)`, resource);
  } finally {
    timer.abort();
  }
}
