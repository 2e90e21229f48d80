import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { DbAccessError, type Claim, type ClaimResult, type ProvisionerRef } from "../provisioner/protocol";
import { PREVIEW_MS, type Client } from "./client";
import { isDeclared } from "./registry";
import { PerRun } from "./run";

/** A claim of which every input is known. */
export interface KnownClaim {
  ref: ProvisionerRef;
  owner: string;
  claim: Claim;
  /** The id in state: absent while the resource is still to be created. */
  id?: string;
}

export interface Line {
  level: "info" | "warn";
  words: string;
  /** Said on the first resource only: an unreachable cluster is one problem, not one for each resource. */
  once?: boolean;
}

/** Unit tests with mocks have no engine and no provisioner; `up` will do it anyway. */
export const previewsOnline = (): boolean =>
  pulumi.runtime.isDryRun() && pulumi.runtime.getEngine() !== undefined && process.env.DB_ACCESS_PREVIEW !== "offline";

const warn = (words: string): Line => ({ level: "warn", words });
const warnOnce = (words: string): Line => ({ ...warn(words), once: true });

/** What a plan has to say about its resource. */
export function planLines({ id, ref }: KnownClaim, result: ClaimResult): Line[] {
  const { error, changes, warnings, waitsFor } = result;
  if (error !== undefined) {
    // State has this resource: the engine knows the owner so far and hands over, which the program cannot see.
    return error.code === "OwnedElsewhere" && id !== undefined ? [] : [warnOnce(`${error.code}: ${error.message}`)];
  }
  const missing = (waitsFor ?? []).filter((name) => !isDeclared(ref.cluster, name));
  return [
    ...(changes.length === 0 ? [] : [{ level: "info" as const, words: changes.map(({ words }) => words).join("\n") }]),
    ...warnings.map(warn),
    ...missing.map((name) => warn(`Waits for ${name}, which is not there and which this program does not make.`)),
  ];
}

const said = new PerRun(() => new Set<string>());

function firstTime({ ref }: KnownClaim, { once, words }: Line): boolean {
  if (once !== true) return true;
  const key = JSON.stringify([ref.cluster, words]);
  const known = said.get();
  return !known.has(key) && known.add(key).has(key);
}

async function ask(client: Client, known: KnownClaim, withinMs: number): Promise<Line[]> {
  const { ref, owner, claim, id } = known;
  const timer = new AbortController();
  try {
    const request = { action: "ensure" as const, owner, claim, ...(id === undefined ? {} : { id }) };
    const result = await Promise.race([
      client.submit({ ref, mode: "plan", request }),
      sleep(withinMs, undefined, { signal: timer.signal }),
    ]);
    if (result !== undefined) return planLines(known, result);
    return [warnOnce(`The provisioner of ${ref.cluster} did not answer in ${withinMs / 1000} s.`)];
  } catch (error) {
    const reason = error instanceof DbAccessError ? `${error.code}: ${error.message}` : String(error);
    return [
      warnOnce(`The provisioner of ${ref.cluster} cannot be asked. ${reason} (DB_ACCESS_PREVIEW=offline: ask none.)`),
    ];
  } finally {
    timer.abort();
  }
}

/**
 * Asks the provisioner what `up` would do, in a DBA's words. Read only, never longer than 20 seconds, and never a
 * reason for a preview to fail: what is wrong is a warning here and an error at `up`.
 */
export async function previewLines(client: Client, known: KnownClaim, withinMs = PREVIEW_MS): Promise<Line[]> {
  const lines = await ask(client, known, withinMs);
  return lines.filter((line) => firstTime(known, line));
}
