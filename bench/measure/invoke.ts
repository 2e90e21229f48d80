import type { Claim } from "../../provisioner/protocol";
import { cluster, type World } from "../world";
import { senderTo } from "./sender";

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
  const sender = senderTo(world);
  const plan = async (): Promise<number> => {
    signal.throwIfAborted();
    return sender.send("plan", { claim: nobody });
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
    sender.close();
  }
}

const nobody: Claim = {
  kind: "login",
  name: `${cluster}_nobody`,
  auth: { kind: "password", secret: { name: `${cluster}/nobody` } },
  deletion: "drop",
};

function latencyOf(all: readonly number[]): Latency {
  const sorted = [...all].sort((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.ceil(sorted.length * share) - 1] * 10) / 10;
  return { p50: at(0.5), p95: at(0.95), samples: all.length };
}
