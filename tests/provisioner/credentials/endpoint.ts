import { AwsEndpoint, AwsError, ConnectionLost, staticKeyOf, type InterceptedCall } from "../../../local/aws";
import type { LoginClaim } from "../../../provisioner/access/claims";
import { claimId } from "../../../provisioner/access/id";
import { readConfig, type FunctionConfig } from "../../../provisioner/config";
import { forgetAdmin } from "../../../provisioner/credentials/admin-secret";
import type { CredentialRecord } from "../../../provisioner/access/record";
import type { PreparedSecret, SecretOrder } from "../../../provisioner/credentials/secret-order";
import { prepareSecret, promoteSecret } from "../../../provisioner/credentials/user-secret";

export const account = "111122223333";
export const region = "us-east-1";
export const owner = "acme/orders";

/** The modules under test take endpoint and credentials from the environment, as in the function. */
export class Endpoint {
  private readonly environment = { ...process.env };

  private constructor(readonly aws: AwsEndpoint) {}

  static async start(): Promise<Endpoint> {
    const endpoint = new Endpoint(await AwsEndpoint.start({ account, region }));
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: endpoint.aws.url,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: staticKeyOf(account),
      AWS_SECRET_ACCESS_KEY: "local",
    });
    delete process.env.AWS_SESSION_TOKEN;
    forgetAdmin();
    return endpoint;
  }

  async stop(): Promise<void> {
    process.env = this.environment;
    forgetAdmin();
    await this.aws.close();
  }

  secret(operation: string, request: Record<string, unknown>): Promise<Record<string, unknown>> {
    return this.aws.direct("secretsmanager", operation, request);
  }

  parameter(operation: string, request: Record<string, unknown>): Promise<Record<string, unknown>> {
    return this.aws.direct("ssm", operation, request);
  }

  /** Every version with its labels and value, oldest first; undefined when there is no live secret of the name. */
  look(name: string): Seen | undefined {
    const secret = this.aws.secrets.named(name, this.aws.options);
    if (secret === undefined || secret.deletionDue !== undefined) return undefined;
    const versions = secret.versions.map(({ id, stages, value }) => ({
      id,
      stages,
      value: JSON.parse(value.SecretString ?? "{}") as Record<string, unknown>,
    }));
    return {
      arn: secret.arn,
      tags: Object.fromEntries(secret.tags.map(({ Key, Value }) => [Key, Value])),
      description: secret.description,
      kmsKeyId: secret.kmsKeyId,
      versions,
      labelled: versions.filter(({ stages }) => stages.length > 0),
      current: versions.find(({ stages }) => stages.includes("AWSCURRENT"))?.value ?? {},
    };
  }

  /** The same, where there has to be one. */
  seen(name: string): Seen {
    const found = this.look(name);
    if (found === undefined) throw new Error(`There is no secret ${name}.`);
    return found;
  }

  /** What the calls of a run are, in order. */
  async callsOf(run: () => Promise<unknown>): Promise<string[]> {
    const calls: string[] = [];
    const stop = this.aws.intercept((call) => {
      calls.push(call.operation);
      return call.next();
    });
    await run().finally(stop);
    return calls;
  }

  /** Runs it with one call going wrong. Resolves with the error, or undefined when it succeeded all the same. */
  async failing(at: number, fault: Fault, run: () => Promise<unknown>): Promise<unknown> {
    let count = 0;
    const stop = this.aws.intercept(async (call) => ((count += 1) === at ? fail(call, fault) : call.next()));
    try {
      await run();
      return undefined;
    } catch (error) {
      return error;
    } finally {
      stop();
    }
  }
}

/** `before`: the call never arrives. `after`: it succeeds, and then everything stops. `lost`: only its answer is lost. */
export type Fault = "before" | "after" | "lost";
export const faults: Fault[] = ["before", "after", "lost"];

async function fail(call: InterceptedCall, fault: Fault): Promise<never> {
  // A call that is refused has arrived as well.
  if (fault !== "before") await Promise.resolve(call.next()).catch(() => undefined);
  throw fault === "lost" ? new ConnectionLost() : new AwsError("Stopped", "The process ends here.");
}

export interface Seen {
  arn: string;
  tags: Record<string, string>;
  description: string | undefined;
  kmsKeyId: string | undefined;
  versions: { id: string; stages: string[]; value: Record<string, unknown> }[];
  labelled: Seen["versions"];
  current: Record<string, unknown>;
}

export const configOf = (more: NodeJS.ProcessEnv = {}): FunctionConfig =>
  readConfig({
    DB_ACCESS_CLUSTER: "orders",
    DB_ACCESS_ENGINE: "postgresql",
    DB_ACCESS_HOST: "db.example",
    DB_ACCESS_PORT: "5432",
    DB_ACCESS_ADMIN_SECRET_ARN: `arn:aws:secretsmanager:${region}:${account}:secret:admin-abcdef`,
    DB_ACCESS_ACCOUNT: account,
    AWS_REGION: region,
    ...more,
  });

export const loginOf = (name: string, secret: object = {}, more: Partial<LoginClaim> = {}): LoginClaim => ({
  kind: "login",
  name,
  auth: { kind: "password", secret },
  deletion: "drop",
  ...more,
});

export const idOf = (claim: LoginClaim): string => claimId("postgresql", "orders", claim, owner);

/** A first password for the login, unless told otherwise. */
export const orderOf = (claim: LoginClaim, more: Partial<SecretOrder> = {}): SecretOrder => ({
  config: configOf(),
  id: idOf(claim),
  owner,
  claim,
  generation: 1,
  password: "fresh",
  secret: "write",
  username: claim.name,
  ...more,
});

/** Whatever has been proven. */
export async function promoted(order: SecretOrder): Promise<PreparedSecret> {
  const prepared = await prepareSecret(order);
  await promoteSecret(prepared);
  return prepared;
}

/** What the ledger knows of a secret. */
export const record = (arn: string): CredentialRecord => ({
  secretArn: arn,
  secretVersionId: "",
  passwordVersion: 1,
  passwordLastChanged: "2026-01-01T00:00:00.000Z",
});
