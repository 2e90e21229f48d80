import type { ClaimOrder } from "../access/plan";
import type { ErrorBody } from "../errors";

/** One line of JSON per change and per refusal. It says what was done to what for whom, and never holds a secret. */
export interface AuditEvent {
  requestId: string;
  cluster: string;
  /** Absent for a request that could not be read. */
  order?: ClaimOrder;
  id?: string;
  /** Whoever asked, where that is not the owner: an operator who resets a password. */
  by?: string;
  outcome: "changed" | "refused" | "failed";
  changes: string[];
  error?: ErrorBody;
}

export function audit(
  event: AuditEvent,
  write: (line: string) => void = (line) => process.stdout.write(`${line}\n`),
): void {
  const { order, error } = event;
  write(
    JSON.stringify({
      audit: "db-access",
      time: new Date().toISOString(),
      requestId: event.requestId,
      cluster: event.cluster,
      action: order?.resets === true ? "reset" : order?.action,
      kind: order?.claim.kind,
      id: event.id,
      // As the caller says; the invocation's own record in CloudTrail is the evidence.
      owner: order?.owner,
      ...(event.by === undefined ? {} : { by: event.by }),
      outcome: event.outcome,
      changes: event.changes,
      ...(error === undefined ? {} : { code: error.code, message: error.message }),
    }),
  );
}
