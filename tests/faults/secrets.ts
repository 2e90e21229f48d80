import { AwsError, ConnectionLost, type InterceptedCall } from "../../local/aws";
import type { World } from "../support/world";
import type { Fault, Gate } from "./gate";

/** Roles of functions have sessions; whoever runs the tests is the account itself. */
const isFunction = ({ caller }: InterceptedCall): boolean => caller.arn.includes(":assumed-role/");

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** Every call of the function to AWS comes past the gate, and every password that is put into a secret is noted. */
export class SecretCalls {
  private readonly passwords = new Map<string, Set<string>>();
  /** Every attempt of one call fails: the SDK repeats it by itself. */
  private failing: { request: string; run: number } | undefined;
  private readonly end: () => void;

  constructor(
    private readonly world: World,
    private readonly gate: Gate,
  ) {
    this.end = world.stack.aws.intercept((call) => this.pass(call));
  }

  /** All that any version of a secret has ever held for these users, and what never came to be stored. */
  passwordsOf(users: readonly string[]): Set<string> {
    return new Set(users.flatMap((user) => [...(this.passwords.get(user) ?? [])]));
  }

  stop(): void {
    this.end();
  }

  private async pass(call: InterceptedCall): Promise<unknown> {
    this.note(call.request.SecretString);
    if (!isFunction(call)) return call.next();
    const request = JSON.stringify([call.operation, call.request]);
    if (this.failing?.request === request && this.failing.run === this.gate.runs) throw failure();
    const { rotateFunctionName, adminSecretArn } = this.world.target;
    const by = call.caller.arn.includes(`/${rotateFunctionName}`) ? "rotate" : "access";
    const isStart = call.request.SecretId === adminSecretArn;
    const label = isStart ? `${call.operation} of the admin` : call.operation;
    const channel = isStart ? "start" : call.service === "ssm" ? "parameters" : "secrets";
    const fault = this.gate.meet({ by, channel, label });
    if (fault === undefined) return call.next();
    // An answer that says no is an answer too, and gets lost like any other.
    if (fault.when === "after") await call.next().catch(() => undefined);
    return this.fail(fault, request);
  }

  private async fail({ kind, by }: Fault, request: string): Promise<never> {
    switch (kind) {
      case "exit":
        this.gate.kill(by);
        break;
      case "throw":
        this.failing = { request, run: this.gate.runs };
        throw failure();
      case "hang":
        await this.gate.hang();
        break;
      case "drop":
        break;
    }
    throw new ConnectionLost();
  }

  private note(text: unknown): void {
    if (typeof text !== "string") return;
    const value: unknown = JSON.parse(text);
    if (!isObject(value) || typeof value.username !== "string" || typeof value.password !== "string") return;
    const known = this.passwords.get(value.username) ?? new Set();
    this.passwords.set(value.username, known.add(value.password));
  }
}

const failure = (): AwsError => new AwsError("InternalServiceError", "Injected by the fault harness.", 500);
