import {
  RotateSecretCommand,
  SecretsManagerClient,
  TagResourceCommand,
  UpdateSecretCommand,
} from "@aws-sdk/client-secrets-manager";
import { SSMClient } from "@aws-sdk/client-ssm";
import assert from "node:assert/strict";
import type { AccessCheck, Caller, ServiceName } from "../../local/aws";
import type { AccessRequest } from "../../local/aws/iam";
import type { TargetState } from "../../local/stack";
import type { Claim, LoginClaim } from "../../provisioner/protocol";
import { forgetClients } from "../../provisioner/credentials/aws-clients";
import { apply, ask, invokeRaw, requestOf, startWorld, type World } from "../support/world";

export const roles = ["access", "rotate", "migrate"] as const;
export type RoleName = (typeof roles)[number];

/** One question to a role's policies, and during what it was asked. */
export interface Recorded extends AccessCheck {
  scenario: string;
}

export const place = { account: "111122223333", region: "us-east-1" };
export const keyArn = (name: string, region = place.region): string =>
  `arn:aws:kms:${region}:${place.account}:key/${name}`;
/** All kinds of directories; a provisioner has one. */
export const directory = {
  identityStoreId: "d-0123456789",
  roleArn: "arn:aws:iam::777788889999:role/directory-reader",
  // Six characters of its ARN are AWS's own.
  bindSecretArn: `arn:aws:secretsmanager:${place.region}:${place.account}:secret:theirs/directory-??????`,
};
const endpointId = "vpce-0123456789abcdef0";

/** What the services call themselves, where that is not their name. */
const targets: Partial<Record<ServiceName, string>> = {
  ssm: "AmazonSSM",
  identitystore: "AWSIdentityStore",
  logs: "Logs_20140328",
};

/** A provisioner with everything that a role can have, and a record of what its roles are asked. */
export class Place {
  readonly recorded: Recorded[] = [];
  private scenario: string | undefined;

  private constructor(
    readonly world: World,
    readonly secrets: SecretsManagerClient,
    readonly parameters: SSMClient,
  ) {
    world.stack.aws.roles.observe((check) => {
      if (this.scenario !== undefined) this.recorded.push({ ...check, scenario: this.scenario });
    });
  }

  static async start(version: string): Promise<Place> {
    const world = await startWorld(version, {
      audit: true,
      role: {
        adminIamUser: "provisioner",
        adminKeyArns: [keyArn("admin")],
        secretKeyArns: [keyArn("logins"), keyArn("copies", "eu-west-1")],
        parameterKeyArns: [keyArn("published")],
        inheritedTagKeys: ["team"],
        migrationsKeyArn: keyArn("files"),
        directory,
        rotationFunctionArns: [`arn:aws:lambda:${place.region}:${place.account}:function:theirs`],
        vpcEndpointIds: [endpointId],
      },
    });
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = world.stack.env();
    const credentials = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY };
    const options = { endpoint: world.stack.url, region: place.region, credentials, maxAttempts: 1 };
    const made = new Place(world, new SecretsManagerClient(options), new SSMClient(options));
    // RDS encrypts the admin's secret with whatever key it is told.
    const SecretId = world.target.adminSecretArn;
    await made.secrets.send(new UpdateSecretCommand({ SecretId, KmsKeyId: keyArn("admin") }));
    await made.secrets.send(new TagResourceCommand({ SecretId, Tags: [{ Key: "team", Value: "shop" }] }));
    return made;
  }

  async stop(): Promise<void> {
    this.secrets.destroy();
    this.parameters.destroy();
    await this.world.stop();
  }

  /** Whatever is asked of a role meanwhile belongs to the scenario. */
  async during<T>(scenario: string, run: () => Promise<T>): Promise<T> {
    this.scenario = scenario;
    try {
      return await run();
    } finally {
      this.scenario = undefined;
    }
  }

  functionOf(role: RoleName): string {
    const { functionName, rotateFunctionName, migrateFunctionName } = this.world.target;
    return { access: functionName, rotate: rotateFunctionName, migrate: migrateFunctionName }[role];
  }

  roleArn = (role: RoleName): string => `arn:aws:iam::${place.account}:role/${this.functionOf(role)}`;

  of = (role: RoleName): Recorded[] => this.recorded.filter((check) => check.role === this.roleArn(role));

  apply = async (claim: Claim): Promise<string> => (await apply(this.world, { claim }))[0].outputs?.secretArn ?? "";

  remove = async (claim: Claim): Promise<unknown> => apply(this.world, { claim, action: "remove" });

  /** Rotates as Secrets Manager would when its time has come. */
  async rotate(arn: string): Promise<void> {
    await this.secrets.send(new RotateSecretCommand({ SecretId: arn }));
    assert.equal(await this.world.stack.rotationEnded(arn), "done");
  }

  /**
   * A request for which one of the functions has to log in as the admin. Each takes what it is there for and nothing
   * else, so that it has to serve claims meanwhile: whose role it runs in is what matters. Resolves with the error's code.
   */
  async knock(role: RoleName): Promise<string | undefined> {
    const { lambda } = this.world.stack;
    const name = this.functionOf(role);
    const { env } = lambda.get(name).spec;
    await lambda.updateFunction(name, { env: { ...env, DB_ACCESS_FUNCTION: "access" } });
    try {
      const target: TargetState = { ...this.world.target, functionName: name };
      const claim: Claim = { kind: "role", name: "nobody", deletion: "drop" };
      return (await invokeRaw({ ...this.world, target }, requestOf(this.world, "plan", [{ claim }]))).error?.code;
    } finally {
      await lambda.updateFunction(name, { env });
    }
  }

  /** Something that none of the functions takes, which each has to tell. */
  async refuse(role: RoleName): Promise<void> {
    const target: TargetState = { ...this.world.target, functionName: this.functionOf(role) };
    assert.ok((await invokeRaw({ ...this.world, target }, { nonsense: true })).error !== undefined);
  }

  /** The function in another network: its calls do not come through the endpoint. */
  async outside<T>(role: RoleName, run: () => Promise<T>): Promise<T> {
    const { lambda } = this.world.stack;
    await lambda.updateFunction(this.functionOf(role), { vpcEndpointId: "vpce-00000000000000000" });
    try {
      return await run();
    } finally {
      await lambda.updateFunction(this.functionOf(role), { vpcEndpointId: endpointId });
    }
  }

  /** The provisioner is deployed with other prefixes than the login's secret was made under. */
  async withOtherPrefixes<T>(run: () => Promise<T>): Promise<T> {
    const { lambda } = this.world.stack;
    const { rolePolicies } = lambda.get(this.functionOf("access")).spec;
    const later = (text: string): string => text.replaceAll(":secret:orders/*", ":secret:later/*");
    await lambda.updateFunction(this.functionOf("access"), {
      rolePolicies: (name) =>
        (rolePolicies?.(name) ?? []).map((one) => JSON.parse(later(JSON.stringify(one))) as object),
    });
    try {
      return await run();
    } finally {
      await lambda.updateFunction(this.functionOf("access"), { rolePolicies });
    }
  }

  /** Somebody who runs code inside the function, or has its credentials. */
  private session(role: RoleName): Caller {
    const { identities } = this.world.stack.aws;
    const { session } = identities.issue(this.roleArn(role), this.functionOf(role), 900);
    return { ...identities.owner(place.account, place.region), ...session, temporary: true };
  }

  /** Runs it here, in place of the function, with the role's credentials. */
  async as<T>(role: RoleName, run: () => Promise<T>): Promise<T> {
    const environment = process.env;
    const { credentials } = this.world.stack.aws.identities.issue(this.roleArn(role), this.functionOf(role), 900);
    process.env = {
      ...environment,
      ...this.world.stack.env(),
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_SESSION_TOKEN: credentials.sessionToken,
    };
    forgetClients();
    try {
      return await run();
    } finally {
      process.env = environment;
      forgetClients();
    }
  }

  /** A call with the role's credentials. Throws what AWS answers. */
  async call(role: RoleName, service: ServiceName, operation: string, request: object): Promise<void> {
    const scope = `${this.session(role).accessKeyId}/20260101/${place.region}/${service}/aws4_request`;
    const reply = await fetch(this.world.stack.url, {
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": `${targets[service] ?? service}.${operation}`,
        authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
      },
      body: JSON.stringify(request),
    });
    const { __type, message } = (await reply.json()) as { __type?: string; message?: string };
    if (!reply.ok) throw Object.assign(new Error(message), { name: __type });
  }

  /** What is asked of a role by a service that is not here. Fails as the service would. */
  ask(role: RoleName, request: AccessRequest): void {
    this.world.stack.aws.roles.authorize(this.session(role), () => [request]);
  }

  /** Why a claim is refused. */
  refusal = async (claim: Claim): Promise<string | undefined> =>
    (await ask(this.world, "plan", [{ claim }]))[0].error?.code;
}

export const login = (name: string, more: Partial<LoginClaim> = {}, secret: object = {}): LoginClaim => ({
  kind: "login",
  name,
  auth: { kind: "password", secret: { name: `orders/${name}`, recoveryDays: 7, ...secret } },
  passwordVersion: 1,
  deletion: "drop",
  ...more,
});
