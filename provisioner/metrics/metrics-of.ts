import type { ErrorBody } from "../errors";
import type { Change, ClaimResult } from "../protocol/messages";
import { isRefusal } from "./fault";
import type { MetricName } from "./names";

/** Claims that were planned, read or applied together. */
export interface Batch {
  mode: string;
  results: readonly ClaimResult[];
}

/** One invocation, as it ended. */
export interface Run {
  /** Empty for what is not about claims, and for what nobody could read. */
  batches: readonly Batch[];
  durationMs: number;
  /** Of the run as a whole. */
  error?: ErrorBody;
  /** What was changed without a claim's result: passwords that were rotated, grace periods that were ended. */
  changed?: number;
  /** Audit events that could not be written to where they are kept. */
  undelivered?: number;
}

/** A claim counts once, however many tables it is about; and in several metrics, when it gives and takes. */
const verbs = {
  Created: ["create", "grant"],
  Changed: ["alter", "reset"],
  Removed: ["revoke", "drop", "lock"],
} as const satisfies Partial<Record<MetricName, readonly Change["verb"][]>>;

/** Of these the server knows nothing. */
const ledgerOnly: readonly Change["verb"][] = ["record", "forget"];

/** What only looks is refused to whoever asks, and to nobody's harm: it could not have changed anything. */
const mayChange = ({ mode }: Batch): boolean => mode === "apply";

/** The numbers of a run. What is zero is left out: a metric costs only in the hours in which it is sent. */
export function metricsOf(run: Run): Partial<Record<MetricName, number>> {
  const { batches, error, changed = 0, undelivered = 0, durationMs } = run;
  const errorsOf = (some: readonly Batch[]): ErrorBody[] =>
    some.flatMap(({ results }) => results.flatMap((result) => result.error ?? []));
  // An event fails as a whole when one of its claims has: that claim is counted already.
  const whole = error === undefined || errorsOf(batches).length > 0 ? [] : [error];
  const touched = (metric: keyof typeof verbs): number =>
    batches
      .flatMap(({ results }) => results)
      .filter((result) => result.status === "done")
      .filter((result) => result.changes.some(({ verb }) => (verbs[metric] as readonly string[]).includes(verb)))
      .length;
  const onlyLooks = batches.length > 0 && !batches.some(mayChange);
  const failed = [...errorsOf(batches), ...whole].filter((each) => !isRefusal(each)).length;
  const counts: Record<MetricName, number> = {
    Created: touched("Created"),
    Changed: touched("Changed") + changed,
    Removed: touched("Removed"),
    Refused: [...errorsOf(batches.filter(mayChange)), ...(onlyLooks ? [] : whole)].filter(isRefusal).length,
    Drift: batches
      .filter(({ mode }) => mode === "read")
      .flatMap(({ results }) => results)
      .filter((result) => result.changes.some(({ verb }) => !ledgerOnly.includes(verb))).length,
    Failed: failed,
    Succeeded: error === undefined && failed === 0 ? 1 : 0,
    Duration: durationMs,
    AuditUndelivered: undelivered,
  };
  return Object.fromEntries(Object.entries(counts).filter(([name, value]) => value > 0 || name === "Duration"));
}
