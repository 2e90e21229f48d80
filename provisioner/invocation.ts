import { randomUUID } from "node:crypto";
import { deliverAudit } from "./audit";
import type { FunctionConfig, Purpose } from "./config";
import { DbAccessError } from "./errors";
import { Meter } from "./metrics";

/** What Lambda says of an invocation. */
export interface InvocationContext {
  awsRequestId?: string;
  getRemainingTimeInMillis?: () => number;
}

/** One run of the function: what it serves, its name in logs and audit events, and when it must have ended. */
export interface Invocation {
  config: FunctionConfig;
  requestId: string;
  /** Whoever asks, where an event says so: for the audit log. Nobody proves it. */
  by?: string;
  /** Milliseconds since the epoch. */
  deadline: number;
  /** What it does is counted here. */
  meter: Meter;
}

/** Time kept for the answer itself, and for closing what is open. */
const RESERVE_MS = 5_000;

export const invocationOf = (config: FunctionConfig, context: InvocationContext): Invocation => ({
  config,
  requestId: context.awsRequestId ?? randomUUID(),
  meter: new Meter(config),
  deadline: Date.now() + (context.getRemainingTimeInMillis?.() ?? 60_000) - RESERVE_MS,
});

/** However a run ends, its audit events are delivered, and it is counted. */
export async function ending<T>({ config, meter }: Invocation, door: string, run: () => Promise<T>): Promise<T> {
  let failure: unknown;
  try {
    return await run();
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    meter.undelivered = await deliverAudit(config);
    meter.end(door, failure);
  }
}

/** Otherwise a right to invoke one function of the archive would be a right to all that the archive can do. */
export function assertPurpose(
  { purpose, cluster }: FunctionConfig,
  allowed: readonly [Purpose, ...Purpose[]],
  what: string,
): void {
  if (allowed.includes(purpose)) return;
  throw new DbAccessError(
    "WrongFunction",
    `This is the ${purpose} function of ${cluster}, which takes no ${what}; invoke its ${allowed[0]} function. Nothing was changed.`,
  );
}
