import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { readConfig } from "../../../provisioner/config";
import { provisionerRefSchema } from "../../../provisioner/protocol";
import { documentOf, graph, leanArgs, valueOf, type Graph } from "./support/graph";

const key = "arn:aws:kms:eu-central-1:111122223333:key/files";
const egress = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule";
const endpoint = "aws:ec2/vpcEndpoint:VpcEndpoint";
const access = { role: { principals: ["777788889999"], externalId: "agreed" } };

interface Statement {
  Sid: string;
  Action: string[];
  Resource: string[];
  Condition?: object;
}

const statementsOf = (text: string, sids: RegExp): Statement[] =>
  (documentOf(text).Statement as unknown as Statement[]).filter(({ Sid }) => sids.test(Sid));

/** Which bucket the migrating function reads from, and which one callers are told. */
async function bucketsOf(made: Graph): Promise<(string | undefined)[]> {
  const { environment } = made.one("aws:lambda/function:Function", "-migrate") as {
    environment: { variables: Record<string, string> };
  };
  const ref = provisionerRefSchema.parse(await valueOf(made.provisioner.ref as pulumi.Input<unknown>));
  const { migrationsBucket } = readConfig({ ...environment.variables, AWS_REGION: "eu-central-1" });
  return [migrationsBucket, ref.migrationsBucket];
}

describe("a provisioner's bucket for migrations", () => {
  it("is one that is there already, of which function and callers have a prefix", async () => {
    const bucketName = pulumi.output("files");
    const made = await graph(leanArgs({ access, migrations: { bucketName } }));
    assert.deepEqual(await bucketsOf(made), ["files", "files"]);
    assert.deepEqual(made.of("aws:s3/bucket:Bucket"), []);
    const Resource = ["arn:aws:s3:::files/db-access/orders/migrations/*"];
    const { access: claims, migrate, rotate } = await valueOf(made.provisioner.policies);
    const reading = { Sid: "ReadMigrations", Effect: "Allow", Action: ["s3:GetObject"], Resource };
    assert.deepEqual(statementsOf(migrate, /Migrations/), [reading]);
    for (const other of [claims, rotate]) assert.doesNotMatch(other, /s3:/);
    const { policy } = made.one("aws:iam/rolePolicy:RolePolicy", "-invoke-policy") as { policy: string };
    const sending = { Sid: "SendMigrations", Effect: "Allow", Action: ["s3:PutObject", "s3:GetObject"], Resource };
    assert.deepEqual(statementsOf(policy, /Migrations/), [sending]);
  });

  it("has a key that works through S3 only, for these files", async () => {
    const made = await graph(leanArgs({ access, migrations: { bucketName: "files", bucketKmsKeyArn: key } }));
    const { migrate } = await valueOf(made.provisioner.policies);
    const Condition = {
      StringLike: {
        "kms:ViaService": "s3.*",
        "kms:EncryptionContext:aws:s3:arn": ["arn:aws:s3:::files/db-access/orders/migrations/*", "arn:aws:s3:::files"],
      },
    };
    const [reading] = statementsOf(migrate, /^UseMigrationsKey$/);
    assert.deepEqual([reading.Action, reading.Resource, reading.Condition], [["kms:Decrypt"], [key], Condition]);
    const { policy } = made.one("aws:iam/rolePolicy:RolePolicy", "-invoke-policy") as { policy: string };
    const [sending] = statementsOf(policy, /^UseMigrationsKey$/);
    assert.deepEqual(sending.Action, ["kms:GenerateDataKey", "kms:Decrypt"]);
  });

  it("can be made: encrypted, not public, and forgetting", async () => {
    const made = await graph(leanArgs({ migrations: { bucket: true } }));
    const bucket = "db-access-orders-0123456";
    assert.deepEqual(await bucketsOf(made), [bucket, bucket]);
    const setting = (type: string): Record<string, unknown> => made.one(`aws:s3/bucket${type}:Bucket${type}`, "");
    assert.deepEqual(setting("PublicAccessBlock"), {
      bucket,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    assert.match(JSON.stringify(setting("ServerSideEncryptionConfiguration")), /"sseAlgorithm":"AES256"/);
    assert.match(JSON.stringify(setting("LifecycleConfiguration")), /"expiration":\{"days":30\}.*"status":"Enabled"/);
    const own = await graph(leanArgs({ migrations: { bucket: true, bucketKmsKeyArn: key } }));
    const [rule] = own.one("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", "")
      .rules as object[];
    assert.deepEqual(rule, {
      applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: key },
      bucketKeyEnabled: true,
    });
    const long = await graph(leanArgs({ clusterName: `a${"b".repeat(39)}`, migrations: { bucket: true } }));
    assert.equal(String(long.one("aws:s3/bucket:Bucket", "").bucketPrefix).length, 37);
  });

  it("is none where none is asked for", async () => {
    const made = await graph(leanArgs({ access }));
    assert.deepEqual(await bucketsOf(made), [undefined, undefined]);
    assert.ok(!made.all.some(({ type }) => type.startsWith("aws:s3/")));
    assert.doesNotMatch(JSON.stringify(await valueOf(made.provisioner.policies)), /s3:/);
  });

  const network = { vpcId: "vpc-0orders", subnetIds: ["subnet-0a"] };
  const ways = (made: Graph): unknown[] =>
    made
      .of(egress)
      .filter(({ inputs }) => inputs.fromPort === 443)
      .map(({ name, inputs: { prefixListId, cidrIpv4, referencedSecurityGroupId } }) => [
        name,
        prefixListId ?? cidrIpv4 ?? referencedSecurityGroupId,
      ]);

  it("is reached through a gateway endpoint, which the other services' way does not depend on", async () => {
    const endpoints = { services: ["s3" as const], routeTableIds: ["rtb-0a", "rtb-0b"] };
    const alone = await graph(leanArgs({ network: { ...network, endpoints } }));
    const { vpcEndpointType, routeTableIds, serviceName, privateDnsEnabled } = alone.one(endpoint, "-s3");
    assert.deepEqual(
      [vpcEndpointType, routeTableIds, serviceName, privateDnsEnabled],
      ["Gateway", ["rtb-0a", "rtb-0b"], "com.amazonaws.eu-central-1.s3", undefined],
    );
    assert.deepEqual(ways(alone), [
      ["orders-https-vpc-0", "10.0.0.0/16"],
      ["orders-to-s3", "pl-0s3"],
    ]);
    assert.doesNotMatch((await valueOf(alone.provisioner.policies)).migrate, /SourceVpce/);
    const beside = await graph(
      leanArgs({ network: { ...network, endpoints: { ...endpoints, services: ["secretsmanager", "s3"] } } }),
    );
    assert.deepEqual(ways(beside), [
      ["orders-to-endpoints", "sg-0orders-endpoints"],
      ["orders-to-s3", "pl-0s3"],
    ]);
    assert.match(
      (await valueOf(beside.provisioner.policies)).migrate,
      /"aws:SourceVpce":\["vpce-0orders-endpoint-secretsmanager"\]/,
    );
    const there = await graph(leanArgs({ network: { ...network, s3PrefixListId: "pl-0there" } }));
    assert.deepEqual(ways(there), [
      ["orders-https-vpc-0", "10.0.0.0/16"],
      ["orders-to-existing-s3", "pl-0there"],
    ]);
  });
});
