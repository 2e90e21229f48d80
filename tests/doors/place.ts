import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import assert from "node:assert/strict";
import type { ActionAnswer } from "../../provisioner/doors/action";
import { secretOf, type Login, type World } from "../support/world";

/** What a caller of the function sees: its answer, or the message of its error. */
export interface Outcome {
  answer?: unknown;
  error?: string;
}

/** Sends an event as EventBridge, Automation or Terraform would. */
export async function send(world: World, event: unknown, functionName = world.target.functionName): Promise<Outcome> {
  const env = world.stack.env();
  const client = new LambdaClient({
    endpoint: world.stack.url,
    region: world.stack.region,
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY },
    maxAttempts: 1,
  });
  const sent = await client.send(new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(event) }));
  client.destroy();
  const payload: unknown = JSON.parse(Buffer.from(sent.Payload ?? []).toString("utf8"));
  return sent.FunctionError === undefined
    ? { answer: payload }
    : { error: String((payload as { errorMessage: unknown }).errorMessage) };
}

/** Sends an event that has to be answered. */
export async function answered<T>(world: World, event: unknown): Promise<T> {
  const { answer, error } = await send(world, event);
  assert.equal(error, undefined, error);
  return answer as T;
}

export const act = (world: World, event: Record<string, unknown>): Promise<ActionAnswer> =>
  answered<ActionAnswer>(world, event);

/** Sends an event that has to fail, and answers with the error that everybody sees. */
export async function refused(world: World, event: unknown, functionName?: string): Promise<string> {
  const { answer, error } = await send(world, event, functionName);
  assert.ok(error !== undefined, `it was answered: ${JSON.stringify(answer)}`);
  return error;
}

export async function loginOf(world: World, { secretArn }: Pick<ActionAnswer, "secretArn">): Promise<Login> {
  assert.ok(secretArn !== undefined);
  const { username, password } = await secretOf(world, secretArn);
  return { user: username, password };
}
