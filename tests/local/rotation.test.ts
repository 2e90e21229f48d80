import { AddPermissionCommand, GetPolicyCommand, LambdaClient, RemovePermissionCommand } from "@aws-sdk/client-lambda";
import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
  type RotateSecretCommandInput,
} from "@aws-sdk/client-secrets-manager";
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { AwsEndpoint, staticKeyOf, type RotationOutcome } from "../../local/aws";
import { LambdaHost, lambdaService, rotationFunctions, rotationPrincipal } from "../../local/lambda";
import { LocalStack } from "../../local/stack";
import { RotationFixture } from "./rotation-function";

const account = "111122223333";
const stranger = "444455556666";
const region = "us-east-1";
const all = ["createSecret", "setSecret", "testSecret", "finishSecret"];
const token = (digit: number): string => `00000000-0000-4000-8000-00000000000${digit}`;
const incomplete = "A previous rotation isn't complete. That rotation will be reattempted.";

describe("rotation in the local Secrets Manager", () => {
  let directory: string;
  let aws: AwsEndpoint;
  let host: LambdaHost;
  let client: SecretsManagerClient;
  let lambda: LambdaClient;
  let fixture: RotationFixture;
  let RotationLambdaARN: string;
  let count = 0;

  /** A function of its own folder would be a cold start: all tests but those of permissions share one. */
  const register = (name: string, patch: object = {}): Promise<string> =>
    host.registerFunction({
      name,
      account,
      region,
      codePath: fixture.directory,
      handler: "index.handler",
      env: {},
      timeoutSeconds: 20,
      memoryMb: 128,
      ...patch,
    });
  const secret = async (): Promise<string> => {
    const input = { Name: `app/${(count += 1)}`, SecretString: "first", ClientRequestToken: token(1) };
    return (await client.send(new CreateSecretCommand(input))).ARN ?? "";
  };
  const rotate = (SecretId: string, digit: number, more: Partial<RotateSecretCommandInput> = {}): Promise<unknown> =>
    client.send(new RotateSecretCommand({ SecretId, ClientRequestToken: token(digit), RotationLambdaARN, ...more }));
  const ended = (arn: string): Promise<RotationOutcome> => aws.rotations.ended(arn);
  const stages = async (SecretId: string): Promise<Record<string, string[]> | undefined> =>
    (await client.send(new DescribeSecretCommand({ SecretId }))).VersionIdsToStages;
  const valueOf = async (SecretId: string): Promise<string | undefined> =>
    (await client.send(new GetSecretValueCommand({ SecretId }))).SecretString;

  before(async () => {
    directory = mkdtempSync(path.join(tmpdir(), "db-access-rotation-"));
    mkdirSync(path.join(directory, "code"));
    fixture = new RotationFixture(path.join(directory, "code"));
    aws = await AwsEndpoint.start({ account, region });
    host = await LambdaHost.start({
      directory,
      endpointUrl: aws.url,
      credentials: (spec) => aws.identities.issue(`arn:aws:iam::${spec.account}:role/x`, spec.name, 3600).credentials,
    });
    aws.serve(lambdaService(host));
    aws.rotations.connect({ functions: rotationFunctions(host), retryDelaysMs: [5, 5] });
    const settings = {
      endpoint: aws.url,
      region,
      credentials: { accessKeyId: staticKeyOf(account), secretAccessKey: "local" },
      maxAttempts: 1,
    };
    client = new SecretsManagerClient(settings);
    lambda = new LambdaClient(settings);
    const permissions = [{ statementId: "rotation", principal: rotationPrincipal, sourceAccount: account }];
    RotationLambdaARN = await register("rotating", { permissions });
  });

  beforeEach(() => fixture.plan({}));

  after(async () => {
    client.destroy();
    lambda.destroy();
    await host.stop();
    await aws.close();
    rmSync(directory, { recursive: true });
  });

  it("answers at once, and runs the four steps with an empty version", async () => {
    const arn = await secret();
    fixture.plan({ waitIn: "createSecret" });
    const reply = (await rotate(arn, 2)) as Record<string, unknown>;
    assert.deepEqual([reply.ARN, reply.VersionId], [arn, token(2)]);
    assert.deepEqual(await stages(arn), { [token(1)]: ["AWSCURRENT"], [token(2)]: ["AWSPENDING"] });
    fixture.go();
    assert.equal(await ended(arn), "done");
    const { steps } = fixture;
    assert.deepEqual(fixture.names, all);
    assert.deepEqual(
      steps.map(({ pending }) => pending),
      ["ResourceNotFoundException", ...Array<string>(3).fill("value of 02")],
    );
    assert.match(steps[0].message ?? "", /can't find the specified secret value for VersionId: 0{8}/);
    for (const step of steps) {
      assert.deepEqual([step.SecretId, step.ClientRequestToken], [arn, token(2)]);
      assert.ok(step.RotationToken);
    }
    assert.equal(await valueOf(arn), "value of 02");
    // API RotateSecret: after a success, AWSPENDING may stay on the current version.
    assert.deepEqual(await stages(arn), { [token(1)]: ["AWSPREVIOUS"], [token(2)]: ["AWSPENDING", "AWSCURRENT"] });
    await rotate(arn, 3);
    assert.equal(await ended(arn), "done");
    assert.equal(await valueOf(arn), "value of 03");
  });

  it("tells about the rotation", async () => {
    const arn = await secret();
    const describe = () => client.send(new DescribeSecretCommand({ SecretId: arn }));
    assert.equal((await describe()).RotationEnabled, undefined);
    const RotationRules = { ScheduleExpression: "rate(10 days)", Duration: "3h" };
    await rotate(arn, 2, { RotationRules });
    await ended(arn);
    const shown = await describe();
    assert.deepEqual([shown.RotationEnabled, shown.RotationLambdaARN], [true, RotationLambdaARN]);
    assert.deepEqual(shown.RotationRules, { ...RotationRules, AutomaticallyAfterDays: 10 });
    assert.ok(shown.LastRotatedDate && shown.NextRotationDate && shown.NextRotationDate > shown.LastRotatedDate);
    // Without settings, those that are there hold.
    await rotate(arn, 3, { RotationLambdaARN: undefined });
    await ended(arn);
    assert.equal((await describe()).RotationRules?.ScheduleExpression, "rate(10 days)");
    await client.send(new CancelRotateSecretCommand({ SecretId: arn }));
    const off = await describe();
    assert.deepEqual([off.RotationEnabled, off.RotationLambdaARN], [false, RotationLambdaARN]);
    assert.deepEqual(
      [off.RotationRules?.Duration, off.LastRotatedDate, off.NextRotationDate],
      ["3h", undefined, undefined],
    );
  });

  it("tries the whole process again when a step fails, with the same version", async () => {
    const arn = await secret();
    fixture.plan({ failures: { testSecret: 1 } });
    await rotate(arn, 2);
    assert.equal(await ended(arn), "done");
    assert.deepEqual(fixture.names, [...all.slice(0, 3), ...all]);
    assert.deepEqual(new Set(fixture.steps.map(({ ClientRequestToken }) => ClientRequestToken)), new Set([token(2)]));
  });

  it("gives up with the version still pending, and takes it up again when asked", async () => {
    const arn = await secret();
    fixture.plan({ failures: { setSecret: 3 } });
    await rotate(arn, 2);
    assert.deepEqual(await ended(arn), { step: "setSecret", error: "RangeError: told to fail in setSecret" });
    assert.equal(fixture.names.length, 6);
    assert.deepEqual(await stages(arn), { [token(1)]: ["AWSCURRENT"], [token(2)]: ["AWSPENDING"] });
    fixture.plan({});
    await assert.rejects(rotate(arn, 3), { name: "InvalidRequestException", message: incomplete });
    assert.equal(await ended(arn), "done");
    assert.equal(await valueOf(arn), "value of 02");
    await rotate(arn, 3);
    assert.equal(await ended(arn), "done");
    assert.equal(await valueOf(arn), "value of 03");
  });

  it("does not take a function's word for it", async () => {
    const arn = await secret();
    fixture.plan({ forgetful: true });
    await rotate(arn, 2);
    assert.deepEqual(await ended(arn), {
      step: "finishSecret",
      error: "The function has not moved AWSCURRENT to the new version.",
    });
  });

  it("takes one rotation at a time", async () => {
    const arn = await secret();
    rmSync(path.join(fixture.directory, "go"), { force: true });
    fixture.plan({ waitIn: "setSecret" });
    await rotate(arn, 2);
    await rotate(arn, 2);
    await assert.rejects(rotate(arn, 3), { name: "InvalidRequestException", message: incomplete });
    fixture.go();
    assert.equal(await ended(arn), "done");
    assert.deepEqual(fixture.names, all, "neither repetition began anything");
    await assert.rejects(rotate(arn, 1), { name: "ResourceExistsException" });
  });

  it("tests a configuration that is to wait for its schedule", async () => {
    const arn = await secret();
    await rotate(arn, 2, { RotateImmediately: false, RotationRules: { AutomaticallyAfterDays: 30 } });
    assert.equal(await ended(arn), "done");
    assert.deepEqual(
      fixture.steps.map(({ Step, pending }) => [Step, pending]),
      [["testSecret", "ResourceNotFoundException"]],
    );
    assert.deepEqual(await stages(arn), { [token(1)]: ["AWSCURRENT"] });
    const shown = await client.send(new DescribeSecretCommand({ SecretId: arn }));
    assert.deepEqual([shown.RotationEnabled, shown.LastRotatedDate], [true, undefined]);
    assert.ok(shown.NextRotationDate);
  });

  it("cancels a rotation and leaves what was staged", async () => {
    const arn = await secret();
    rmSync(path.join(fixture.directory, "go"), { force: true });
    fixture.plan({ waitIn: "setSecret" });
    await rotate(arn, 2);
    while (fixture.names.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    const reply = await client.send(new CancelRotateSecretCommand({ SecretId: arn }));
    assert.equal(reply.VersionId, token(2));
    fixture.go();
    const cancelled = { step: "testSecret", error: "The rotation was cancelled." };
    assert.deepEqual(await ended(arn), cancelled);
    await assert.rejects(rotate(arn, 3), { name: "InvalidRequestException" });
    assert.deepEqual(await ended(arn), cancelled);
    assert.deepEqual(fixture.names, all.slice(0, 2), "a cancelled rotation is not taken up again");
    const label = { SecretId: arn, VersionStage: "AWSPENDING", RemoveFromVersionId: token(2) };
    await client.send(new UpdateSecretVersionStageCommand(label));
    await rotate(arn, 3);
    assert.equal(await ended(arn), "done");
  });

  it("stops with the secret, and has nothing to do with one that is not configured", async () => {
    const arn = await secret();
    await assert.rejects(rotate(arn, 2, { RotationLambdaARN: undefined }), {
      name: "InvalidRequestException",
      message: "No Lambda rotation function ARN is associated with this secret.",
    });
    await assert.rejects(client.send(new CancelRotateSecretCommand({ SecretId: arn })), {
      name: "InvalidRequestException",
    });
    for (const RotationRules of [
      { AutomaticallyAfterDays: 0 },
      { AutomaticallyAfterDays: 1, ScheduleExpression: "rate(1 day)" },
      { ScheduleExpression: "rate(3 hours)" },
      { ScheduleExpression: "cron(5 4 * * ? *)" },
      { ScheduleExpression: "cron(0 22 * * ? *)", Duration: "3h" },
    ]) {
      await assert.rejects(rotate(arn, 2, { RotationRules }), { name: "InvalidParameterException" });
    }
    rmSync(path.join(fixture.directory, "go"), { force: true });
    fixture.plan({ waitIn: "createSecret" });
    await rotate(arn, 2);
    while (fixture.names.length < 1) await new Promise((resolve) => setTimeout(resolve, 5));
    await client.send(new DeleteSecretCommand({ SecretId: arn }));
    fixture.go();
    assert.deepEqual(await ended(arn), { step: "setSecret", error: "The secret was deleted." });
    await assert.rejects(rotate(arn, 3), { name: "InvalidRequestException" });
  });

  it("takes a value put in by hand for a rotation", async () => {
    const arn = await secret();
    await rotate(arn, 2, { RotationRules: { ScheduleExpression: "rate(4 hours)" } });
    await ended(arn);
    const next = async () => (await client.send(new DescribeSecretCommand({ SecretId: arn }))).NextRotationDate;
    const stored = aws.secrets.named("app/" + count, { account, region });
    assert.ok(stored?.rotation);
    stored.rotation.since -= 8 * 60 * 60 * 1000;
    const late = await next();
    await client.send(new PutSecretValueCommand({ SecretId: arn, SecretString: "by hand" }));
    const after = await next();
    assert.ok(late && after && late < after && after > new Date());
  });

  it("leaves nothing running when the stack stops", async () => {
    const bundle = path.join(fixture.directory, "index.mjs");
    const stack = await LocalStack.start({ directory: path.join(directory, "stack"), targets: [], bundle });
    const permissions = [{ statementId: "rotation", principal: rotationPrincipal }];
    const common = { account, region, codePath: bundle, handler: "index.handler", env: {}, memoryMb: 128 };
    const ARN = await stack.lambda.registerFunction({ ...common, name: "slow", timeoutSeconds: 60, permissions });
    const made = await stack.aws.direct("secretsmanager", "CreateSecret", { Name: "app", SecretString: "x" });
    const SecretId = String(made.ARN);
    rmSync(path.join(fixture.directory, "go"), { force: true });
    fixture.plan({ waitIn: "setSecret" });
    await stack.aws.direct("secretsmanager", "RotateSecret", { SecretId, RotationLambdaARN: ARN });
    while (fixture.names.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await stack.stop();
    const outcome = await stack.rotationEnded(SecretId);
    assert.ok(outcome !== "done" && outcome.step === "setSecret");
    assert.match(outcome.error, /Runtime exited with error: signal: killed/);
    assert.equal(fixture.names.length, 2);
  });

  describe("the function's policy", () => {
    const denied = {
      name: "AccessDeniedException",
      message:
        "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.",
    };
    const policy = async (FunctionName: string): Promise<Record<string, unknown>[]> => {
      const { Policy = "" } = await lambda.send(new GetPolicyCommand({ FunctionName }));
      return (JSON.parse(Policy) as { Statement: Record<string, unknown>[] }).Statement;
    };

    it("decides whether Secrets Manager may invoke it", async () => {
      const arn = await secret();
      const foreign = await register("foreign", { account: stranger });
      const closed = await register("closed");
      const elsewhere = await register("elsewhere", { region: "eu-west-1" });
      for (const one of [closed, foreign, elsewhere, closed.replace("closed", "missing")]) {
        await assert.rejects(rotate(arn, 2, { RotationLambdaARN: one }), denied, one);
      }
      assert.equal((await client.send(new DescribeSecretCommand({ SecretId: arn }))).RotationEnabled, undefined);
      assert.deepEqual(await stages(arn), { [token(1)]: ["AWSCURRENT"] });
      const add = (StatementId: string, more: object): Promise<unknown> =>
        lambda.send(
          new AddPermissionCommand({
            FunctionName: "closed",
            StatementId,
            Action: "lambda:InvokeFunction",
            Principal: rotationPrincipal,
            ...more,
          }),
        );
      await add("another-service", { Principal: "events.amazonaws.com" });
      await add("another-account", { SourceAccount: stranger });
      await add("another-secret", { SourceArn: arn.replace(/.{6}$/, "??????").replace("app/", "web/") });
      await add("a-qualifier", { Qualifier: "1" });
      await assert.rejects(rotate(arn, 2, { RotationLambdaARN: closed }), denied);
      await add("right", { SourceAccount: account, SourceArn: arn });
      await assert.rejects(add("right", {}), { name: "ResourceConflictException" });
      await rotate(arn, 2, { RotationLambdaARN: closed });
      assert.equal(await ended(arn), "done");
      await lambda.send(new RemovePermissionCommand({ FunctionName: "closed", StatementId: "right" }));
      await assert.rejects(rotate(arn, 3, { RotationLambdaARN: undefined }), denied);
    });

    it("can be read in AWS's form", async () => {
      assert.deepEqual(await policy("rotating"), [
        {
          Sid: "rotation",
          Effect: "Allow",
          Principal: { Service: "secretsmanager.amazonaws.com" },
          Action: "lambda:InvokeFunction",
          Resource: RotationLambdaARN,
          Condition: { StringEquals: { "AWS:SourceAccount": account } },
        },
      ]);
      await register("shared", {
        invokers: [stranger],
        permissions: [{ statementId: "any", principal: rotationPrincipal, sourceArn: "arn:aws:x:*" }],
      });
      assert.deepEqual(
        (await policy("shared")).map(({ Principal, Condition }) => [Principal, Condition]),
        [
          [{ AWS: `arn:aws:iam::${stranger}:root` }, undefined],
          [{ Service: "secretsmanager.amazonaws.com" }, { ArnLike: { "AWS:SourceArn": "arn:aws:x:*" } }],
        ],
      );
      await register("silent");
      await assert.rejects(policy("silent"), { name: "ResourceNotFoundException" });
      await assert.rejects(policy("missing"), { name: "ResourceNotFoundException" });
    });
  });
});
