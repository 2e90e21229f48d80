import assert from "node:assert/strict";
import { current, type Secret } from "../../local/aws/secrets/model";
import type { ClaimResult, LoginClaim, Mode, SecretSpec } from "../../provisioner/protocol";
import { Scanner } from "../support/leaks";
import {
  ask,
  attempt,
  byHand,
  changeWords,
  invokeRaw,
  requestOf,
  startWorld,
  type Ask,
  type World,
} from "../support/world";

export const stranger = "222222222222";

export const keyArn = (name: string): string => `arn:aws:kms:us-east-1:111122223333:key/${name}`;

export const login = (name: string, secret: SecretSpec = {}, more: Partial<LoginClaim> = {}): LoginClaim => ({
  kind: "login",
  name,
  auth: { kind: "password", secret: { name: `orders/${name}`, ...secret } },
  deletion: "drop",
  ...more,
});

/** One server with its provisioner for all suites of an engine. */
export class Place {
  /** Every password that was in a secret, and every answer of the function. */
  readonly passwords = new Set<string>();
  private readonly replies: string[] = [];
  /** What is claimed now, by name. */
  private readonly applied = new Map<string, Ask>();

  private constructor(readonly world: World) {
    world.stack.aws.intercept((call) => {
      const text = call.request.SecretString;
      if (typeof text === "string") this.passwords.add(String((JSON.parse(text) as { password: unknown }).password));
      return call.next();
    });
  }

  static start = async (version: string): Promise<Place> =>
    new Place(
      await startWorld(version, {
        functionEnv: { DB_ACCESS_CLUSTER_IDENTIFIER: "orders-cluster" },
        role: { inheritedTagKeys: ["team", "stage", "cost centre"] },
      }),
    );

  get postgresql(): boolean {
    return this.world.family === "postgresql";
  }

  private async ask(mode: Mode, claim: LoginClaim, owner?: string, action?: "remove"): Promise<ClaimResult> {
    const [result] = await ask(this.world, mode, [{ claim, owner, action }]);
    this.replies.push(JSON.stringify(result));
    return result;
  }

  /** Applies, and finds nothing left to do. A reading is a plan that also looks at the passwords. */
  async apply(claim: LoginClaim, owner?: string): Promise<ClaimResult> {
    const result = await this.ask("apply", claim, owner);
    assert.ok(["done", "unchanged"].includes(result.status), JSON.stringify(result));
    assert.deepEqual(await this.read(claim, owner), []);
    this.applied.set(claim.name, { claim, owner });
    return result;
  }

  async remove(claim: LoginClaim, owner?: string): Promise<ClaimResult> {
    const result = await this.ask("apply", claim, owner, "remove");
    assert.equal(result.status, "done", JSON.stringify(result));
    this.applied.delete(claim.name);
    return result;
  }

  plan = async (claim: LoginClaim, owner?: string): Promise<string[]> =>
    this.words(await this.ask("plan", claim, owner));

  read = async (claim: LoginClaim, owner?: string): Promise<string[]> =>
    this.words(await this.ask("read", claim, owner));

  private words(result: ClaimResult): string[] {
    assert.equal(result.error, undefined, JSON.stringify(result));
    return changeWords(result);
  }

  async failure(claim: LoginClaim): Promise<{ code: string; message: string }> {
    const reply = await invokeRaw(this.world, requestOf(this.world, "apply", [{ claim }]));
    this.replies.push(JSON.stringify(reply));
    const error = reply.error ?? reply.results[0]?.error;
    assert.ok(error !== undefined, JSON.stringify(reply));
    return error;
  }

  secrets = (operation: string, request: Record<string, unknown>, account?: string): Promise<Record<string, unknown>> =>
    this.call("secretsmanager", operation, request, account);

  parameters = (operation: string, request: Record<string, unknown>): Promise<Record<string, unknown>> =>
    this.call("ssm", operation, request);

  private call(
    service: "secretsmanager" | "ssm",
    operation: string,
    request: Record<string, unknown>,
    account?: string,
  ): Promise<Record<string, unknown>> {
    const { aws, region } = this.world.stack;
    return aws.direct(service, operation, request, account === undefined ? undefined : { account, region });
  }

  /** As Secrets Manager keeps it; also one that is scheduled for deletion. */
  secret(name: string): Secret {
    const secret = this.find(name);
    assert.ok(secret !== undefined, `secret ${name} is there`);
    return secret;
  }

  find = (name: string): Secret | undefined =>
    this.world.stack.aws.secrets.save().find((secret) => secret.name === name || secret.arn === name);

  tags = (name: string): Record<string, string> =>
    Object.fromEntries(this.secret(name).tags.map(({ Key, Value }) => [Key, Value ?? ""]));

  /** What the current version says. */
  value(name: string): Record<string, unknown> & { username: string; password: string } {
    const version = this.secret(name).versions.find(({ stages }) => stages.includes(current));
    return JSON.parse(version?.value.SecretString ?? "");
  }

  /** A secret of somebody else. */
  async put(name: string, SecretString: string, tags: Record<string, string> = {}): Promise<string> {
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    return String((await this.secrets("CreateSecret", { Name: name, SecretString, Tags })).ARN);
  }

  enter = (user: string, password: string): Promise<string> =>
    attempt(this.world, { user, password }, undefined, "SELECT 1");

  /** The login can log in with what its secret says now. */
  async works(name: string): Promise<string> {
    const { username, password } = this.value(name);
    assert.equal(await this.enter(username, password), "ok", `the secret ${name} logs in`);
    return password;
  }

  async refusesPassword(user: string, password: string): Promise<void> {
    assert.notEqual(await this.enter(user, password), "ok", `an older password of ${user}`);
  }

  async exists(name: string): Promise<boolean> {
    const sql = this.postgresql
      ? `SELECT 1 FROM pg_roles WHERE rolname = '${name}'`
      : `SELECT 1 FROM mysql.user WHERE user = '${name}'`;
    return (await byHand(this.world, undefined, sql)).length > 0;
  }

  byHand = (sql: string): Promise<unknown> => byHand(this.world, undefined, sql);

  /** Applied once more, all of it together: nothing is changed. */
  async assertSettled(): Promise<void> {
    assert.ok(this.applied.size > 5);
    for (const result of await ask(this.world, "apply", [...this.applied.values()]))
      assert.equal(result.status, "unchanged", JSON.stringify(result));
  }

  /** What was answered, searched for every password there was. */
  assertNothingSaid(): void {
    assert.ok(this.passwords.size > 0 && this.replies.length > 0);
    const scanner = new Scanner([...this.passwords]);
    assert.ok(scanner.finds(JSON.stringify([...this.passwords])), "the scan finds what is there");
    for (const reply of this.replies) assert.ok(!scanner.finds(reply), reply);
  }
}

export const codeOf = async (promise: Promise<unknown>): Promise<string> => {
  try {
    await promise;
    return "ok";
  } catch (error) {
    return (error as Error).name;
  }
};
