import * as sm from "@aws-sdk/client-secrets-manager";
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { AwsEndpoint } from "../../local/aws";
import { EndpointClients } from "./endpoint-clients";

const account = "111122223333";
const region = "us-east-1";
const far = "eu-west-1";

describe("replication in the local Secrets Manager", () => {
  let directory: string;
  let aws: AwsEndpoint;
  let clients: EndpointClients;
  let here: sm.SecretsManagerClient;
  let there: sm.SecretsManagerClient;

  const open = async (): Promise<void> => {
    aws = await AwsEndpoint.start({ account, region, stateFile: path.join(directory, "aws.json") });
    clients = new EndpointClients(aws);
    here = clients.secrets();
    there = clients.secrets({ region: far });
  };
  const close = async (): Promise<void> => {
    clients.destroy();
    await aws.close();
  };
  const create = async (client: sm.SecretsManagerClient, Name: string, SecretString: string): Promise<string> =>
    (await client.send(new sm.CreateSecretCommand({ Name, SecretString }))).ARN ?? "";
  const valueIn = async (client: sm.SecretsManagerClient, SecretId: string): Promise<string | undefined> =>
    (await client.send(new sm.GetSecretValueCommand({ SecretId }))).SecretString;
  const replicate = (SecretId: string, more: Partial<sm.ReplicateSecretToRegionsCommandInput> = {}) =>
    here.send(new sm.ReplicateSecretToRegionsCommand({ SecretId, AddReplicaRegions: [{ Region: far }], ...more }));
  const describe_ = (client: sm.SecretsManagerClient, SecretId: string): Promise<sm.DescribeSecretCommandOutput> =>
    client.send(new sm.DescribeSecretCommand({ SecretId }));

  before(async () => {
    directory = mkdtempSync(path.join(tmpdir(), "db-access-replication-"));
    await open();
  });

  after(async () => {
    await close();
    rmSync(directory, { recursive: true });
  });

  it("copies a secret under the same name, and what is changed later", async () => {
    const arn = await create(here, "app", "one");
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { AWS: account }, Action: "secretsmanager:*", Resource: "*" }],
    });
    await here.send(new sm.PutResourcePolicyCommand({ SecretId: arn, ResourcePolicy: Policy }));
    await replicate(arn, { AddReplicaRegions: [{ Region: far, KmsKeyId: "alias/far" }] });
    const farArn = arn.replace(region, far);
    assert.equal(await valueIn(there, "app"), "one");
    assert.equal(await valueIn(there, farArn), "one");
    await here.send(new sm.PutSecretValueCommand({ SecretId: arn, SecretString: "two" }));
    await here.send(new sm.TagResourceCommand({ SecretId: arn, Tags: [{ Key: "a", Value: "b" }] }));
    assert.equal(await valueIn(there, "app"), "two");
    const copy = await describe_(there, "app");
    assert.deepEqual([copy.ARN, copy.PrimaryRegion, copy.KmsKeyId], [farArn, region, "alias/far"]);
    assert.deepEqual(copy.Tags, [{ Key: "a", Value: "b" }]);
    assert.deepEqual(copy.VersionIdsToStages, (await describe_(here, arn)).VersionIdsToStages);
    assert.equal((await there.send(new sm.GetResourcePolicyCommand({ SecretId: "app" }))).ResourcePolicy, Policy);
    const primary = await describe_(here, arn);
    assert.equal(primary.PrimaryRegion, region);
    const [status] = primary.ReplicationStatus ?? [];
    assert.deepEqual([status.Region, status.Status, status.KmsKeyId], [far, "InSync", "alias/far"]);
    assert.ok(status.LastAccessedDate);
  });

  it("reads replicas only, also after a restart", async () => {
    await create(here, "kept", "one");
    await replicate("kept");
    await close();
    await open();
    const refused = {
      name: "InvalidParameterException",
      message: "Operation not permitted on a replica secret. Call must be made in primary secret's region.",
    };
    const SecretId = "kept";
    await assert.rejects(there.send(new sm.PutSecretValueCommand({ SecretId, SecretString: "x" })), refused);
    await assert.rejects(there.send(new sm.UpdateSecretCommand({ SecretId, Description: "x" })), refused);
    await assert.rejects(there.send(new sm.TagResourceCommand({ SecretId, Tags: [] })), refused);
    await assert.rejects(there.send(new sm.DeleteSecretCommand({ SecretId })), refused);
    await assert.rejects(there.send(new sm.RotateSecretCommand({ SecretId })), refused);
    await here.send(new sm.PutSecretValueCommand({ SecretId, SecretString: "two" }));
    assert.equal(await valueIn(there, SecretId), "two");
  });

  it("keeps the primary until its replicas are removed", async () => {
    const arn = await create(here, "bound", "one");
    await replicate("bound", { AddReplicaRegions: [{ Region: far }, { Region: "eu-west-2" }] });
    await assert.rejects(replicate("bound"), { name: "InvalidParameterException" });
    await assert.rejects(
      here.send(new sm.DeleteSecretCommand({ SecretId: "bound", ForceDeleteWithoutRecovery: true })),
      {
        name: "InvalidParameterException",
        message: `You can't delete secret ${arn} that still has replica regions [eu-west-1, eu-west-2].`,
      },
    );
    const remove = (...RemoveReplicaRegions: string[]) =>
      here.send(new sm.RemoveRegionsFromReplicationCommand({ SecretId: "bound", RemoveReplicaRegions }));
    assert.equal((await remove(far)).ReplicationStatus?.length, 1);
    await assert.rejects(valueIn(there, "bound"), { name: "ResourceNotFoundException" });
    assert.deepEqual((await remove("eu-west-2")).ReplicationStatus, []);
    await here.send(new sm.DeleteSecretCommand({ SecretId: "bound" }));
  });

  it("leaves another secret of the name alone unless told to replace it", async () => {
    await create(there, "taken", "theirs");
    await create(here, "taken", "ours");
    await replicate("taken");
    const status = async () => (await describe_(here, "taken")).ReplicationStatus?.[0];
    assert.deepEqual(
      [(await status())?.Status, (await status())?.StatusMessage],
      ["Failed", "Secret with this name already exists in this region"],
    );
    assert.equal(await valueIn(there, "taken"), "theirs");
    const remove = { SecretId: "taken", RemoveReplicaRegions: [far] };
    await here.send(new sm.RemoveRegionsFromReplicationCommand(remove));
    assert.equal(await valueIn(there, "taken"), "theirs", "what is not a replica stays");
    await replicate("taken", { ForceOverwriteReplicaSecret: true });
    assert.equal((await status())?.Status, "InSync");
    assert.equal(await valueIn(there, "taken"), "ours");
  });

  it("cannot copy with a key that cannot be used", async () => {
    const allow = aws.keys.deny("alias/closed");
    await create(here, "keyed", "x");
    const AddReplicaRegions = [{ Region: far, KmsKeyId: "alias/closed" }];
    await replicate("keyed", { AddReplicaRegions });
    assert.equal((await describe_(here, "keyed")).ReplicationStatus?.[0].Status, "Failed");
    allow();
    await replicate("keyed", { AddReplicaRegions });
    assert.equal(await valueIn(there, "keyed"), "x");
  });
});
