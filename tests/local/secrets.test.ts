import * as sm from "@aws-sdk/client-secrets-manager";
import * as ssm from "@aws-sdk/client-ssm";
import * as sts from "@aws-sdk/client-sts";
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AwsEndpoint, AwsError, ConnectionLost, accountOf, staticKeyOf } from "../../local/aws";
import { startMoto } from "./moto";
import { differences } from "./secrets-differences";
import { play, script } from "./secrets-script";

const region = "us-east-1";
const account = "123456789012";
const stranger = "444455556666";

interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

const keysOf = (owner: string): Keys => ({ accessKeyId: staticKeyOf(owner), secretAccessKey: "local" });
const configuration = (endpoint: string, credentials: Keys = keysOf(account), place = region): object => ({
  endpoint,
  region: place,
  credentials,
  maxAttempts: 1,
});
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "no error",
    (error: Error) => error.name,
  );

describe("local Secrets Manager compared with moto", () => {
  it("answers every call alike, except where AWS's documentation decides", async function () {
    this.timeout(300_000); // The first time, moto is fetched.
    const moto = await startMoto();
    const aws = await AwsEndpoint.start({ account, region });
    try {
      const ours = await play(new sm.SecretsManagerClient(configuration(aws.url)));
      const theirs = await play(new sm.SecretsManagerClient(configuration(moto.url)));
      for (const step of Object.keys(script)) {
        const known = differences[step];
        if (known === undefined) assert.deepEqual(ours[step], theirs[step], `a new difference: ${step}`);
        else {
          assert.deepEqual(ours[step], known.ours, `${step}. ${known.decidedBy}`);
          assert.deepEqual(theirs[step], known.moto, `moto has changed: ${step}`);
          assert.notDeepEqual(known.ours, known.moto, `not a difference: ${step}`);
        }
      }
      assert.deepEqual(
        Object.keys(differences).filter((step) => !(step in script)),
        [],
      );
    } finally {
      await aws.close();
      await moto.stop();
    }
  });
});

describe("local AWS endpoint", () => {
  let directory: string;
  let stateFile: string;
  let aws: AwsEndpoint;

  const secrets = (credentials?: Keys, place?: string): sm.SecretsManagerClient =>
    new sm.SecretsManagerClient(configuration(aws.url, credentials, place));
  const parameters = (credentials?: Keys): ssm.SSMClient => new ssm.SSMClient(configuration(aws.url, credentials));
  const tokens = (credentials?: Keys): sts.STSClient => new sts.STSClient(configuration(aws.url, credentials));

  beforeEach(async () => {
    directory = mkdtempSync(path.join(tmpdir(), "db-access-aws-"));
    stateFile = path.join(directory, "aws.json");
    aws = await AwsEndpoint.start({ account, region, stateFile });
  });

  afterEach(async () => {
    await aws.close();
    rmSync(directory, { recursive: true });
  });

  it("says in AWS's words why a scheduled name cannot be used", async () => {
    const client = secrets();
    await client.send(new sm.CreateSecretCommand({ Name: "a/b", SecretString: "x" }));
    await client.send(new sm.DeleteSecretCommand({ SecretId: "a/b" }));
    await assert.rejects(client.send(new sm.CreateSecretCommand({ Name: "a/b", SecretString: "x" })), {
      name: "InvalidRequestException",
      message: "You can't create this secret because a secret with this name is already scheduled for deletion.",
    });
    await assert.rejects(client.send(new sm.GetSecretValueCommand({ SecretId: "a/b" })), {
      message: "You can't perform this operation on the secret because it was marked for deletion.",
    });
  });

  it("keeps accounts and Regions apart", async () => {
    await secrets().send(new sm.CreateSecretCommand({ Name: "same", SecretString: "one" }));
    await secrets(keysOf(stranger)).send(new sm.CreateSecretCommand({ Name: "same", SecretString: "two" }));
    await secrets(undefined, "eu-west-1").send(new sm.CreateSecretCommand({ Name: "same", SecretString: "three" }));
    const read = async (client: sm.SecretsManagerClient): Promise<(string | undefined)[]> => {
      const { ARN, SecretString } = await client.send(new sm.GetSecretValueCommand({ SecretId: "same" }));
      return [ARN?.split(":").slice(3, 5).join(" "), SecretString];
    };
    assert.deepEqual(await read(secrets()), [`us-east-1 ${account}`, "one"]);
    assert.deepEqual(await read(secrets(keysOf(stranger))), [`us-east-1 ${stranger}`, "two"]);
    assert.deepEqual(await read(secrets(undefined, "eu-west-1")), [`eu-west-1 ${account}`, "three"]);
  });

  it("lets another account read by ARN, with a policy and a key of one's own only", async () => {
    const { ARN = "" } = await secrets().send(new sm.CreateSecretCommand({ Name: "shared", SecretString: "x" }));
    const read = (credentials: Keys): Promise<string> =>
      codeOf(secrets(credentials).send(new sm.GetSecretValueCommand({ SecretId: ARN })));
    assert.equal(await read(keysOf(stranger)), "AccessDeniedException");
    assert.equal(
      await codeOf(secrets(keysOf(stranger)).send(new sm.GetSecretValueCommand({ SecretId: "shared" }))),
      "ResourceNotFoundException",
    );
    const RoleArn = `arn:aws:iam::${stranger}:role/reader`;
    const allow = { Effect: "Allow", Principal: { AWS: RoleArn }, Action: "secretsmanager:*", Resource: "*" };
    const policy = async (...Statement: object[]): Promise<void> => {
      const ResourcePolicy = JSON.stringify({ Version: "2012-10-17", Statement });
      await secrets().send(new sm.PutResourcePolicyCommand({ SecretId: ARN, ResourcePolicy, BlockPublicPolicy: true }));
    };
    await policy(allow);
    const { Credentials } = await tokens().send(new sts.AssumeRoleCommand({ RoleArn, RoleSessionName: "test" }));
    const reader: Keys = {
      accessKeyId: Credentials?.AccessKeyId ?? "",
      secretAccessKey: Credentials?.SecretAccessKey ?? "",
      sessionToken: Credentials?.SessionToken,
    };
    assert.equal(await read(reader), "AccessDeniedException", "the default key does not leave its account");
    await secrets().send(new sm.UpdateSecretCommand({ SecretId: ARN, KmsKeyId: "alias/shared" }));
    assert.equal(await read(reader), "no error");
    assert.equal(await read(keysOf(stranger)), "AccessDeniedException", "the policy names the role, not the account");
    await policy(allow, { ...allow, Effect: "Deny", Principal: "*", Action: ["secretsmanager:GetSecretValue"] });
    assert.equal(await read(reader), "AccessDeniedException");
    assert.equal(await read(keysOf(account)), "AccessDeniedException", "a deny holds in the own account too");
  });

  it("refuses what it does not have, aloud", async () => {
    const error = await secrets()
      .send(new sm.StopReplicationToReplicaCommand({ SecretId: "x" }))
      .catch((reason: unknown) => reason as sm.SecretsManagerServiceException);
    assert.ok(error instanceof Error);
    assert.equal(error.name, "NotImplementedLocally");
    assert.match(error.message, /StopReplicationToReplica/);
  });

  it("pages lists", async () => {
    const client = secrets();
    for (const digit of [1, 2, 3, 4, 5]) {
      await client.send(new sm.CreateSecretCommand({ Name: `n${digit}`, SecretString: "x" }));
    }
    const names: (string | undefined)[][] = [];
    for await (const { SecretList = [] } of sm.paginateListSecrets({ client, pageSize: 2 }, {})) {
      names.push(SecretList.map(({ Name }) => Name));
    }
    assert.deepEqual(names, [["n1", "n2"], ["n3", "n4"], ["n5"]]);
  });

  it("makes passwords as asked", async () => {
    const { RandomPassword = "" } = await secrets().send(
      new sm.GetRandomPasswordCommand({ PasswordLength: 24, ExcludePunctuation: true, ExcludeCharacters: "abc" }),
    );
    assert.match(RandomPassword, /^(?=.*[A-Z])(?=.*[0-9])(?=.*[d-z])[A-Zd-z0-9]{24}$/);
  });

  it("keeps parameters as Parameter Store does", async () => {
    const client = parameters();
    const put = (input: Partial<ssm.PutParameterCommandInput>): Promise<unknown> =>
      client.send(new ssm.PutParameterCommand({ Name: "/app/one", Value: "1", Type: "String", ...input }));
    const get = async (Name: string, WithDecryption = false): Promise<ssm.Parameter | undefined> =>
      (await client.send(new ssm.GetParameterCommand({ Name, WithDecryption }))).Parameter;
    await put({});
    assert.equal(await codeOf(put({ Value: "2" })), "ParameterAlreadyExists");
    await put({ Value: "2", Overwrite: true });
    assert.deepEqual([(await get("/app/one"))?.Value, (await get("/app/one"))?.Version], ["2", 2]);
    assert.equal((await get("/app/one:1"))?.Value, "1");
    assert.equal((await get(`arn:aws:ssm:${region}:${account}:parameter/app/one`))?.Value, "2");
    assert.equal(await codeOf(put({ Overwrite: true, Tags: [{ Key: "a", Value: "b" }] })), "ValidationException");
    assert.equal(await codeOf(put({ Overwrite: true, Type: "SecureString" })), "HierarchyTypeMismatchException");
    assert.equal(await codeOf(put({ Name: "/app/big", Value: "x".repeat(4097) })), "ValidationException");
    assert.equal(await codeOf(put({ Name: "/aws/x" })), "ValidationException");
    await put({ Name: "/app/deep/secret", Type: "SecureString", Value: "hidden" });
    assert.equal((await get("/app/deep/secret", true))?.Value, "hidden");
    assert.doesNotMatch((await get("/app/deep/secret"))?.Value ?? "hidden", /hidden/);
    const under = async (Recursive: boolean): Promise<(string | undefined)[]> => {
      const reply = await client.send(new ssm.GetParametersByPathCommand({ Path: "/app", Recursive }));
      return (reply.Parameters ?? []).map(({ Name }) => Name);
    };
    assert.deepEqual(await under(false), ["/app/one"]);
    assert.deepEqual(await under(true), ["/app/deep/secret", "/app/one"]);
    const several = await client.send(new ssm.GetParametersCommand({ Names: ["/app/one", "/app/none"] }));
    assert.deepEqual([several.Parameters?.length, several.InvalidParameters], [1, ["/app/none"]]);
    await client.send(new ssm.DeleteParameterCommand({ Name: "/app/one" }));
    assert.equal(await codeOf(get("/app/one")), "ParameterNotFound");
    assert.equal(await codeOf(client.send(new ssm.DeleteParameterCommand({ Name: "/app/one" }))), "ParameterNotFound");
    assert.equal(
      await codeOf(parameters(keysOf(stranger)).send(new ssm.GetParameterCommand({ Name: "/app/deep/secret" }))),
      "ParameterNotFound",
    );
  });

  it("hands out credentials of other accounts, and asks for the external id", async () => {
    const RoleArn = `arn:aws:iam::${stranger}:role/path/deployer`;
    const assume = async (more: Partial<sts.AssumeRoleCommandInput> = {}): Promise<Keys> => {
      const input = { RoleArn, RoleSessionName: "run-1", ...more };
      const { Credentials } = await tokens().send(new sts.AssumeRoleCommand(input));
      return {
        accessKeyId: Credentials?.AccessKeyId ?? "",
        secretAccessKey: Credentials?.SecretAccessKey ?? "",
        sessionToken: Credentials?.SessionToken,
      };
    };
    const keys = await assume();
    assert.equal(accountOf(keys.accessKeyId), stranger);
    const who = await tokens(keys).send(new sts.GetCallerIdentityCommand({}));
    assert.equal(who.Arn, `arn:aws:sts::${stranger}:assumed-role/deployer/run-1`);
    assert.equal(who.Account, stranger);
    aws.sts.requireExternalId(RoleArn, "right");
    assert.equal(await codeOf(assume()), "AccessDenied");
    assert.equal(await codeOf(assume({ ExternalId: "wrong" })), "AccessDenied");
    await assume({ ExternalId: "right" });
    assert.deepEqual(
      aws.sts.assumed.map(({ externalId }) => externalId),
      [undefined, "right"],
    );
    assert.equal(await codeOf(assume({ DurationSeconds: 60 })), "ValidationError");
    aws.identities.expireSessions();
    assert.equal(await codeOf(tokens(keys).send(new sts.GetCallerIdentityCommand({}))), "ExpiredToken");
    assert.equal(await codeOf(secrets(keys).send(new sm.ListSecretsCommand({}))), "ExpiredTokenException");
    const own = await tokens({ accessKeyId: "test", secretAccessKey: "test" }).send(
      new sts.GetCallerIdentityCommand({}),
    );
    assert.equal(own.Account, account);
  });

  it("can fail, delay and lose calls, and remembers them without their content", async () => {
    const client = secrets();
    const create = (Name: string): Promise<unknown> =>
      client.send(new sm.CreateSecretCommand({ Name, SecretString: "very-secret-value" }));
    const stops = [
      aws.intercept(({ operation, next }) => {
        if (operation === "TagResource") throw new AwsError("ThrottlingException", "Rate exceeded");
        return next();
      }),
      aws.intercept(async ({ request, next }) => {
        const output = await next();
        if (request.Name === "lost") throw new ConnectionLost();
        if (request.Name === "slow") await sleep(120);
        return output;
      }),
    ];
    assert.notEqual(await codeOf(create("lost")), "no error");
    const started = Date.now();
    await create("slow");
    assert.ok(Date.now() - started >= 110);
    const tag = new sm.TagResourceCommand({ SecretId: "slow", Tags: [{ Key: "a", Value: "b" }] });
    assert.equal(await codeOf(client.send(tag)), "ThrottlingException");
    for (const stop of stops) stop();
    await client.send(tag);
    await client.send(new sm.DescribeSecretCommand({ SecretId: "lost" }));
    assert.deepEqual(
      aws.calls.map(({ operation, target, error }) => [operation, target, error]),
      [
        ["CreateSecret", "lost", "ConnectionLost"],
        ["CreateSecret", "slow", undefined],
        ["TagResource", "slow", "ThrottlingException"],
        ["TagResource", "slow", undefined],
        ["DescribeSecret", "lost", undefined],
      ],
    );
    assert.ok(!JSON.stringify(aws.calls).includes("very-secret-value"));
  });

  it("keeps its state in a private file", async () => {
    await secrets().send(new sm.CreateSecretCommand({ Name: "kept", SecretString: "x" }));
    await parameters().send(new ssm.PutParameterCommand({ Name: "kept", Value: "y", Type: "String" }));
    await sleep(150);
    assert.match(readFileSync(stateFile, "utf8"), /"kept"/, "written without a stop");
    assert.equal(statSync(stateFile).mode & 0o777, 0o600);
    await secrets().send(new sm.PutSecretValueCommand({ SecretId: "kept", SecretString: "z" }));
    await aws.close();
    aws = await AwsEndpoint.start({ account, region, stateFile });
    const read = await secrets().send(new sm.GetSecretValueCommand({ SecretId: "kept" }));
    assert.equal(read.SecretString, "z");
    const parameter = await parameters().send(new ssm.GetParameterCommand({ Name: "kept" }));
    assert.equal(parameter.Parameter?.Value, "y");
  });

  it("wants signed requests", async () => {
    const reply = await fetch(aws.url, {
      method: "POST",
      headers: { "x-amz-target": "secretsmanager.ListSecrets", "content-type": "application/x-amz-json-1.1" },
      body: "{}",
    });
    assert.equal(reply.status, 403);
    assert.equal(reply.headers.get("x-amzn-errortype"), "MissingAuthenticationTokenException");
    assert.ok(reply.headers.get("x-amzn-requestid"));
    const unknown = await fetch(`${aws.url}/2012-01-01/other`);
    assert.equal(unknown.status, 501);
    assert.match(await unknown.text(), /needs AWS/);
  });
});
