import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { replySchema, type ClaimResult } from "../../provisioner/protocol";
import { requestOf, startWorld, type Ask, type World } from "../support/world";
import { Gate } from "./gate";
import { Looker } from "./looker";
import { namesOf, type Names, type Protocol } from "./protocols";
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
    world.stack.lambda.beforeInvoke((control) => {
      gate.kill = () => control.kill();
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
    const results = await this.askMany("apply", all.flatMap((names) => protocol.prepare(names))); // prettier-ignore
    const failed = results.find(({ status }) => status !== "done");
    if (failed !== undefined)
      throw new Error(`A case of ${protocol.name} cannot be prepared: ${JSON.stringify(failed)}`);
    for (const names of all) await protocol.meanwhile?.(this, names);
    return all;
  }

  async prepareOne(protocol: Protocol): Promise<Names> {
    const [names] = await this.prepare(protocol, 1);
    return names;
  }

  /** The function's answer, or undefined when there is none: it died, or its time was over. */
  async invoke(functionName: string, payload: unknown): Promise<unknown> {
    const command = new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(payload) });
    const answer = await this.lambda.send(command);
    if (answer.FunctionError !== undefined) return undefined;
    return JSON.parse(Buffer.from(answer.Payload ?? []).toString("utf8")) as unknown;
  }

  /** Results of claims, or why there are none. */
  async ask(mode: "apply" | "plan", asks: readonly Ask[]): Promise<ClaimResult[] | string> {
    const answer = await this.invoke(this.world.target.functionName, requestOf(this.world, mode, asks));
    if (answer === undefined) return "the function died";
    const reply = replySchema.parse(answer);
    return reply.error === undefined ? reply.results : `${reply.error.code}: ${reply.error.message}`;
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
    return [...new Set(Object.values(this.world.target.ref.functions))];
  }
}
