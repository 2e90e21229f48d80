import {
  CancelRotateSecretCommand as CancelRotation,
  CreateSecretCommand as Create,
  DeleteResourcePolicyCommand as DeletePolicy,
  DeleteSecretCommand as Delete,
  DescribeSecretCommand as Describe,
  GetRandomPasswordCommand as Random,
  GetResourcePolicyCommand as GetPolicy,
  GetSecretValueCommand as Get,
  ListSecretsCommand as List,
  ListSecretVersionIdsCommand as Versions,
  PutResourcePolicyCommand as PutPolicy,
  PutSecretValueCommand as Put,
  RemoveRegionsFromReplicationCommand as RemoveRegions,
  ReplicateSecretToRegionsCommand as Replicate,
  RestoreSecretCommand as Restore,
  RotateSecretCommand as Rotate,
  type SecretsManagerClient,
  TagResourceCommand as Tag,
  UntagResourceCommand as Untag,
  UpdateSecretCommand as Update,
  UpdateSecretVersionStageCommand as Stage,
  ValidateResourcePolicyCommand as Validate,
} from "@aws-sdk/client-secrets-manager";

type Send = (client: SecretsManagerClient, earlier: Record<string, unknown>) => Promise<unknown>;

const token = (digit: number): string => `00000000-0000-4000-8000-00000000000${digit}`;
const arnOf = (earlier: Record<string, unknown>): string => String((earlier["create four"] as { ARN: string }).ARN);
const policy = (principal: unknown): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: principal, Action: "secretsmanager:GetSecretValue", Resource: "*" }],
  });
const nowhere = "arn:aws:lambda:us-east-1:123456789012:function:nowhere";
const root = policy({ AWS: "arn:aws:iam::123456789012:root" });

/**
 * The lives of a few secrets, in order. Every step has a name, by which differences are listed. A step on which the two
 * sides are known to differ has a secret of its own where possible, so that later steps start from the same state.
 */
export const script: Record<string, Send> = {
  create: (c) =>
    c.send(
      new Create({
        Name: "app/one",
        Description: "first",
        SecretString: `{"a":1}`,
        ClientRequestToken: token(1),
        Tags: [{ Key: "team", Value: "red" }],
      }),
    ),
  "create again, same token and value": (c) =>
    c.send(new Create({ Name: "app/one", SecretString: `{"a":1}`, ClientRequestToken: token(1) })),
  "create again, same token, other value": (c) =>
    c.send(new Create({ Name: "app/one", SecretString: `{"a":2}`, ClientRequestToken: token(1) })),
  "create again, other token": (c) =>
    c.send(new Create({ Name: "app/one", SecretString: `{"a":1}`, ClientRequestToken: token(2) })),
  "create with a bad name": (c) => c.send(new Create({ Name: "bad name", SecretString: "x" })),
  "create with both values": (c) =>
    c.send(new Create({ Name: "bad/both", SecretString: "x", SecretBinary: new Uint8Array([1]) })),
  "create with an aws: tag": (c) =>
    c.send(new Create({ Name: "bad/tagged", SecretString: "x", Tags: [{ Key: "aws:x", Value: "y" }] })),
  "create with a short token": (c) =>
    c.send(new Create({ Name: "bad/short", SecretString: "x", ClientRequestToken: "x" })),
  "put pending": (c) =>
    c.send(
      new Put({ SecretId: "app/one", SecretString: "v2", ClientRequestToken: token(2), VersionStages: ["AWSPENDING"] }),
    ),
  "put again, same token and value": (c) =>
    c.send(
      new Put({ SecretId: "app/one", SecretString: "v2", ClientRequestToken: token(2), VersionStages: ["AWSPENDING"] }),
    ),
  "describe with pending": (c) => c.send(new Describe({ SecretId: "app/one" })),
  "move current without naming the holder": (c) =>
    c.send(new Stage({ SecretId: "app/one", VersionStage: "AWSCURRENT", MoveToVersionId: token(2) })),
  "move current, wrong holder": (c) =>
    c.send(
      new Stage({
        SecretId: "app/one",
        VersionStage: "AWSCURRENT",
        MoveToVersionId: token(2),
        RemoveFromVersionId: token(2),
      }),
    ),
  "move current": (c) =>
    c.send(
      new Stage({
        SecretId: "app/one",
        VersionStage: "AWSCURRENT",
        MoveToVersionId: token(2),
        RemoveFromVersionId: token(1),
      }),
    ),
  "describe after move": (c) => c.send(new Describe({ SecretId: "app/one" })),
  "remove pending": (c) =>
    c.send(new Stage({ SecretId: "app/one", VersionStage: "AWSPENDING", RemoveFromVersionId: token(2) })),
  "describe without pending": (c) => c.send(new Describe({ SecretId: "app/one" })),
  "get after moves": (c) => c.send(new Get({ SecretId: "app/one" })),
  "remove current": (c) =>
    c.send(new Stage({ SecretId: "app/one", VersionStage: "AWSCURRENT", RemoveFromVersionId: token(2) })),

  "create four": (c) => c.send(new Create({ Name: "app/four", SecretString: "v1", ClientRequestToken: token(1) })),
  "put second": (c) => c.send(new Put({ SecretId: "app/four", SecretString: "v2", ClientRequestToken: token(2) })),
  "get by name": (c) => c.send(new Get({ SecretId: "app/four" })),
  "get by ARN": (c, earlier) => c.send(new Get({ SecretId: arnOf(earlier) })),
  "get by partial ARN": (c, earlier) => c.send(new Get({ SecretId: arnOf(earlier).slice(0, -7) })),
  "get by version": (c) => c.send(new Get({ SecretId: "app/four", VersionId: token(1) })),
  "get by stage": (c) => c.send(new Get({ SecretId: "app/four", VersionStage: "AWSPREVIOUS" })),
  "get missing version": (c) => c.send(new Get({ SecretId: "app/four", VersionId: token(7) })),
  "get missing stage": (c) => c.send(new Get({ SecretId: "app/four", VersionStage: "AWSPENDING" })),
  "get version and wrong stage": (c) =>
    c.send(new Get({ SecretId: "app/four", VersionId: token(1), VersionStage: "AWSCURRENT" })),
  "get missing secret": (c) => c.send(new Get({ SecretId: "app/none" })),
  "describe after reading": (c) => c.send(new Describe({ SecretId: "app/four" })),
  "put current": (c) => c.send(new Put({ SecretId: "app/four", SecretString: "v3", ClientRequestToken: token(3) })),
  "put current, same token, other value": (c) =>
    c.send(new Put({ SecretId: "app/four", SecretString: "v3x", ClientRequestToken: token(3) })),
  "put nothing": (c) => c.send(new Put({ SecretId: "app/four" })),
  "stages after put": async (c) => (await c.send(new Describe({ SecretId: "app/four" }))).VersionIdsToStages,
  "list versions": (c) => c.send(new Versions({ SecretId: "app/four" })),
  "list deprecated versions": (c) => c.send(new Versions({ SecretId: "app/four", IncludeDeprecated: true })),

  "create without a value": (c) => c.send(new Create({ Name: "app/empty", ClientRequestToken: token(8) })),
  "get without a value": (c) => c.send(new Get({ SecretId: "app/empty" })),
  "describe without a value": (c) => c.send(new Describe({ SecretId: "app/empty" })),
  "first value as pending": (c) =>
    c.send(
      new Put({
        SecretId: "app/empty",
        SecretString: "x",
        ClientRequestToken: token(9),
        VersionStages: ["AWSPENDING"],
      }),
    ),
  "describe after a first pending value": (c) => c.send(new Describe({ SecretId: "app/empty" })),

  "create two": (c) => c.send(new Create({ Name: "app/two", SecretString: "v1", ClientRequestToken: token(1) })),
  update: (c) =>
    c.send(
      new Update({ SecretId: "app/two", Description: "second", SecretString: "v2", ClientRequestToken: token(2) }),
    ),
  "describe after update": (c) => c.send(new Describe({ SecretId: "app/two" })),
  "update the description only": (c) => c.send(new Update({ SecretId: "app/two", Description: "third" })),
  tag: (c) =>
    c.send(
      new Tag({
        SecretId: "app/two",
        Tags: [
          { Key: "team", Value: "blue" },
          { Key: "app", Value: "two" },
        ],
      }),
    ),
  "tag again": (c) => c.send(new Tag({ SecretId: "app/two", Tags: [{ Key: "app", Value: "2" }] })),
  untag: (c) => c.send(new Untag({ SecretId: "app/two", TagKeys: ["team", "none"] })),
  "describe after tags": (c) => c.send(new Describe({ SecretId: "app/two" })),
  "list by name": (c) => c.send(new List({ Filters: [{ Key: "name", Values: ["app/tw"] }] })),
  "list by tag": (c) => c.send(new List({ Filters: [{ Key: "tag-key", Values: ["app"] }] })),
  "policy, none": (c) => c.send(new GetPolicy({ SecretId: "app/two" })),
  "policy, put": (c) => c.send(new PutPolicy({ SecretId: "app/two", ResourcePolicy: root })),
  "policy, get": (c) => c.send(new GetPolicy({ SecretId: "app/two" })),
  "policy, public and blocked": (c) =>
    c.send(new PutPolicy({ SecretId: "app/two", ResourcePolicy: policy("*"), BlockPublicPolicy: true })),
  "policy, malformed": (c) => c.send(new PutPolicy({ SecretId: "app/two", ResourcePolicy: "{" })),
  "policy, validate": (c) => c.send(new Validate({ SecretId: "app/two", ResourcePolicy: root })),
  "policy, delete": (c) => c.send(new DeletePolicy({ SecretId: "app/two" })),
  "policy, gone": (c) => c.send(new GetPolicy({ SecretId: "app/two" })),
  "delete, window too short": (c) => c.send(new Delete({ SecretId: "app/two", RecoveryWindowInDays: 3 })),
  "delete, both ways": (c) =>
    c.send(new Delete({ SecretId: "app/two", RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true })),
  delete: (c) => c.send(new Delete({ SecretId: "app/two", RecoveryWindowInDays: 7 })),
  "delete again": (c) => c.send(new Delete({ SecretId: "app/two" })),
  "get deleted": (c) => c.send(new Get({ SecretId: "app/two" })),
  "update deleted": (c) => c.send(new Update({ SecretId: "app/two", Description: "fourth" })),
  "describe deleted": (c) => c.send(new Describe({ SecretId: "app/two" })),
  "create while deleted": (c) => c.send(new Create({ Name: "app/two", SecretString: "x" })),
  "list without deleted": (c) => c.send(new List({ Filters: [{ Key: "name", Values: ["app/two"] }] })),
  "list with deleted": (c) =>
    c.send(new List({ Filters: [{ Key: "name", Values: ["app/two"] }], IncludePlannedDeletion: true })),
  restore: (c) => c.send(new Restore({ SecretId: "app/two" })),
  "get restored": (c) => c.send(new Get({ SecretId: "app/two" })),
  "delete by force": (c) => c.send(new Delete({ SecretId: "app/two", ForceDeleteWithoutRecovery: true })),
  "get after force": (c) => c.send(new Get({ SecretId: "app/two" })),
  "create with the name again": (c) =>
    c.send(new Create({ Name: "app/two", SecretString: "new", ClientRequestToken: token(6) })),
  "delete missing": (c) => c.send(new Delete({ SecretId: "app/none" })),
  "force on missing": (c) => c.send(new Delete({ SecretId: "app/none", ForceDeleteWithoutRecovery: true })),

  "create three": (c) => c.send(new Create({ Name: "app/three", SecretString: "v1", ClientRequestToken: token(1) })),
  "tag with aws:": (c) => c.send(new Tag({ SecretId: "app/three", Tags: [{ Key: "aws:x", Value: "y" }] })),
  "delete three": (c) => c.send(new Delete({ SecretId: "app/three" })),
  "put to deleted": (c) => c.send(new Put({ SecretId: "app/three", SecretString: "v2", ClientRequestToken: token(2) })),
  "tag deleted": (c) => c.send(new Tag({ SecretId: "app/three", Tags: [{ Key: "a", Value: "b" }] })),

  "create five": (c) => c.send(new Create({ Name: "app/five", SecretString: "v1", ClientRequestToken: token(1) })),
  "replicate to the own Region": (c) =>
    c.send(new Replicate({ SecretId: "app/five", AddReplicaRegions: [{ Region: "us-east-1" }] })),
  "replicate a missing secret": (c) =>
    c.send(new Replicate({ SecretId: "app/none", AddReplicaRegions: [{ Region: "eu-west-1" }] })),
  replicate: (c) => c.send(new Replicate({ SecretId: "app/five", AddReplicaRegions: [{ Region: "eu-west-1" }] })),
  "describe with a replica": async (c) => (await c.send(new Describe({ SecretId: "app/five" }))).ReplicationStatus,
  "delete with a replica": (c) => c.send(new Delete({ SecretId: "app/five" })),
  "delete by force with a replica": (c) =>
    c.send(new Delete({ SecretId: "app/five", ForceDeleteWithoutRecovery: true })),
  "remove the replica": async (c) =>
    (await c.send(new RemoveRegions({ SecretId: "app/five", RemoveReplicaRegions: ["eu-west-1", "eu-west-2"] })))
      .ReplicationStatus,
  "describe without a replica": (c) => c.send(new Describe({ SecretId: "app/five" })),
  "create with a replica": async (c) => {
    const AddReplicaRegions = [{ Region: "eu-west-1" }];
    await c.send(new Create({ Name: "app/six", SecretString: "v1", AddReplicaRegions }));
    return (await c.send(new Describe({ SecretId: "app/six" }))).ReplicationStatus;
  },

  "create seven": (c) => c.send(new Create({ Name: "app/seven", SecretString: "v1", ClientRequestToken: token(1) })),
  "cancel without rotation": (c) => c.send(new CancelRotation({ SecretId: "app/seven" })),
  "cancel on missing": (c) => c.send(new CancelRotation({ SecretId: "app/none" })),
  "rotate, days out of range": (c) =>
    c.send(
      new Rotate({
        SecretId: "app/seven",
        RotationLambdaARN: nowhere,
        RotationRules: { AutomaticallyAfterDays: 1001 },
      }),
    ),
  "rotate with a short token": (c) =>
    c.send(new Rotate({ SecretId: "app/seven", RotationLambdaARN: nowhere, ClientRequestToken: "x" })),
  "rotate without a function": (c) => c.send(new Rotate({ SecretId: "app/seven", ClientRequestToken: token(2) })),
  "rotate with a missing function": (c) => c.send(new Rotate({ SecretId: "app/one", RotationLambdaARN: nowhere })),
  "rotate deleted": (c) => c.send(new Rotate({ SecretId: "app/three", RotationLambdaARN: nowhere })),

  "random password": async (c) => (await c.send(new Random({ PasswordLength: 40 }))).RandomPassword?.length,
  "random password too short": (c) => c.send(new Random({ PasswordLength: 3 })),
};

const uuid = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;

/** What may differ from run to run becomes a word; what an emulator says about itself is left out. */
function normal(value: unknown, key = ""): unknown {
  if (value instanceof Date) return "date";
  if (typeof value === "string") {
    if (uuid.test(value) && !value.startsWith("00000000-")) return "random";
    return value.replace(/^arn:aws:secretsmanager:us-east-1:123456789012:secret:(.+)-[A-Za-z0-9]{6}$/, "arn:$1-suffix");
  }
  if (Array.isArray(value)) {
    const items = value.map((item) => normal(item));
    // Neither a tag list nor a label list has an order.
    return /Tags|Stages$|Versions$/.test(key)
      ? items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
      : items;
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .filter(([name, inner]) => name !== "$metadata" && inner !== undefined)
    .map(([name, inner]): [string, unknown] => [
      uuid.test(name) && !name.startsWith("00000000-") ? "random" : name,
      normal(inner, uuid.test(name) ? "Stages" : name),
    ]);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Plays the script. An error is its code: the documentation decides codes, not sentences. */
export async function play(client: SecretsManagerClient): Promise<Record<string, unknown>> {
  const raw: Record<string, unknown> = {};
  const outcomes: Record<string, unknown> = {};
  for (const [name, send] of Object.entries(script)) {
    try {
      raw[name] = await send(client, raw);
      outcomes[name] = normal(raw[name]);
    } catch (error) {
      outcomes[name] = (error as Error).name;
    }
  }
  return outcomes;
}
