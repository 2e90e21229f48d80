import type { ClaimOrder } from "../access/plan";
import type { ErrorBody, ErrorCode } from "../errors";
import type { Link } from "./chain";

/** What was done to what for whom. It never holds a secret. */
export interface AuditEvent {
  requestId: string;
  cluster: string;
  /** Absent for a request that could not be read. */
  order?: ClaimOrder;
  id?: string;
  /** Whoever asked, where that is not the owner: an operator who resets a password. */
  by?: string;
  /** `planned`: an event asked for what is only planned so far. */
  outcome: "changed" | "refused" | "failed" | "planned";
  changes: string[];
  error?: ErrorBody;
}

/** How a change is bound to the cluster's change before it, whichever function made that. */
export interface ChangeLink {
  /** Counts the changes of the cluster, from 1. */
  number: number;
  /** Hash of the event of the change before; empty for the first. */
  previous: string;
}

/** An event as it is written down: one line of JSON. */
export interface AuditRecord extends Link {
  audit: "db-access";
  time: string;
  requestId: string;
  cluster: string;
  action?: string;
  kind?: string;
  id?: string;
  owner?: string;
  by?: string;
  outcome: AuditEvent["outcome"];
  changes: string[];
  /** How many changes there were besides those named, which would make the event too long. */
  changesOmitted?: number;
  code?: ErrorCode;
  message?: string;
  change?: ChangeLink;
  /** The number of a change, told before, that could not be recorded on the server. */
  unrecorded?: number;
}

/** Log services cut or refuse lines of more than 256 KB. */
const LONGEST = 100_000;

export function contentOf(event: AuditEvent): Omit<AuditRecord, keyof Link | "change" | "unrecorded"> {
  const { order, error, id, by } = event;
  const changes = fitting(event.changes);
  return {
    audit: "db-access",
    time: new Date().toISOString(),
    requestId: event.requestId,
    cluster: event.cluster,
    ...(order === undefined
      ? {}
      : {
          action: order.resets === true ? "reset" : order.action,
          kind: order.claim.kind,
          // As the caller says; the invocation's own record in CloudTrail is the evidence.
          owner: order.owner,
        }),
    ...(id === undefined ? {} : { id }),
    ...(by === undefined ? {} : { by }),
    outcome: event.outcome,
    changes,
    ...(changes.length < event.changes.length ? { changesOmitted: event.changes.length - changes.length } : {}),
    ...(error === undefined ? {} : { code: error.code, message: error.message }),
  };
}

function fitting(changes: readonly string[]): string[] {
  let length = 0;
  return changes.filter((words) => (length += Buffer.byteLength(words)) <= LONGEST);
}
