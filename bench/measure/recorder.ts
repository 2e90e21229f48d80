import type { InterceptedCall } from "../../local/aws";
import type { LocalStack } from "../../local/stack";
import type { Mode } from "../../provisioner/protocol";

/** What went through the provisioner and the AWS endpoint during one operation of the engine. */
export interface Traffic {
  invocations: number;
  claims: number;
  /** Largest batch of one invocation. */
  largestBatch: number;
  /** Seconds during which at least one invocation was running. */
  busySeconds: number;
  secretCalls: number;
  /** Claims that were sent more than once. */
  retries: number;
  /** Failed claims, crashed invocations and refused AWS calls, by code. */
  errors: Record<string, number>;
}

interface Sent {
  mode?: Mode;
  claims?: { operationId: string }[];
}

interface Answered {
  error?: { code: string };
  results?: { status: string; error?: { code: string; serverCode?: string } }[];
}

/** Listens where every call passes, so that nothing has to be read from the callers' words. */
export class Recorder {
  private traffic = nothingYet();
  private readonly seen = new Set<string>();
  private running = 0;
  private busySince = 0;

  constructor(stack: LocalStack) {
    stack.lambda.beforeInvoke(({ payload }) => this.sent(payload as Sent));
    stack.lambda.afterInvoke((_control, { functionError, payload }) => {
      this.ended();
      if (functionError !== undefined) this.count(functionError);
      else this.answered(JSON.parse(payload.toString("utf8")) as Answered);
    });
    stack.aws.intercept((call) => this.awsCall(call));
  }

  /** What has happened since the last time. */
  take(): Traffic {
    const { traffic } = this;
    this.traffic = nothingYet();
    this.seen.clear();
    return traffic;
  }

  private sent({ claims = [] }: Sent): void {
    if (this.running === 0) this.busySince = performance.now();
    this.running += 1;
    const { traffic } = this;
    traffic.invocations += 1;
    traffic.claims += claims.length;
    traffic.largestBatch = Math.max(traffic.largestBatch, claims.length);
    for (const { operationId } of claims) {
      if (this.seen.has(operationId)) traffic.retries += 1;
      this.seen.add(operationId);
    }
  }

  private ended(): void {
    this.running -= 1;
    if (this.running === 0) this.traffic.busySeconds += (performance.now() - this.busySince) / 1000;
  }

  private answered({ error, results = [] }: Answered): void {
    if (error !== undefined) this.count(error.code);
    for (const result of results) {
      if (result.status === "notAttempted") this.count("NotAttempted");
      if (result.status === "failed")
        this.count([result.error?.code, result.error?.serverCode].filter(Boolean).join(" "));
    }
  }

  private async awsCall({ service, operation, next }: InterceptedCall): Promise<unknown> {
    if (service === "secretsmanager") this.traffic.secretCalls += 1;
    try {
      return await next();
    } catch (error) {
      const code = error instanceof Error ? error.name : "Error";
      // That a secret is not there yet is the answer to a question.
      if (code !== "ResourceNotFoundException" || operation !== "DescribeSecret") this.count(`${operation}: ${code}`);
      throw error;
    }
  }

  private count(code: string): void {
    this.traffic.errors[code] = (this.traffic.errors[code] ?? 0) + 1;
  }
}

const nothingYet = (): Traffic => ({
  invocations: 0,
  claims: 0,
  largestBatch: 0,
  busySeconds: 0,
  secretCalls: 0,
  retries: 0,
  errors: {},
});
