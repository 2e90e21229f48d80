import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { randomUUID } from "node:crypto";
import { protocolRange, replySchema } from "../../provisioner/protocol";
import { cluster, type World } from "../world";

/** Milliseconds, as the caller waits. */
export interface Latency {
  p50: number;
  p95: number;
  samples: number;
}

export interface InvokeResult {
  cold: Latency;
  warm: Latency;
}

/** `plan` of one claim: the smallest real request, with a login on the server and a reading of it. */
export async function measureInvoke(world: World, samples: number, signal: AbortSignal): Promise<InvokeResult> {
  const { stack, target } = world;
  const env = stack.env();
  const client = new LambdaClient({
    endpoint: stack.url,
    region: stack.region,
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY },
    maxAttempts: 1,
  });
  const plan = async (): Promise<number> => {
    signal.throwIfAborted();
    const command = new InvokeCommand({ FunctionName: target.functionName, Payload: JSON.stringify(request()) });
    const begun = performance.now();
    const answer = await client.send(command);
    const took = performance.now() - begun;
    const reply = replySchema.parse(JSON.parse(Buffer.from(answer.Payload ?? []).toString("utf8")));
    const error = reply.error ?? reply.results[0]?.error;
    if (error !== undefined) throw new Error(`The provisioner refused the plan: ${error.code}: ${error.message}`);
    return took;
  };
  try {
    // The first call of all also pays for the SDK's own start.
    await plan();
    const cold: number[] = [];
    for (let sample = 0; sample < samples; sample++) {
      await stack.lambda.recycle(target.functionName);
      cold.push(await plan());
    }
    const warm: number[] = [];
    for (let sample = 0; sample < samples; sample++) warm.push(await plan());
    return { cold: latencyOf(cold), warm: latencyOf(warm) };
  } finally {
    client.destroy();
  }
}

const request = (): unknown => ({
  protocols: protocolRange,
  requestId: randomUUID(),
  mode: "plan",
  cluster,
  claims: [
    {
      operationId: randomUUID(),
      action: "ensure",
      owner: "bench/invoke",
      claim: {
        kind: "login",
        name: `${cluster}_nobody`,
        auth: { kind: "password", secret: { name: `${cluster}/nobody` } },
        deletion: "drop",
      },
    },
  ],
});

function latencyOf(all: readonly number[]): Latency {
  const sorted = [...all].sort((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.ceil(sorted.length * share) - 1] * 10) / 10;
  return { p50: at(0.5), p95: at(0.95), samples: all.length };
}
