import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { randomUUID } from "node:crypto";
import { protocolRange, replySchema, type Claim, type Mode } from "../../provisioner/protocol";
import { cluster, type World } from "../world";

export interface Ask {
  claim: Claim;
  action?: "ensure" | "remove";
  owner?: string;
}

export interface Sender {
  /** Resolves with the milliseconds that the caller has waited. Throws what the provisioner refuses. */
  send(mode: Mode, ...asks: Ask[]): Promise<number>;
  close(): void;
}

/** Asks the function without the engine, one request at a time. */
export function senderTo({ stack, target }: World): Sender {
  const env = stack.env();
  const client = new LambdaClient({
    endpoint: stack.url,
    region: stack.region,
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY },
    maxAttempts: 1,
  });
  return {
    send: async (mode, ...asks) => {
      const claims = asks.map(({ claim, action = "ensure", owner = "bench" }) => ({
        operationId: randomUUID(),
        action,
        owner,
        claim,
      }));
      const request = { protocols: protocolRange, requestId: randomUUID(), mode, cluster, claims };
      const command = new InvokeCommand({ FunctionName: target.functionName, Payload: JSON.stringify(request) });
      const begun = performance.now();
      const answer = await client.send(command);
      const took = performance.now() - begun;
      const reply = replySchema.parse(JSON.parse(Buffer.from(answer.Payload ?? []).toString("utf8")));
      const error = reply.error ?? reply.results.find((result) => result.error !== undefined)?.error;
      if (error !== undefined) throw new Error(`The provisioner refused the ${mode}: ${error.code}: ${error.message}`);
      return took;
    },
    close: () => client.destroy(),
  };
}
