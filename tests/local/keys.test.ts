import * as sm from "@aws-sdk/client-secrets-manager";
import * as ssm from "@aws-sdk/client-ssm";
import assert from "node:assert/strict";
import { AwsEndpoint } from "../../local/aws";
import { EndpointClients } from "./endpoint-clients";

const account = "111122223333";
const stranger = "444455556666";
const region = "us-east-1";
const key = (name: string): string => `arn:aws:kms:${region}:${account}:key/${name}`;

describe("keys in the local AWS endpoint", () => {
  let aws: AwsEndpoint;
  let clients: EndpointClients;
  let client: sm.SecretsManagerClient;

  const codeOf = (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => "no error",
      (error: Error) => error.name,
    );
  const create = (Name: string, KmsKeyId?: string): Promise<unknown> =>
    client.send(new sm.CreateSecretCommand({ Name, SecretString: "x", KmsKeyId }));
  const put = (SecretId: string, SecretString = "y"): Promise<unknown> =>
    client.send(new sm.PutSecretValueCommand({ SecretId, SecretString }));
  const get = (SecretId: string, reader = client): Promise<unknown> =>
    reader.send(new sm.GetSecretValueCommand({ SecretId }));
  const setKey = (SecretId: string, KmsKeyId: string): Promise<unknown> =>
    client.send(new sm.UpdateSecretCommand({ SecretId, KmsKeyId }));
  const keysOf = async (SecretId: string): Promise<(string | undefined)[]> => {
    const input = { SecretId, IncludeDeprecated: true };
    const { Versions = [] } = await client.send(new sm.ListSecretVersionIdsCommand(input));
    return Versions.map(({ KmsKeyIds }) => KmsKeyIds?.join());
  };

  before(async () => {
    aws = await AwsEndpoint.start({ account, region });
    clients = new EndpointClients(aws);
    client = clients.secrets();
  });

  after(async () => {
    clients.destroy();
    await aws.close();
  });

  it("refuses what needs a key that cannot be used, and changes nothing", async () => {
    await create("kept", key("one"));
    for (const [trouble, writing, reading] of [
      ["denied", "AccessDeniedException", "AccessDeniedException"],
      ["disabled", "EncryptionFailure", "DecryptionFailure"],
    ] as const) {
      const allow = aws.keys.deny(key("one"), trouble);
      assert.equal(await codeOf(create("made", key("one"))), writing);
      assert.equal(await codeOf(put("kept")), writing);
      assert.equal(
        await codeOf(client.send(new sm.UpdateSecretCommand({ SecretId: "kept", SecretString: "y" }))),
        writing,
      );
      assert.equal(await codeOf(get("kept")), reading);
      // What is not encrypted can still be seen and changed.
      await client.send(new sm.DescribeSecretCommand({ SecretId: "kept" }));
      await client.send(new sm.TagResourceCommand({ SecretId: "kept", Tags: [{ Key: "a", Value: trouble }] }));
      assert.equal(
        await codeOf(client.send(new sm.DescribeSecretCommand({ SecretId: "made" }))),
        "ResourceNotFoundException",
      );
      allow();
      assert.equal(await codeOf(get("kept")), "no error");
      assert.equal((await keysOf("kept")).length, 1);
    }
  });

  it("has a default key, which can be out of use too", async () => {
    await create("plain");
    const allow = aws.keys.deny("alias/aws/secretsmanager");
    assert.equal(await codeOf(get("plain")), "AccessDeniedException");
    allow();
    assert.equal(await codeOf(get("plain")), "no error");
  });

  it("encrypts again what has a label when a secret gets another key", async () => {
    await create("moved");
    await put("moved", "second");
    await put("moved", "third");
    assert.equal(await codeOf(setKey("moved", key("two"))), "no error");
    const none = "DefaultEncryptionKey";
    assert.deepEqual(await keysOf("moved"), [none, key("two"), key("two")], "the first one has lost its labels");
    const allow = aws.keys.deny(key("three"));
    assert.equal(await codeOf(setKey("moved", key("three"))), "no error");
    assert.deepEqual(await keysOf("moved"), [none, key("two"), key("two")], "nothing to encrypt it with");
    assert.equal(await codeOf(get("moved")), "no error", "the value is still under the former key");
    assert.equal(await codeOf(put("moved", "fourth")), "AccessDeniedException");
    allow();
    assert.equal(await codeOf(setKey("moved", "")), "no error");
    assert.deepEqual(await keysOf("moved"), [none, none, none]);
    const disabled = aws.keys.deny(key("two"), "disabled");
    assert.equal(await codeOf(setKey("moved", key("two"))), "EncryptionFailure");
    disabled();
  });

  it("decides by the version's key what another account may read", async () => {
    const made = (await create("shared")) as sm.CreateSecretCommandOutput;
    const SecretId = made.ARN ?? "";
    const ResourcePolicy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Principal: { AWS: stranger }, Action: "secretsmanager:GetSecretValue", Resource: "*" },
      ],
    });
    await client.send(new sm.PutResourcePolicyCommand({ SecretId, ResourcePolicy, BlockPublicPolicy: true }));
    const reader = clients.secrets({ account: stranger });
    assert.equal(await codeOf(get(SecretId, reader)), "AccessDeniedException");
    await setKey(SecretId, key("four"));
    assert.equal(await codeOf(get(SecretId, reader)), "no error");
    await setKey(SecretId, "");
    assert.equal(await codeOf(get(SecretId, reader)), "AccessDeniedException");
  });

  it("keeps secure parameters under a key, with tags", async () => {
    const parameters = clients.parameters();
    const Name = "/app/password";
    const secure = { Name, Type: "SecureString", KeyId: key("five") } as const;
    const Tags = [{ Key: "owner", Value: "orders" }];
    await parameters.send(new ssm.PutParameterCommand({ ...secure, Value: "1", Tags }));
    const { Parameters } = await parameters.send(new ssm.DescribeParametersCommand({}));
    assert.deepEqual([Parameters?.[0].Type, Parameters?.[0].KeyId], ["SecureString", key("five")]);
    const tag = { ResourceType: "Parameter", ResourceId: Name } as const;
    await parameters.send(new ssm.AddTagsToResourceCommand({ ...tag, Tags: [{ Key: "team", Value: "red" }] }));
    const { TagList } = await parameters.send(new ssm.ListTagsForResourceCommand(tag));
    assert.deepEqual(TagList, [...Tags, { Key: "team", Value: "red" }]);
    const write = (): Promise<unknown> =>
      parameters.send(new ssm.PutParameterCommand({ Name, Value: "2", Overwrite: true }));
    const read = (WithDecryption: boolean): Promise<unknown> =>
      parameters.send(new ssm.GetParametersByPathCommand({ Path: "/app", WithDecryption }));
    for (const [trouble, code] of [
      ["denied", "AccessDeniedException"],
      ["disabled", "InvalidKeyId"],
    ] as const) {
      const allow = aws.keys.deny(key("five"), trouble);
      assert.equal(await codeOf(write()), code);
      assert.equal(await codeOf(read(true)), code);
      assert.equal(await codeOf(read(false)), "no error");
      allow();
    }
    const kept = await parameters.send(new ssm.GetParameterCommand({ Name, WithDecryption: true }));
    assert.deepEqual([kept.Parameter?.Value, kept.Parameter?.Version], ["1", 1]);
    const gone = await parameters.send(new ssm.DeleteParametersCommand({ Names: [Name, "/app/none"] }));
    assert.deepEqual([gone.DeletedParameters, gone.InvalidParameters], [[Name], ["/app/none"]]);
  });
});
