import assert from "node:assert/strict";
import { AwsError } from "../../../local/aws";
import type { AttachedRotation } from "../../../provisioner/access/secret";
import { currentValue } from "../../../provisioner/credentials/current-value";
import { applySecretChanges } from "../../../provisioner/credentials/secret-settings";
import { readPrimary, readSecretState } from "../../../provisioner/credentials/secret-state";
import { prepareSecret } from "../../../provisioner/credentials/user-secret";
import { account, Endpoint, faults, loginOf, orderOf, region } from "./endpoint";

const functionArn = `arn:aws:lambda:${region}:${account}:function:rotate`;
const key = (name: string): string => `arn:aws:kms:${region}:${account}:key/${name}`;
const policy = (principal: unknown): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: principal, Action: "secretsmanager:GetSecretValue", Resource: "*" }],
  });

describe("what a secret is beside its value", () => {
  let endpoint: Endpoint;
  let admitted = true;
  let count = 0;

  before(async () => {
    endpoint = await Endpoint.start();
    // Stands in for a rotation function: only whether it may be invoked matters here.
    endpoint.aws.rotations.connect({
      functions: { admits: () => admitted, invoke: () => Promise.resolve(undefined) },
    });
  });
  after(async () => {
    await endpoint.stop();
  });
  beforeEach(() => {
    admitted = true;
  });

  const make = async (): Promise<string> => {
    const { arn } = await prepareSecret(orderOf(loginOf("app", { name: `orders/s${(count += 1)}` })));
    return arn;
  };
  const stateOf = async (arn: string) => {
    const state = await readSecretState(arn, { policy: true });
    assert.ok(state !== undefined);
    return state;
  };
  const rotation: AttachedRotation = { functionArn, days: 30 };

  it("is read with one call, and its policy with another one where it is asked for", async () => {
    const arn = await make();
    assert.deepEqual(await endpoint.callsOf(() => readSecretState(arn, { policy: false })), ["DescribeSecret"]);
    assert.deepEqual(await endpoint.callsOf(() => stateOf(arn)), ["DescribeSecret", "GetResourcePolicy"]);
    const state = await readSecretState(arn, { policy: false });
    assert.equal(state?.policy, undefined);
    assert.deepEqual(
      { ...state, tags: undefined, versionId: undefined },
      { arn, name: "orders/s1", replicas: [], tags: undefined, versionId: undefined },
    );
    assert.equal(state?.versionId, (await currentValue(arn)).versionId);
    assert.equal(state?.tags["db-access:cluster"], "orders");
    assert.equal((await stateOf(arn)).policy, null);
  });

  it("names a version that is pending, and not one that is current as well", async () => {
    const arn = await make();
    const token = "00000000-0000-4000-8000-000000000001";
    const put = (stages: string[]): Promise<unknown> =>
      endpoint.secret("PutSecretValue", {
        SecretId: arn,
        ClientRequestToken: token,
        SecretString: "x",
        VersionStages: stages,
      });
    await put(["AWSPENDING"]);
    assert.equal((await stateOf(arn)).pendingVersionId, token);
    await endpoint.secret("UpdateSecretVersionStage", {
      SecretId: arn,
      VersionStage: "AWSCURRENT",
      MoveToVersionId: token,
      RemoveFromVersionId: (await stateOf(arn)).versionId,
    });
    assert.deepEqual([(await stateOf(arn)).pendingVersionId, (await stateOf(arn)).versionId], [undefined, token]);
  });

  it("is nothing when the secret is gone or on its way out", async () => {
    const arn = await make();
    await endpoint.secret("DeleteSecret", { SecretId: arn, RecoveryWindowInDays: 7 });
    assert.equal(await readSecretState(arn, { policy: true }), undefined);
    assert.equal(await readSecretState("orders/never", { policy: true }), undefined);
  });

  it("of the admin's secret: its own tags, policy and rotation", async () => {
    const made = await endpoint.secret("CreateSecret", {
      Name: "admin",
      SecretString: "{}",
      Tags: [{ Key: "team", Value: "data" }],
    });
    const arn = String(made.ARN);
    // AWS's own tags, which nobody can set.
    endpoint.aws.secrets
      .named("admin", endpoint.aws.options)
      ?.tags.push({ Key: "aws:rds:primaryDBClusterArn", Value: "x" });
    assert.deepEqual(await readPrimary(arn, { policy: true }), { tags: { team: "data" }, policy: null });
    await applySecretChanges(arn, [
      { set: "rotation", rotation: { functionArn, schedule: "rate(10 days)" } },
      { set: "policy", policy: policy({ AWS: account }) },
    ]);
    assert.deepEqual(await readPrimary(arn, { policy: true }), {
      tags: { team: "data" },
      policy: policy({ AWS: account }),
      rotation: { schedule: "rate(10 days)" },
    });
    const denied = endpoint.aws.intercept((call) => {
      if (call.operation === "GetResourcePolicy") throw new AwsError("AccessDeniedException", "not you");
      return call.next();
    });
    await assert.rejects(readPrimary(arn, { policy: true }), {
      code: "AdminSecretUnavailable",
      message: /role may not secretsmanager:GetResourcePolicy on the admin secret/,
    });
    assert.deepEqual((await readPrimary(arn, { policy: false })).policy, undefined);
    denied();
    await assert.rejects(readPrimary(`${arn}x`, { policy: false }), { code: "AdminSecretUnavailable" });
  });

  it("is changed as planned, and back, however often", async () => {
    const arn = await make();
    const plain = await stateOf(arn);
    const replicas = [{ region: "eu-west-1" }, { region: "eu-central-1", kmsKeyArn: key("far") }];
    const there = async (): Promise<void> => {
      await applySecretChanges(arn, [
        { set: "key", kmsKeyArn: key("one") },
        { set: "policy", policy: policy({ AWS: account }) },
        { set: "tags", add: { team: "data" }, remove: [] },
        { set: "replicas", add: replicas, remove: [] },
        { set: "rotation", rotation },
      ]);
      const state = await stateOf(arn);
      assert.deepEqual(
        [state.kmsKeyArn, state.policy, state.tags.team, state.replicas, state.rotation],
        [key("one"), policy({ AWS: account }), "data", replicas, rotation],
      );
    };
    const back = async (): Promise<void> => {
      await applySecretChanges(arn, [
        { set: "key", kmsKeyArn: null },
        { set: "policy", policy: null },
        { set: "tags", add: {}, remove: ["team"] },
        { set: "replicas", add: [], remove: ["eu-west-1", "eu-central-1"] },
        { set: "rotation", rotation: null },
      ]);
      assert.deepEqual(
        { ...(await stateOf(arn)), pendingVersionId: undefined },
        { ...plain, pendingVersionId: undefined },
      );
    };
    await there();
    await there();
    await back();
    await back();
  });

  it("a replica gets another key, and one that failed is made again", async () => {
    const arn = await make();
    const name = (await stateOf(arn)).name;
    await applySecretChanges(arn, [{ set: "replicas", add: [{ region: "eu-west-1" }], remove: [] }]);
    const other = [{ region: "eu-west-1", kmsKeyArn: key("two") }];
    await applySecretChanges(arn, [{ set: "replicas", add: other, remove: ["eu-west-1"] }]);
    assert.deepEqual((await stateOf(arn)).replicas, other);
    const place = { account, region: "eu-central-1" };
    await endpoint.aws.direct("secretsmanager", "CreateSecret", { Name: name, SecretString: "theirs" }, place);
    const far = [{ region: "eu-central-1" }];
    await applySecretChanges(arn, [{ set: "replicas", add: far, remove: [] }]);
    assert.deepEqual((await stateOf(arn)).replicas, other);
    await endpoint.aws.direct(
      "secretsmanager",
      "DeleteSecret",
      { SecretId: name, ForceDeleteWithoutRecovery: true },
      place,
    );
    await applySecretChanges(arn, [{ set: "replicas", add: far, remove: [] }]);
    assert.deepEqual((await stateOf(arn)).replicas, [...other, ...far]);
  });

  it("refusals have codes, say what to do, and repeat nothing of AWS's text", async () => {
    const arn = await make();
    const before = await stateOf(arn);
    await assert.rejects(applySecretChanges(arn, [{ set: "policy", policy: policy("*") }]), { code: "PublicPolicy" });
    await assert.rejects(applySecretChanges(arn, [{ set: "policy", policy: "{}" }]), {
      code: "SecretUnavailable",
      message: /every principal in it exists/,
    });
    admitted = false;
    await assert.rejects(
      applySecretChanges(arn, [
        { set: "tags", add: { team: "data" }, remove: [] },
        { set: "rotation", rotation },
      ]),
      { code: "RotationRefused", message: /may not invoke .*lambda:AddPermission.*secretsmanager:RotateSecret/ },
    );
    assert.deepEqual(await stateOf(arn), before);
    admitted = true;
    await assert.rejects(
      applySecretChanges(arn, [{ set: "rotation", rotation: { functionArn, schedule: "sometimes" } }]),
      { code: "RotationRefused", message: /correct rotation\.schedule/ },
    );
    for (const trouble of ["denied", "disabled"] as const) {
      const allow = endpoint.aws.keys.deny("alias/aws/secretsmanager", trouble);
      await assert.rejects(currentValue(arn), {
        code: "SecretUnavailable",
        message: /KMS key of the login's secret cannot be used \(secretsmanager:GetSecretValue\)/,
      });
      allow();
    }
  });

  it("settings stopped before and after every call, and with every answer lost, come about the next time", async () => {
    const change = (arn: string) => (): Promise<void> =>
      applySecretChanges(arn, [
        { set: "key", kmsKeyArn: key("one") },
        { set: "policy", policy: policy({ AWS: account }) },
        { set: "tags", add: { team: "data" }, remove: ["create_by_user_automation"] },
        { set: "replicas", add: [{ region: "eu-west-1" }], remove: ["us-west-2"] },
        { set: "rotation", rotation },
      ]);
    const prepare = async (): Promise<string> => {
      const arn = await make();
      await applySecretChanges(arn, [{ set: "replicas", add: [{ region: "us-west-2" }], remove: [] }]);
      return arn;
    };
    const calls = await endpoint.callsOf(change(await prepare()));
    assert.ok(calls.length >= 8, calls.join());
    for (const fault of faults)
      for (let at = 1; at <= calls.length; at += 1) {
        const arn = await prepare();
        const error = await endpoint.failing(at, fault, change(arn));
        assert.equal(error === undefined, fault === "lost", `${fault} ${calls[at - 1]}: ${String(error)}`);
        if (fault !== "lost") await change(arn)();
        const { kmsKeyArn, replicas, rotation: attached, tags } = await stateOf(arn);
        assert.deepEqual([kmsKeyArn, replicas, attached], [key("one"), [{ region: "eu-west-1" }], rotation]);
        assert.deepEqual([tags.team, tags.create_by_user_automation], ["data", undefined]);
      }
  }).timeout(60_000);
});
