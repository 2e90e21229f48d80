import { MAX_CLAIMS_PER_REQUEST, type ClaimRequest, type Mode } from "../../provisioner/protocol";

/** One claim on its way: settled exactly once, alone, whatever happens to its batch. */
export interface Pending<R> {
  request: ClaimRequest;
  bytes: number;
  /** When it was first on its way. */
  since: number;
  resolve(result: R): void;
  reject(error: unknown): void;
  /** How often it was in a call that crashed, came back untouched, or failed for a passing reason. */
  crashed: number;
  untouched: number;
  refused: number;
}

export interface OperationClass {
  mode: Mode;
  action: ClaimRequest["action"];
}

/** Well below Lambda's own limit of 6 MB for request and answer. */
const MAX_BATCH_BYTES = 1_000_000;
/** Calls of one `pulumi up` arrive in bursts: waiting longer costs more than another batch. */
const LONGEST_WAIT_MS = 10;
/** Measured with 100 users: more only makes smaller batches and more connections, and a refresh no faster. */
const READS_IN_FLIGHT = 2;

/**
 * Gathers claims into batches for one function. The provisioner applies under one lock, so a second apply would only
 * wait there: while one is in flight the others gather here instead.
 */
export class Coalescer<R> {
  private readonly queues = new Map<string, { kind: OperationClass; waiting: Pending<R>[] }>();
  private arrived = 0;
  private gathering = false;
  private applying = 0;
  private reading = 0;

  constructor(private readonly send: (kind: OperationClass, batch: Pending<R>[]) => Promise<void>) {}

  add(kind: OperationClass, ...claims: Pending<R>[]): void {
    const key = `${kind.mode} ${kind.action}`;
    const queue = this.queues.get(key) ?? { kind, waiting: [] };
    this.queues.set(key, queue);
    queue.waiting.push(...claims);
    this.arrived += claims.length;
    this.gather();
  }

  /** Until a turn of the event loop brings nothing new, or long enough. */
  private gather(): void {
    if (this.gathering) return;
    this.gathering = true;
    const begun = Date.now();
    const look = (seen: number): void => {
      if (this.arrived !== seen && Date.now() - begun < LONGEST_WAIT_MS) {
        const now = this.arrived;
        setImmediate(() => look(now));
        return;
      }
      this.gathering = false;
      this.pump();
    };
    setImmediate(() => look(-1));
  }

  private pump(): void {
    for (const { kind, waiting } of this.queues.values()) {
      while (waiting.length > 0 && this.free(kind)) {
        const batch = take(waiting);
        this.count(kind, 1);
        void this.send(kind, batch).finally(() => {
          this.count(kind, -1);
          this.pump();
        });
      }
    }
  }

  private free({ mode }: OperationClass): boolean {
    return mode === "apply" ? this.applying === 0 : this.reading < READS_IN_FLIGHT;
  }

  private count({ mode }: OperationClass, by: number): void {
    if (mode === "apply") this.applying += by;
    else this.reading += by;
  }
}

function take<R>(waiting: Pending<R>[]): Pending<R>[] {
  let bytes = 0;
  let size = 0;
  for (const claim of waiting) {
    bytes += claim.bytes;
    if (size > 0 && (size === MAX_CLAIMS_PER_REQUEST || bytes > MAX_BATCH_BYTES)) break;
    size += 1;
  }
  return waiting.splice(0, size);
}
