import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { AwsError } from "../../local/aws";
import { replySchema, type ClaimResult, type Reply } from "../../provisioner/protocol";
import { requestOf, startWorld, type Ask, type World } from "../support/world";
import { Gate } from "./gate";
import { Looker } from "./looker";
import { namesOf, type Names, type Protocol } from "./protocol";
import { SecretCalls } from "./secrets";
import { Wire } from "./wire";

/** More than the function keeps for its answer, so that it begins, and too little for a call that hangs. */
const shortSeconds = 9;
const longSeconds = 60;

/** Claims of one request. */
const chunk = 64;

/** One server with its function, between which every call can go wrong. */
export class Place {
  /** Of all cases so far. */
  readonly names: Names[] = [];
  private readonly lambda: LambdaClient;
  /** Invocations of the function that serves claims. */
  private serving = 0;

  private constructor(
    readonly spec: string,
    readonly world: World,
    readonly gate: Gate,
    readonly secrets: SecretCalls,
    readonly looker: Looker,
    private readonly wire: Wire,
  ) {
    const env = world.stack.env();
    this.lambda = new LambdaClient({
      endpoint: world.stack.url,
      region: world.stack.region,
      credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY },
      maxAttempts: 1,
    });
    const { lambda } = world.stack;
    lambda.beforeInvoke(async (control) => {
      const by = control.functionName === world.target.rotateFunctionName ? "rotate" : "access";
      // Secrets Manager tests a function when it is attached, at the same time as whoever attaches it goes on. Which
      // calls come first must not be chance; the lock would let only one of them through anyway.
      if (by === "rotate") while (this.serving > 0) await sleep(5);
      else this.serving += 1;
      gate.begin(control.requestId, by, () => control.kill());
    });
    lambda.afterInvoke(({ functionName }) => {
      if (functionName !== world.target.rotateFunctionName) this.serving -= 1;
    });
  }

  static async start(spec: string): Promise<Place> {
    const world = await startWorld(spec);
    try {
      const gate = new Gate();
      const wire = await Wire.start(world.server, gate);
      const place = new Place(spec, world, gate, new SecretCalls(world, gate), await Looker.start(world), wire);
      await place.limitTime(false);
      // The ledger is made with the first claim of all.
      await place.askMany("apply", [{ claim: { kind: "role", name: "first", deletion: "drop" } }]);
      return place;
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.lambda.destroy();
    this.secrets.stop();
    await this.looker.close();
    await this.world.stop();
    await this.wire.stop();
  }

  /** What only a new process asks, it asks again. */
  async recycle(): Promise<void> {
    for (const name of this.functions()) await this.world.stack.lambda.recycle(name);
  }

  async limitTime(short: boolean): Promise<void> {
    const { lambda } = this.world.stack;
    const timeoutSeconds = short ? shortSeconds : longSeconds;
    for (const name of this.functions()) {
      const { env } = lambda.get(name).spec;
      await lambda.updateFunction(name, { timeoutSeconds, env: { ...env, DB_ACCESS_PORT: String(this.wire.port) } });
    }
  }

  /** What cases of the protocol begin with, under names that no case has had. */
  async prepare(protocol: Protocol, count: number): Promise<Names[]> {
    const all = Array.from({ length: count }, (_, at) => namesOf(this.names.length + at));
    this.names.push(...all);
    // What somebody does then comes after each: Secrets Manager would otherwise test all of them at the same time.
    const groups = protocol.meanwhile === undefined ? [all] : all.map((names) => [names]);
    for (const group of groups) {
      const claims = group.flatMap((names) => protocol.prepare(names));
      let results = await this.askMany("apply", claims);
      // On a machine with other work the time of one request is not enough for all of them.
      for (let again = 0; again < 10 && results.some(({ status }) => status === "notAttempted"); again++)
        results = await this.askMany("apply", claims);
      const failed = results.find(({ status }) => status !== "done" && status !== "unchanged");
      if (failed !== undefined)
        throw new Error(`A case of ${protocol.name} cannot be prepared: ${JSON.stringify(failed)}`);
      for (const names of group) await protocol.meanwhile?.(this, names);
    }
    return all;
  }

  async prepareOne(protocol: Protocol): Promise<Names> {
    const [names] = await this.prepare(protocol, 1);
    return names;
  }

  /** The function's answer, or why there is none. */
  async invoke(payload: unknown): Promise<Reply | string> {
    const command = new InvokeCommand({
      FunctionName: this.world.target.functionName,
      Payload: JSON.stringify(payload),
    });
    const answer = await this.lambda.send(command);
    if (answer.FunctionError !== undefined) return "the function died";
    const reply = replySchema.parse(JSON.parse(Buffer.from(answer.Payload ?? []).toString("utf8")));
    return reply.error === undefined ? reply : `${reply.error.code}: ${reply.error.message}`;
  }

  /** Has Secrets Manager rotate, or go on with what it has begun. Undefined when it has ended well. */
  async rotate(secretName: string): Promise<string | undefined> {
    const request = { SecretId: secretName, ClientRequestToken: randomUUID() };
    await this.world.stack.aws.direct("secretsmanager", "RotateSecret", request).catch((error: unknown) => {
      // A former rotation has not ended: it is taken up again.
      if (!(error instanceof AwsError) || error.code !== "InvalidRequestException") throw error;
    });
    return this.rotationEnded(secretName);
  }

  /** Waits for what Secrets Manager does by itself. */
  async rotationEnded(secretName: string): Promise<string | undefined> {
    const secret = this.world.stack.aws.secrets.named(secretName, this.world.stack);
    if (secret?.rotation === undefined) return undefined;
    const ended = await this.world.stack.rotationEnded(secret.arn);
    return ended === "done" ? undefined : `${ended.step}: ${ended.error}`;
  }

  /** Results of claims, or why there are none. */
  async ask(mode: "apply" | "plan", asks: readonly Ask[]): Promise<ClaimResult[] | string> {
    const reply = await this.invoke(requestOf(this.world, mode, asks));
    return typeof reply === "string" ? reply : reply.results;
  }

  /** As many as there are, where nothing goes wrong. */
  async askMany(mode: "apply" | "plan", asks: readonly Ask[]): Promise<ClaimResult[]> {
    const all: ClaimResult[] = [];
    for (let at = 0; at < asks.length; at += chunk) {
      const results = await this.ask(mode, asks.slice(at, at + chunk));
      if (typeof results === "string") throw new Error(`The function does not work: ${results}`);
      all.push(...results);
    }
    return all;
  }

  private functions(): string[] {
    return [this.world.target.functionName, this.world.target.rotateFunctionName];
  }
}
