import { setTimeout as sleep } from "node:timers/promises";
import { DbAccessError, type MigrationStatus, type ProvisionerRef } from "../provisioner/protocol";
import { PREVIEW_MS, type Client } from "./client";
import { plannedCall } from "./lifecycle/migration";
import type { Line } from "./preview";

/** What `up` would do with the files, in words. Read only, and never a reason for a preview to fail. */
export async function migrationLines(
  client: Client,
  ref: ProvisionerRef,
  properties: Record<string, unknown>,
  texts: string,
): Promise<Line[]> {
  const timer = new AbortController();
  try {
    const call = plannedCall(properties, texts);
    const status = await Promise.race([
      client.migrations(ref, call),
      sleep(PREVIEW_MS, undefined, { signal: timer.signal }),
    ]);
    if (status !== undefined) return statusLines(status);
    return [{ level: "warn", words: `The provisioner of ${ref.cluster} did not answer in ${PREVIEW_MS / 1000} s.` }];
  } catch (error) {
    if (!(error instanceof DbAccessError)) return [{ level: "warn", words: String(error) }];
    // The database or the role may well be made by this very program.
    if (error.code === "ObjectMissing")
      return [{ level: "info", words: `All files run once it is there: ${error.message}` }];
    return [{ level: "warn", words: `${error.code}: ${error.message}` }];
  } finally {
    timer.abort();
  }
}

export function statusLines({ runAs, pending, blocks, findings, holder }: MigrationStatus): Line[] {
  return [
    ...(pending.length === 0 ? [] : [{ level: "info" as const, words: `run ${pending.join(", ")} as ${runAs}` }]),
    ...blocks.map(({ words }) => ({ level: "warn" as const, words })),
    ...findings
      .filter(({ acknowledged }) => !acknowledged)
      .map(({ file, line, words, kind }) => ({
        level: "warn" as const,
        words: `${file} (line ${line}) ${words}; if it is meant, say "-- migrate: allow ${kind}" at its top.`,
      })),
    ...(holder === undefined ? [] : [{ level: "warn" as const, words: `Migrations are running now: ${holder}.` }]),
  ];
}
