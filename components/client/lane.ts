import { randomUUID } from "node:crypto";
import {
  DbAccessError,
  protocolRange,
  type ClaimRequest,
  type ClaimResult,
  type Mode,
  type ProvisionerRef,
  type Reply,
} from "../../provisioner/protocol";
import { Coalescer, type OperationClass, type Pending } from "./coalesce";
import { rediscover } from "./discovery";
import { CallFailure } from "./failure";
import { readReply } from "./reply";
import { backoff, withRetry, type Patience } from "./retry";
import type { Transport } from "./transport";

/** A claim that crashes its function alone so often is the reason itself. */
const CRASHES = 3;
const UNTOUCHED = 5;
const REFUSALS = 3;

const failed = (operationId: string, error: DbAccessError): ClaimResult => ({
  operationId,
  status: "failed",
  changes: [],
  warnings: [],
  error: error.toBody(),
});

/** Everything on its way to one function, from one process. */
export class Lane {
  private readonly coalescer = new Coalescer<ClaimResult>((kind, batch) => this.deliver(kind, batch));
  private healing: Promise<void> | undefined;

  constructor(
    private ref: ProvisionerRef,
    private readonly transport: Transport,
    private readonly patience: (mode: Mode) => Patience,
  ) {}

  submit(mode: Mode, request: ClaimRequest): Promise<ClaimResult> {
    return new Promise((resolve, reject) => {
      const bytes = Buffer.byteLength(JSON.stringify(request));
      const claim = { request, bytes, since: Date.now(), resolve, reject, crashed: 0, untouched: 0, refused: 0 };
      this.coalescer.add({ mode, action: request.action }, claim);
    });
  }

  private async deliver(kind: OperationClass, batch: Pending<ClaimResult>[]): Promise<void> {
    try {
      this.settle(kind, batch, await this.exchange(kind.mode, batch));
    } catch (error) {
      if (!(error instanceof CallFailure)) batch.forEach((claim) => claim.reject(error));
      else if (error.outcome === "crashed") await this.deliverInParts(kind, batch, error);
      else batch.forEach((claim) => claim.reject(error.error));
    }
  }

  /** One claim may be what the function dies of: smaller and smaller batches leave it alone with its failure. */
  private async deliverInParts(kind: OperationClass, batch: Pending<ClaimResult>[], error: CallFailure): Promise<void> {
    batch.forEach((claim) => (claim.crashed += 1));
    const resends = this.patience(kind.mode).resends > 0;
    if (!resends || (batch.length === 1 && batch[0].crashed >= CRASHES))
      return batch.forEach((claim) => claim.reject(error.error));
    const half = Math.ceil(batch.length / 2);
    await this.deliver(kind, batch.slice(0, half));
    if (half < batch.length) await this.deliver(kind, batch.slice(half));
  }

  private async exchange(mode: Mode, batch: Pending<ClaimResult>[]): Promise<Reply> {
    const patience = this.patience(mode);
    return withRetry(patience, async () => {
      const asked = this.ref;
      const payload = JSON.stringify({
        protocols: protocolRange,
        requestId: randomUUID(),
        mode,
        cluster: asked.cluster,
        claims: batch.map(({ request }) => request),
      });
      const invoke = (ref: ProvisionerRef): Promise<string> =>
        this.transport.invoke(ref, payload, patience.requestTimeoutMs);
      const text = await invoke(asked).catch(async (error: unknown) => {
        if (!(error instanceof CallFailure) || error.outcome !== "missing") throw error;
        // Another batch may have healed the lane meanwhile.
        if (this.ref === asked) await this.heal(error);
        return invoke(this.ref);
      });
      return readReply(text, asked.functions.access);
    });
  }

  private heal(missing: CallFailure): Promise<void> {
    this.healing ??= rediscover(this.transport, this.ref, missing)
      .then((found) => void (this.ref = found))
      .finally(() => (this.healing = undefined));
    return this.healing;
  }

  private settle(kind: OperationClass, batch: Pending<ClaimResult>[], reply: Reply): void {
    const results = new Map(reply.results.map((result) => [result.operationId, result]));
    const whole = reply.error;
    const error = whole === undefined ? undefined : new DbAccessError(whole.code, whole.message, whole);
    const resultOf = ({ request: { operationId } }: Pending<ClaimResult>): ClaimResult | undefined =>
      results.get(operationId) ?? (error === undefined ? undefined : failed(operationId, error));
    const touched = (result: ClaimResult | undefined): result is ClaimResult =>
      result !== undefined && result.status !== "notAttempted";
    const progress = batch.some((claim) => touched(resultOf(claim)));
    for (const claim of batch) {
      const result = resultOf(claim);
      if (!touched(result)) this.again(kind, claim, progress, result);
      else if (this.worthRepeating(kind, claim, result)) this.later(kind, claim, (claim.refused += 1));
      else claim.resolve(result);
    }
  }

  private worthRepeating(kind: OperationClass, claim: Pending<ClaimResult>, result: ClaimResult): boolean {
    const { resends, unreachableMs } = this.patience(kind.mode);
    const { error, status } = result;
    if (resends === 0 || status !== "failed" || error?.transient !== true || claim.refused >= REFUSALS) return false;
    return error.code !== "NetworkPathDatabase" || Date.now() - claim.since < unreachableMs;
  }

  /** The function ran out of time before it came to this claim. */
  private again(
    kind: OperationClass,
    claim: Pending<ClaimResult>,
    progress: boolean,
    result: ClaimResult | undefined,
  ): void {
    if (progress) return this.coalescer.add(kind, claim);
    claim.untouched += 1;
    if (claim.untouched < UNTOUCHED) return this.later(kind, claim, claim.untouched);
    const words = "The provisioner had no time for this claim; run it again.";
    claim.resolve(
      result?.error === undefined
        ? failed(claim.request.operationId, new DbAccessError("DeadlineExceeded", words, { transient: true }))
        : { ...result, status: "failed" },
    );
  }

  private later(kind: OperationClass, claim: Pending<ClaimResult>, attempt: number): void {
    let wait = backoff(this.patience(kind.mode)).next();
    for (let step = 1; step < attempt; step += 1) wait = wait.next(undefined);
    setTimeout(() => this.coalescer.add(kind, claim), wait.duration);
  }
}
