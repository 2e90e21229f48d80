import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { strToU8, zipSync } from "fflate";
import { unpack } from "../../local/aws-plugin/code";
import type { Control } from "../../local/aws-plugin/control-client";
import { ControlledRoles } from "../../local/aws-plugin/control-roles";
import { graph, plainArgs } from "../components/provisioner/support/graph";
import { AwsPlugin } from "../../local/aws-plugin/provider";

const nobody: Control = ({ operation }) => Promise.reject(new Error(`nobody expects ${operation}`));
const plugin = new AwsPlugin({
  account: "111122223333",
  region: "us-east-1",
  partition: "aws",
  endpointUrl: "http://127.0.0.1:1",
  directory: "/nowhere",
  control: nobody,
});
const urnOf = (type: string): string => `urn:pulumi:prod::data::db-access:index:Provisioner$${type}::orders-it`;
const queue = urnOf("aws:sqs/queue:Queue");
const target = urnOf("aws:cloudwatch/eventTarget:EventTarget");

describe("the stand-in of the AWS plugin", () => {
  it("refuses what a resource does not have, at every depth, and what it must have and has not", async () => {
    const { failures } = await plugin.check(
      target,
      {},
      { rule: "r", retryPolicy: { attempts: 2 }, arn: 1, colour: "x" },
    );
    assert.deepEqual(failures, [
      { property: "retryPolicy.attempts", reason: "unknown property" },
      { property: "arn", reason: "expected text" },
      { property: "colour", reason: "unknown property" },
    ]);
    assert.deepEqual((await plugin.check(target, {}, { rule: "r" })).failures, [
      { property: "arn", reason: "is required" },
    ]);
  });

  it("knows everything that a provisioner with all its options is made of", async () => {
    const key = "arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000000";
    const { all } = await graph(
      plainArgs({
        network: {
          vpcId: "vpc-0orders",
          subnetIds: ["subnet-0a", "subnet-0b"],
          endpoints: { services: ["secretsmanager", "ssm", "s3"], routeTableIds: ["rtb-0orders"] },
          dualStack: true,
        },
        access: {
          accountIds: ["444455556666"],
          organizationId: "o-abcdefghij",
          role: { principals: ["444455556666"], externalId: "tooling" },
        },
        migrations: { bucket: true, bucketKmsKeyArn: key },
        keys: { environment: key, logs: key, topic: key, deadLetters: key },
        tags: { team: "data" },
      }),
    );
    const made = all.filter(({ type }) => type.startsWith("aws:"));
    assert.ok(made.some(({ type }) => type.endsWith(":VpcEndpoint")));
    for (const { type, name, inputs } of made) {
      // The mocks have no engine that hashes what is in an archive.
      const { code, ...rest } = inputs;
      const { failures = [] } = await plugin.check(urnOf(type), {}, rest);
      const expected = code === undefined ? [] : [{ property: "code", reason: "is required" }];
      assert.deepEqual(failures, expected, name);
    }
  });

  it("refuses a document that is not JSON", async () => {
    const role = urnOf("aws:iam/role:Role");
    const { failures } = await plugin.check(role, {}, { assumeRolePolicy: "{" });
    assert.deepEqual(failures, [{ property: "assumeRolePolicy", reason: "expected json" }]);
  });

  it("refuses types and lookups that it does not know", async () => {
    assert.throws(() => plugin.check(urnOf("aws:s3/object:Object"), {}, {}), /has no aws:s3\/object:Object/);
    await assert.rejects(plugin.invoke("aws:ec2/getAmi:getAmi"), /has no aws:ec2\/getAmi:getAmi/);
  });

  it("keeps a name that it has made up, and replaces for another one", async () => {
    const made = (await plugin.check(queue, {}, {})).inputs as { name: string };
    assert.match(made.name, /^orders-it-[0-9a-f]{7}$/);
    assert.deepEqual((await plugin.check(queue, made, {})).inputs, made);
    assert.deepEqual(await plugin.diff("id", queue, { ...made, arn: "computed" }, made), {
      changes: false,
      replaces: [],
      deleteBeforeReplace: false,
    });
    assert.deepEqual((await plugin.diff("id", queue, made, { name: "other" })).replaces, ["name"]);
    const changed = await plugin.diff("id", queue, made, { ...made, messageRetentionSeconds: 60 });
    assert.deepEqual([changed.changes, changed.replaces], [true, []]);
  });

  it("lets a function have only a role that Lambda may assume, and a role end only without policies", () => {
    const roles = new ControlledRoles();
    const trust = (Service: string): string =>
      JSON.stringify({ Statement: [{ Effect: "Allow", Principal: { Service }, Action: "sts:AssumeRole" }] });
    roles.put({ name: "r", arn: "arn:r", trust: trust("ec2.amazonaws.com") });
    assert.equal(roles.of("arn:r").trusts("lambda.amazonaws.com"), false);
    roles.put({ name: "r", arn: "arn:r", trust: trust("lambda.amazonaws.com") });
    assert.equal(roles.of("arn:r").trusts("lambda.amazonaws.com"), true);
    assert.equal(roles.of("arn:other").trusts("lambda.amazonaws.com"), false);
    roles.putPolicy("r", "p", "{}");
    assert.throws(() => roles.delete("r"), /DeleteConflict/);
    roles.deletePolicy("r", "p");
    roles.delete("r");
    assert.throws(() => roles.putPolicy("r", "p", "{}"), /NoSuchEntity/);
  });

  it("unpacks the archive of the package, and files that are given one by one, into folders named by the content", () => {
    const directory = mkdtempSync(path.join(tmpdir(), "db-access-code-"));
    try {
      const archive = path.join(directory, "code.zip");
      writeFileSync(archive, zipSync({ "index.mjs": strToU8("export {}") }));
      const folder = unpack({ hash: "h", path: archive }, directory);
      assert.equal(readFileSync(path.join(folder, "index.mjs"), "utf8"), "export {}");
      const asFile = { hash: "h", assets: { "index.mjs": { hash: "h", text: "export {}" } } };
      assert.equal(unpack(asFile, directory), folder);
      const withCa = { hash: "h", assets: { ...asFile.assets, "ca.pem": { hash: "h", text: "PEM" } } };
      const other = unpack(withCa, directory);
      assert.notEqual(other, folder);
      assert.equal(readFileSync(path.join(other, "ca.pem"), "utf8"), "PEM");
      const escaping = { hash: "h", assets: { "../ca.pem": { hash: "h", text: "PEM" } } };
      assert.throws(() => unpack(escaping, directory), /lies in a folder/);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
