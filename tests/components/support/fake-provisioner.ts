import {
  createClient,
  type CallFailure,
  type Client,
  type StoredObject,
  type Transport,
} from "../../../components/client";
import type { Patience } from "../../../components/client/retry";
import type { ClaimRequest, ClaimResult, ProvisionerRef, Reply, Request } from "../../../provisioner/protocol";

export const done = (claim: ClaimRequest, over: Partial<ClaimResult> = {}): ClaimResult => ({
  operationId: claim.operationId,
  status: "done",
  id: claim.id ?? `id of ${"name" in claim.claim ? claim.claim.name : "grant"}`,
  exists: true,
  changes: [],
  warnings: [],
  ...over,
});

export const reply = (results: ClaimResult[], over: Partial<Reply> = {}): Reply => ({
  protocols: { min: 1, max: 1 },
  provisioner: { version: "0.0.0", codeHash: "fake" },
  results,
  ...over,
});

type Answer = (request: Request, ref: ProvisionerRef) => Reply | Promise<Reply>;

/** Stands for the Lambda API and the provisioner behind it: the wire format is real, the server is not. */
export class FakeProvisioner implements Transport {
  readonly requests: Request[] = [];
  readonly reached: string[] = [];
  readonly parameters: string[] = [];
  /** Keys of what came by a bucket. */
  readonly stored: string[] = [];
  inFlight = 0;
  mostInFlight = 0;

  constructor(
    private answer: Answer = ({ claims }) => reply(claims.map((claim) => done(claim))),
    private readonly found: () => string = () => "",
  ) {}

  /** Answers the next invocations differently; each of them once. */
  next(...answers: Answer[]): this {
    const usual = this.answer;
    const queue = [...answers];
    this.answer = (request, ref) => (queue.shift() ?? usual)(request, ref);
    return this;
  }

  async invoke(ref: ProvisionerRef, payload: string): Promise<string> {
    const request = JSON.parse(payload) as Request;
    this.requests.push(request);
    this.reached.push(ref.functions.access);
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    try {
      return JSON.stringify(await this.answer(request, ref));
    } finally {
      this.inFlight -= 1;
    }
  }

  async parameter({ parameter }: { parameter: string }): Promise<string> {
    this.parameters.push(parameter);
    return this.found();
  }

  async store(_ref: ProvisionerRef, { key }: StoredObject): Promise<void> {
    this.stored.push(key);
  }

  get sizes(): number[] {
    return this.requests.map(({ claims }) => claims.length);
  }
}

/** Everything as in earnest, only faster. */
export const impatient = (): Patience => ({
  requestTimeoutMs: 1000,
  budgetMs: 400,
  resends: 2,
  firstDelayMs: 1,
  unreachableMs: 400,
});

export const clientOf = (transport: Transport): Client => createClient(transport, impatient);

export const throwing = (failure: CallFailure) => (): never => {
  throw failure;
};
