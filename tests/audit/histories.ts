import fc from "fast-check";
import type { Head } from "../../automation/audit/changes";
import { Chain } from "../../provisioner/audit/chain";
import type { AuditRecord } from "../../provisioner/audit/event";

/** What one execution environment told, in a history of several. */
export interface Step {
  environment: number;
  kind: "changed" | "refused" | "failed";
}

export const steps = fc.array(
  fc.record({
    environment: fc.nat(2),
    kind: fc.constantFrom<Step["kind"]>("changed", "refused", "failed"),
  }),
  { minLength: 2, maxLength: 20 },
);

export interface History {
  log: AuditRecord[];
  head: Head;
}

/** The log and the ledger's head after environments have taken turns, as functions write them. */
export function historyOf(all: readonly Step[]): History {
  const chains = [0, 1, 2].map((number) => new Chain(`stream-${number}`));
  let head: Head = { number: 0, hash: "" };
  const log = all.map(({ environment, kind }, index) => {
    const record: AuditRecord = chains[environment].next({
      audit: "db-access",
      time: new Date(Date.UTC(2026, 0, 1, 0, 0, index)).toISOString(),
      requestId: `request-${index}`,
      cluster: "orders",
      owner: `owner-${index}`,
      outcome: kind,
      changes: kind === "changed" ? [`grant SELECT on table public.t${index} to app`] : [],
      ...(kind === "refused" ? {} : { change: { number: head.number + 1, previous: head.hash } }),
    });
    if (record.change !== undefined) head = { number: record.change.number, hash: record.hash };
    return record;
  });
  return { log, head };
}
