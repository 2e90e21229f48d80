import assert from "node:assert/strict";
import {
  accessPolicy,
  migratePolicy,
  rotationPolicy,
  type AccessRole,
  type MigrateRole,
  type PolicyDocument,
} from "../../components/provisioner/policies";
import { formerTagKey } from "../../components/provisioner/policies/tags";
import { evaluate, readIdentityPolicy, type Context } from "../../local/aws/iam";
import { FORMER_TAG } from "../../provisioner/credentials/ownership";

/** IAM User Guide, IAM and STS quotas: all inline policies of a role together; white space does not count. */
const inlineLimit = 10_240;

const plain: AccessRole = {
  partition: "aws",
  region: "eu-central-1",
  account: "111122223333",
  clusterName: "orders",
  functionName: "db-access-orders-access",
  adminSecretArn: "arn:aws:secretsmanager:eu-central-1:111122223333:secret:rds!cluster-0a1b-Ab12Cd",
  secretNamePrefixes: ["rds-", "orders/"],
};

const key = (id: string): string => `arn:aws:kms:eu-central-1:111122223333:key/${id}-1234-1234-1234-123456789012`;
const many = (count: number, of: (index: string) => string): string[] =>
  Array.from({ length: count }, (_, index) => of(String(index).padStart(8, "0")));

const full: AccessRole & MigrateRole = {
  ...plain,
  adminIamUser: "provisioner",
  resourceId: "cluster-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
  adminKeyArns: [key("adminkey")],
  secretKeyArns: many(6, key),
  parameterKeyArns: many(6, key),
  parameterPaths: many(4, (index) => `/applications/path-${index}`),
  rotationFunctionArns: many(4, (index) => `arn:aws:lambda:eu-central-1:111122223333:function:rotation-${index}`),
  inheritedTagKeys: many(6, (index) => `tag-${index}`),
  secretNamePrefixes: many(6, (index) => `team-${index}/`),
  migrationsBucket: "b".repeat(63),
  migrationsKeyArn: key("filekey"),
  vpcEndpointIds: ["vpce-0123456789abcdef0", "vpce-0123456789abcdef1"],
  directory: {
    identityStoreId: "d-0123456789",
    roleArn: "arn:aws:iam::777788889999:role/directory-reader",
    bindSecretArn: "arn:aws:secretsmanager:eu-central-1:111122223333:secret:directory-Ab12Cd",
  },
};

const builders: Record<string, (role: AccessRole & MigrateRole) => PolicyDocument> = {
  access: accessPolicy,
  rotation: rotationPolicy,
  migrate: migratePolicy,
};
const sidsOf = ({ Statement }: PolicyDocument): string[] => Statement.map(({ Sid }) => Sid);
const sizeOf = (document: PolicyDocument): number => JSON.stringify(document).replace(/\s/g, "").length;
const resourcesOf = ({ Statement }: PolicyDocument): string[] => Statement.flatMap(({ Resource }) => Resource);

describe("policies of the execution roles", () => {
  for (const [name, build] of Object.entries(builders)) {
    it(`${name}: every statement has a name of its own, in the characters that IAM takes`, () => {
      for (const role of [plain, full]) {
        const sids = sidsOf(build(role));
        assert.equal(new Set(sids).size, sids.length);
        for (const sid of sids) assert.match(sid, /^[A-Za-z0-9]+$/);
      }
    });

    it(`${name}: fits inline, also with everything that can be asked for`, () => {
      assert.ok(sizeOf(build(full)) <= inlineLimit, `${sizeOf(build(full))} characters`);
      assert.ok(sizeOf(build(plain)) < inlineLimit / 2, `${sizeOf(build(plain))} characters`);
    });

    it(`${name}: is in the partition that it is made for`, () => {
      for (const partition of ["aws-cn", "aws-us-gov"]) {
        const adminSecretArn = plain.adminSecretArn?.replace("arn:aws:", `arn:${partition}:`);
        const elsewhere = build({
          ...plain,
          partition,
          adminSecretArn,
          parameterPaths: ["/orders"],
          migrationsBucket: "files",
        });
        for (const resource of resourcesOf(elsewhere))
          assert.ok(resource === "*" || resource.startsWith(`arn:${partition}:`), resource);
        assert.ok(!JSON.stringify(elsewhere).includes("arn:aws:"));
      }
    });

    it(`${name}: says nothing about what is not used`, () => {
      const sids = sidsOf(build(plain));
      for (const unused of [
        "ConnectAsAdmin",
        "UseAdminKeys",
        "UseSecretKeys",
        "UseParameterKeys",
        "ReadParameters",
        "ReadMigrations",
      ])
        assert.ok(!sids.includes(unused), unused);
      assert.ok(!sids.includes("DenyOutsideEndpoints"));
      const withoutSecret = build({ ...full, adminSecretArn: undefined });
      assert.ok(!sidsOf(withoutSecret).includes("ReadAdminSecret"));
      assert.ok(!sidsOf(withoutSecret).includes("UseAdminKeys"));
    });

    it(`${name}: allows nothing everywhere but the network's actions`, () => {
      for (const { Effect, Resource, Sid } of build(full).Statement)
        if (Effect === "Allow") assert.ok(Sid === "AttachToNetwork" || !Resource.includes("*"), Sid);
      for (const { Effect, Action, Sid } of build(full).Statement)
        if (Effect === "Allow") assert.ok(!Action.some((action) => action.includes("*")), Sid);
    });

    it(`${name}: needs the cluster's resource id for an admin who is an IAM user`, () =>
      assert.throws(() => build({ ...full, resourceId: undefined }), /resource id/));
  }

  const effectOf = (action: string, resource: string, context: Context, role = full): string =>
    evaluate([readIdentityPolicy(accessPolicy(role))], {
      action,
      resource,
      context: { "aws:SourceVpce": "vpce-0123456789abcdef0", ...context },
    }).effect;

  it("say so when they would be longer than IAM takes", () =>
    assert.throws(() => accessPolicy({ ...full, secretKeyArns: many(80, key) }), /characters, and IAM takes 10240/));

  it("take a path with and without slashes at its ends, and nothing beside it", () => {
    for (const path of ["/orders", "orders/", "/orders/"]) {
      const role = { ...full, parameterPaths: [path] };
      const of = (name: string): string => `arn:aws:ssm:eu-central-1:111122223333:parameter${name}`;
      assert.equal(effectOf("ssm:GetParameters", of("/orders/app/host"), {}, role), "allow");
      assert.equal(effectOf("ssm:GetParameters", of("/orders-of-others/app/host"), {}, role), "none");
    }
  });

  it("let a parameter be made whether or not its tags count as there already", () => {
    const resource = "arn:aws:ssm:eu-central-1:111122223333:parameter/applications/path-00000000/app/host";
    const request = { "aws:RequestTag/db-access:cluster": "orders", "aws:TagKeys": ["db-access:cluster"] };
    const readings: Context[] = [{}, { "aws:ResourceTag/db-access:cluster": "orders" }];
    for (const tags of readings)
      for (const action of ["ssm:PutParameter", "ssm:AddTagsToResource"])
        assert.equal(effectOf(action, resource, { ...request, ...tags }), "allow");
    const others = { ...request, "aws:ResourceTag/db-access:cluster": "stock" };
    assert.equal(effectOf("ssm:AddTagsToResource", resource, others), "none");
  });

  it("let a key be used in every partition's domain, for secrets only, and through Secrets Manager only", () => {
    const context = {
      "kms:ViaService": "secretsmanager.cn-north-1.amazonaws.com.cn",
      "kms:EncryptionContext:SecretARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:orders/app-Ab12Cd",
    };
    const decrypt = (more: Context): string => effectOf("kms:Decrypt", key("00000003"), { ...context, ...more });
    assert.equal(decrypt({}), "allow");
    assert.equal(decrypt({ "kms:ViaService": "s3.eu-central-1.amazonaws.com" }), "none");
    assert.equal(decrypt({ "kms:EncryptionContext:SecretARN": "arn:aws:s3:::bucket" }), "none");
  });

  it("name the tag of a take-over as the function writes it", () => assert.equal(formerTagKey, FORMER_TAG));
});
