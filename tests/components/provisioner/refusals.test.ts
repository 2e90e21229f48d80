import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import * as aws from "@pulumi/aws";
import { Provisioner, provisionerFromName, type ProvisionerArgs } from "../../../components";
import { loadAws } from "../../../components/provisioner/aws";
import { assertArgs } from "../../../components/provisioner/check";
import { graphOf, plainArgs } from "./support/graph";

const { cluster, network } = plainArgs();
const change = (more: object): ProvisionerArgs => ({ ...plainArgs(), ...more }) as ProvisionerArgs;
const without = (from: object, key: string): object =>
  Object.fromEntries(Object.entries(from).filter(([k]) => k !== key));
const ofCluster = (more: object): ProvisionerArgs => change({ cluster: { ...cluster, ...more } });
const ofNetwork = (more: object): ProvisionerArgs => change({ network: { ...network, ...more } });
const ofDirectory = (more: object): ProvisionerArgs =>
  change({
    directory:
      "kind" in more
        ? more
        : { kind: "ldap", url: "ldaps://ad.example", bindSecretArn: cluster.adminSecretArn, baseDn: "dc=x", ...more },
  });
const role = { principals: ["777788889999"], externalId: "agreed" };

/** What is given, and what is said: the property, the value and the way out. */
const refusals: [ProvisionerArgs, RegExp][] = [
  [change({ clusterName: "Orders" }), /clusterName "Orders" cannot be used; use a plain string: a lower case letter/],
  [change({ clusterName: undefined }), /clusterName is missing; use a plain string/],
  [change({ clusterName: pulumi.output("orders") }), /clusterName "an output" cannot be used; use a plain string/],
  [change({ clustername: "orders" }), /clustername "orders" cannot be used; there is only clusterName, cluster,/],
  [change({ cluster: undefined }), /cluster is missing; give the database's values, or \{ from, engine \}/],
  [
    ofCluster({ engine: "postgres" }),
    /cluster\.engine "postgres" cannot be used; RDS's postgres is called "postgresql" here/,
  ],
  [
    ofCluster({ engine: "oracle" }),
    /cluster\.engine "oracle" cannot be used; use one of postgresql, aurora-postgresql/,
  ],
  [ofCluster({ engine: pulumi.output("mysql") }), /cluster "a resource" cannot be used; give \{ from: <the resource>/],
  [ofCluster({ from: {} }), /cluster\.identifier .* cannot be used; there is only engine, adminSecretArn/],
  [
    change({ cluster: { from: {}, engine: "mysql" } }),
    /cluster\.from .*cannot be used; give an aws\.rds\.Cluster or an aws\.rds\.Instance/,
  ],
  [change({ cluster: without(cluster, "endpoint") }), /cluster\.endpoint is missing; give the writer's host name/],
  [
    ofCluster({ endpoint: "db.example.com:5432" }),
    /cluster\.endpoint "db\.example\.com:5432" cannot be used; use a host name, without a port/,
  ],
  [ofCluster({ port: 0 }), /cluster\.port 0 cannot be used; use a whole number from 1 to 65535/],
  [ofCluster({ kind: "proxy" }), /cluster\.kind "proxy" cannot be used/],
  [ofCluster({ resourceId: "orders" }), /cluster\.resourceId "orders" cannot be used/],
  [
    ofCluster({ adminSecretArn: "rds!cluster-1234" }),
    /cluster\.adminSecretArn "rds!cluster-1234" cannot be used; use the secret's whole ARN/,
  ],
  [
    change({ cluster: without(cluster, "adminSecretArn") }),
    /cluster\.adminSecretArn is missing; give the admin's secret/,
  ],
  [ofCluster({ adminIamUser: "admin" }), /cluster\.adminIamUser .*cannot be used; give one of the two/],
  [
    change({ cluster: { engine: "mysql", endpoint: "db", adminIamUser: "admin" } }),
    /cluster\.resourceId is missing; an admin with IAM authentication is let in by it/,
  ],
  [
    ofCluster({ adminSecretKmsKeyArn: "alias/x" }),
    /cluster\.adminSecretKmsKeyArn "alias\/x" cannot be used; use the ARN of a key/,
  ],
  [change({ network: undefined }), /network is missing; give \{ vpcId, subnetIds \}/],
  [change({ network: without(network, "vpcId") }), /network\.vpcId is missing/],
  [ofNetwork({ subnetIds: [] }), /network\.subnetIds \[\] cannot be used; give at least one subnet/],
  [
    ofNetwork({ subnetIds: ["10.0.0.0/24"] }),
    /network\.subnetIds\[0\] "10\.0\.0\.0\/24" cannot be used; use ids, subnet-…/,
  ],
  [ofNetwork({ endpoints: { services: ["kms"] } }), /network\.endpoints\.services\[0\] "kms" cannot be used/],
  [
    ofNetwork({ endpoints: { services: ["s3"] } }),
    /network\.endpoints\.routeTableIds is missing; name those of the functions' subnets/,
  ],
  [
    ofNetwork({ endpoints: { services: ["ssm"], routeTableIds: ["rtb-0a"] } }),
    /network\.endpoints\.routeTableIds cannot be used; only s3 is put into route tables/,
  ],
  [
    ofNetwork({ endpoints: { services: ["s3"], routeTableIds: ["subnet-0a"] } }),
    /network\.endpoints\.routeTableIds\[0\] "subnet-0a" cannot be used; use ids, rtb-/,
  ],
  [ofNetwork({ s3PrefixListId: "com.amazonaws.eu-central-1.s3" }), /network\.s3PrefixListId .* use an id, pl-/],
  [change({ migrations: {} }), /migrations\.bucketName is missing; name a bucket of yours, or say bucket: true/],
  [
    change({ migrations: { bucket: true, bucketName: "files" } }),
    /migrations\.bucketName "beside bucket" cannot be used; name a bucket of yours, or say bucket: true/,
  ],
  [
    change({ migrations: { bucketName: "arn:aws:s3:::files" } }),
    /migrations\.bucketName "arn:aws:s3:::files" cannot be used; use the bucket's name, not its ARN/,
  ],
  [change({ migrations: { bucket: pulumi.output(true) } }), /migrations\.bucket "an output" cannot be used/],
  [
    change({ migrations: { bucket: true, bucketKmsKeyArn: "1234" } }),
    /migrations\.bucketKmsKeyArn "1234" cannot be used/,
  ],
  [ofNetwork({ endpoints: { services: [] } }), /network\.endpoints\.services \[\] cannot be used; name at least one/],
  [ofNetwork({ securityGroupIds: [] }), /network\.securityGroupIds \[\] cannot be used/],
  [ofNetwork({ httpsCidrBlocks: ["everywhere"] }), /network\.httpsCidrBlocks\[0\] "everywhere" cannot be used/],
  [ofDirectory({ kind: "files" }), /directory\.kind "files" cannot be used; use "identityCenter" or "ldap"/],
  [change({ directory: pulumi.output({}) }), /directory\.kind/],
  [ofDirectory({ kind: "identityCenter" }), /directory\.identityStoreId is missing/],
  [ofDirectory({ kind: "identityCenter", identityStoreId: "ssoins-1" }), /directory\.identityStoreId "ssoins-1"/],
  [
    ofDirectory({ kind: "identityCenter", identityStoreId: "d-0123456789", url: "x" }),
    /directory\.url "x" cannot be used/,
  ],
  [ofDirectory({ url: undefined }), /directory\.url is missing; give ldaps:/],
  [ofDirectory({ url: "http://ad.example" }), /directory\.url "http:\/\/ad\.example" cannot be used/],
  [ofDirectory({ url: pulumi.output("ldaps://ad") }), /directory\.url "an output" cannot be used/],
  [ofDirectory({ bindSecretArn: "directory" }), /directory\.bindSecretArn "directory" cannot be used/],
  [ofDirectory({ baseDn: undefined }), /directory\.baseDn is missing/],
  [ofDirectory({ groupBaseDn: "groups" }), /directory\.groupBaseDn "groups" cannot be used/],
  [ofDirectory({ loginAttribute: "a b" }), /directory\.loginAttribute "a b" cannot be used/],
  [ofDirectory({ caPem: "ca.pem" }), /directory\.caPem "the text" cannot be used/],
  [ofDirectory({ cidrBlocks: ["ad"] }), /directory\.cidrBlocks\[0\] "ad" cannot be used/],
  [ofDirectory({ securityGroupId: "ad" }), /directory\.securityGroupId "ad" cannot be used/],
  [change({ secretNamePrefixes: [] }), /secretNamePrefixes \[\] cannot be used; name at least one/],
  [change({ secretNamePrefixes: ["a,b"] }), /secretNamePrefixes\[0\] "a,b" cannot be used/],
  [change({ secretNamePrefixes: ["*"] }), /secretNamePrefixes\[0\] "\*" cannot be used/],
  [change({ secretNamePrefixes: ["rds!"] }), /secretNamePrefixes\[0\] "rds!" cannot be used/],
  [change({ parameterPaths: ["/db-access"] }), /parameterPaths\[0\] "\/db-access" cannot be used/],
  [change({ parameterPaths: ["orders/"] }), /parameterPaths\[0\] "orders\/" cannot be used/],
  [change({ clusterName: "db-access" }), /parameterPaths\[0\] "\/db-access" cannot be used/],
  [change({ inheritedTagKeys: ["db-access:cluster"] }), /inheritedTagKeys\[0\] "db-access:cluster" cannot be used/],
  [
    change({ rotationFunctionArns: ["mine"] }),
    /rotationFunctionArns\[0\] "mine" cannot be used; use ARNs of functions/,
  ],
  [change({ allowGlobalPrivileges: ["process"] }), /allowGlobalPrivileges\[0\] "process" cannot be used/],
  [
    change({ functions: { access: { timeoutSeconds: 600 } } }),
    /functions\.access\.timeoutSeconds 600 cannot be used; use a whole number from 30 to 300/,
  ],
  [change({ functions: { rotate: { memoryMb: 64 } } }), /functions\.rotate\.memoryMb 64 cannot be used/],
  [
    change({ functions: { access: { reservedConcurrency: 0 } } }),
    /functions\.access\.reservedConcurrency 0 cannot be used; 0 switches/,
  ],
  [
    change({ functions: { runtime: "nodejs20.x" } }),
    /functions\.runtime "nodejs20\.x" cannot be used; use "nodejs22\.x" or newer/,
  ],
  [change({ roles: { path: "db" } }), /roles\.path "db" cannot be used/],
  [change({ roles: { access: "mine" } }), /roles\.access "mine" cannot be used; use a role's ARN/],
  [change({ access: { roleArns: ["*"] } }), /access\.roleArns\[0\] "\*" cannot be used/],
  [
    change({ access: { roleArns: ["arn:aws:iam::111122223333:role/*"] } }),
    /access\.roleArns .*role\/\*" cannot be used; name each role/,
  ],
  [
    change({ access: { accountIds: ["*"] } }),
    /access\.accountIds\[0\] "\*" cannot be used; use account ids of 12 digits/,
  ],
  [change({ access: { organizationId: "*" } }), /access\.organizationId "\*" cannot be used/],
  [change({ access: { migrate: { accountIds: ["1"] } } }), /access\.migrate\.accountIds\[0\] "1" cannot be used/],
  [
    change({ access: { role: { ...role, principals: [] } } }),
    /access\.role\.principals \[\] cannot be used; say who may assume it/,
  ],
  [change({ access: { role: { ...role, principals: ["*"] } } }), /access\.role\.principals\[0\] "\*" cannot be used/],
  [change({ access: { role: without(role, "externalId") } }), /access\.role\.externalId is missing/],
  [change({ keys: { logs: "alias/logs" } }), /keys\.logs "alias\/logs" cannot be used; use the ARN of a key/],
  [change({ keys: { secrets: "arn" } }), /keys\.secrets "arn" cannot be used; give a list/],
  [
    change({ monitoring: { retentionDays: 100 } }),
    /monitoring\.retentionDays 100 cannot be used; CloudWatch knows 1, 3, 5/,
  ],
  [
    change({ monitoring: { auditRetentionDays: 730 } }),
    /monitoring\.auditRetentionDays 730 cannot be used; CloudWatch knows 1, 3, 5/,
  ],
  [
    change({ monitoring: { auditDestinationArn: "arn:aws:kinesis:eu-central-1:111122223333:stream/x" } }),
    /monitoring\.auditDestinationArn .* cannot be used; use the ARN of a destination/,
  ],
  [change({ schedule: "hourly" }), /schedule "hourly" cannot be used; use "rate\(15 minutes\)"/],
  [change({ tls: { ca: "ca.pem" } }), /tls\.ca "the text" cannot be used; give the certificates themselves/],
  [change({ forceDestroy: "yes" }), /forceDestroy "yes" cannot be used; use true or false/],
  [change({ tags: { "db-access:cluster": "other" } }), /tags\["db-access:cluster"\] "other" cannot be used/],
  [
    change({ transforms: { lambda: () => undefined } }),
    /transforms\.lambda cannot be used; there is only alarm, alias/,
  ],
  [
    change({ transforms: { function: {} } }),
    /transforms\.function "\[object Object\]" cannot be used; give a function/,
  ],
];

describe("a provisioner's arguments", () => {
  for (const [args, words] of refusals)
    it(`are refused: ${words.source.replaceAll("\\", "").split(/ (?:is missing|cannot)/)[0]}`, () => {
      assert.throws(
        () => assertArgs("orders", args),
        (error: Error) => {
          assert.ok(error instanceof pulumi.RunError);
          assert.match(error.message, words);
          assert.match(error.message, /^Provisioner "orders": [^\n]*\.$/);
          return true;
        },
      );
    });

  it("are refused before anything is made", async () => {
    const made = await graphOf(() => {
      assert.throws(() => new Provisioner("orders", change({ clusterName: "Orders" })), /clusterName/);
      return undefined as unknown as Provisioner;
    });
    assert.deepEqual([made.all, made.calls], [[], []]);
  });

  it("are not looked at where they are still to be known", () => {
    const later = pulumi.output("whatever");
    assertArgs(
      "orders",
      change({
        cluster: { engine: "mysql", endpoint: later, port: later, adminSecretArn: later, securityGroupId: later },
        network: { vpcId: later, subnetIds: later, httpsCidrBlocks: [later], securityGroupIds: [later] },
        access: { roleArns: [later], accountIds: [later], role: { principals: [later], externalId: later } },
        keys: { secrets: [later], logs: later },
        migrations: { bucketName: later, bucketKmsKeyArn: later },
      }),
    );
  });

  it("name a cluster when a program looks for one by name", () => {
    assert.throws(() => provisionerFromName("/db-access/orders"), /"\/db-access\/orders" is not the name of a cluster/);
  });
});

describe("@pulumi/aws", () => {
  it("is asked for in one sentence when it is not installed", () => {
    const missing = Object.assign(new Error("Cannot find module '@pulumi/aws'\nRequire stack:\n- x.js"), {
      code: "MODULE_NOT_FOUND",
    });
    const load = (error: Error) => (): unknown => {
      throw error;
    };
    assert.throws(
      () => loadAws(load(missing)),
      /^Error: A Provisioner is made of AWS resources: install @pulumi\/aws, version 7,/,
    );
    const inside = Object.assign(new Error("Cannot find module 'mime'"), { code: "MODULE_NOT_FOUND" });
    assert.throws(() => loadAws(load(inside)), inside);
    assert.equal(loadAws().lambda.Function, aws.lambda.Function);
  });
});
