import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import * as aws from "@pulumi/aws";
import { DbRole, Provisioner, provisionerFromName, type ClusterArgs, type ProvisionerArgs } from "../../../components";
import { clusterFacts } from "../../../components/provisioner/cluster";
import { functionKinds } from "../../../components/provisioner/names";
import { readConfig, type FunctionConfig } from "../../../provisioner/config";
import { provisionerRefSchema, type ProvisionerRef } from "../../../provisioner/protocol";
import { ref as someRef } from "../support/inputs";
import { AwsEndpointStandIn } from "../support/lambda-endpoint";
import { account, graph, graphOf, leanArgs, region, valueOf, type Graph, type World } from "./support/graph";

/** What a function reads of the environment that it is given. */
const configsOf = ({ one }: Graph, kinds: readonly string[] = functionKinds): FunctionConfig[] =>
  kinds.map((kind) => {
    const { environment } = one("aws:lambda/function:Function", `-${kind}`) as {
      environment: { variables: Record<string, string> };
    };
    return readConfig({ ...environment.variables, AWS_REGION: region });
  });

const refOf = async ({ provisioner }: Graph): Promise<ProvisionerRef> =>
  provisionerRefSchema.parse(await valueOf(provisioner.ref as pulumi.Input<unknown>));

const values = leanArgs().cluster as Exclude<ClusterArgs, { from: object }>;

/** What AWS adds to a cluster or an instance. */
const world: World = {
  outputs: {
    rds: {
      clusterResourceId: "cluster-FROMRDS",
      resourceId: "db-FROMRDS",
      endpoint: "rds.example.com",
      address: "rds.example.com",
      port: 3307,
      identifier: "from-rds",
      clusterIdentifier: "from-rds",
      vpcSecurityGroupIds: ["sg-0rds", "sg-0more"],
      masterUserSecrets: [
        {
          secretArn: `arn:aws:secretsmanager:${region}:${account}:secret:rds!x-AbCdEf`,
          kmsKeyId: `arn:aws:kms:${region}:${account}:key/1234`,
        },
      ],
    },
  },
};

const made = (cluster: () => ClusterArgs, more: Partial<ProvisionerArgs> = {}): Promise<Graph> =>
  graphOf(() => new Provisioner("orders", leanArgs({ cluster: cluster(), ...more })), world);

/** `promise` is how Pulumi's own code waits for an output with its failure; it is not in the types. */
const settled = (value: unknown): Promise<unknown> => (value as { promise(): Promise<unknown> }).promise();

describe("what a provisioner tells its functions and its callers", () => {
  it("is an environment that the functions can read, and a ref that callers can read", async () => {
    const built = await graph(leanArgs());
    const expected = {
      cluster: "orders",
      engine: "aurora-postgresql",
      family: "postgresql",
      host: "orders.cluster-abc.eu-central-1.rds.amazonaws.com",
      port: 5432,
      adminSecretArn: values.adminSecretArn,
      adminIamUser: undefined,
      adminDatabase: "postgres",
      secretNamePrefixes: ["rds-", "orders/"],
      resourceId: "cluster-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
      identifier: { dbClusterIdentifier: "orders-prod" },
      rotationFunctionArn: `arn:aws:lambda:${region}:${account}:function:db-access-orders-rotate`,
      region,
      account,
      partition: "aws",
      ca: undefined,
      tlsServerName: undefined,
      allowGlobalPrivileges: [],
      auditLogGroup: "/db-access/orders/audit",
      migrationsBucket: undefined,
      parameterPath: "/orders",
      parameterPasswordKeyArn: undefined,
      rosterParameter: undefined,
      directory: undefined,
    };
    assert.deepEqual(
      configsOf(built),
      ["access", "migrate", "rotate"].map((purpose) => ({ purpose, ...expected })),
    );
    const functionArn = (kind: string): string =>
      `arn:aws:lambda:${region}:${account}:function:db-access-orders-${kind}`;
    assert.deepEqual(await refOf(built), {
      contractVersion: 1,
      functions: { access: `${functionArn("access")}:live`, migrate: `${functionArn("migrate")}:live` },
      region,
      partition: "aws",
      account,
      engine: "aurora-postgresql",
      cluster: "orders",
      resourceId: expected.resourceId,
      database: { host: expected.host, port: 5432 },
      secretNamePrefixes: ["rds-", "orders/"],
      protocols: { min: 1, max: 1 },
      discovery: { parameter: "/db-access/orders", region },
    });
    assert.deepEqual([built.provisioner.ref.cluster, built.provisioner.ref.engine], ["orders", "aurora-postgresql"]);
    const parameter = built.one("aws:ssm/parameter:Parameter", "-ref");
    const { value } = parameter.value as { value: string };
    assert.deepEqual(JSON.parse(value), await refOf(built));
    assert.equal(parameter.name, "/db-access/orders");
    assert.deepEqual(await valueOf(built.provisioner.functionArns), {
      access: `${functionArn("access")}:live`,
      migrate: `${functionArn("migrate")}:live`,
      rotate: functionArn("rotate"),
    });
    assert.match(built.provisioner.codeHash, /^[0-9a-f]{64}$/);
  });

  it("has every setting that is given", async () => {
    const built = await graph(
      leanArgs({
        cluster: {
          engine: "mysql",
          endpoint: "db.example.com",
          port: pulumi.output(3307),
          identifier: "orders-1",
          resourceId: "db-ABC",
          adminIamUser: pulumi.output("provisioner"),
        },
        secretNamePrefixes: ["team/orders/", "x-"],
        allowGlobalPrivileges: ["PROCESS", "SHOW DATABASES"],
        tls: { serverName: "orders.internal" },
      }),
    );
    for (const config of configsOf(built))
      assert.deepEqual(
        [config.engine, config.host, config.port, config.identifier, config.resourceId, config.adminIamUser],
        ["mysql", "db.example.com", 3307, { dbInstanceIdentifier: "orders-1" }, "db-ABC", "provisioner"],
      );
    const [config] = configsOf(built);
    assert.deepEqual(config.secretNamePrefixes, ["team/orders/", "x-"]);
    assert.deepEqual(config.allowGlobalPrivileges, ["PROCESS", "SHOW DATABASES"]);
    assert.equal(config.tlsServerName, "orders.internal");
    assert.equal(config.adminSecretArn, "");
    assert.deepEqual((await refOf(built)).secretNamePrefixes, ["team/orders/", "x-"]);
  });

  it("comes from an aws.rds.Cluster whose password RDS manages", async () => {
    const built = await made(() => ({
      from: new aws.rds.Cluster("rds", { engine: "aurora-mysql", manageMasterUserPassword: true }),
      engine: "aurora-mysql",
    }));
    for (const config of configsOf(built)) {
      assert.deepEqual(config.identifier, { dbClusterIdentifier: "from-rds" });
      assert.deepEqual([config.host, config.port, config.resourceId], ["rds.example.com", 3307, "cluster-FROMRDS"]);
      assert.equal(config.adminSecretArn, `arn:aws:secretsmanager:${region}:${account}:secret:rds!x-AbCdEf`);
    }
    const rule = built.one("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "-into-database");
    assert.deepEqual([rule.securityGroupId, rule.fromPort], ["sg-0rds", 3307]);
    // The key of the admin's secret may be used, by its own ARN.
    assert.match(await valueOf(built.provisioner.policies.access), /"Sid":"UseAdminKeys".*:key\/1234"/);
    assert.equal((await refOf(built)).database.port, 3307);
  });

  it("comes from an aws.rds.Instance with a secret of one's own, its group and its database", async () => {
    const adminSecretArn = `arn:aws:secretsmanager:${region}:${account}:secret:mine-AbCdEf`;
    const built = await made(() => ({
      from: new aws.rds.Instance("rds", { instanceClass: "db.t4g.micro", engine: "postgres" }),
      engine: "postgresql",
      adminSecretArn,
      adminDatabase: "admin",
      securityGroupId: "sg-0mine",
    }));
    const [config] = configsOf(built);
    assert.deepEqual(config.identifier, { dbInstanceIdentifier: "from-rds" });
    assert.deepEqual([config.resourceId, config.adminSecretArn], ["db-FROMRDS", adminSecretArn]);
    assert.equal(config.adminDatabase, "admin");
    const rule = built.one("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "-into-database");
    assert.equal(rule.securityGroupId, "sg-0mine");
    assert.doesNotMatch(await valueOf(built.provisioner.policies.access), /UseAdminKeys/);
  });

  it("refuses a database of another engine, and one without a managed password", async () => {
    const output = pulumi.output;
    const from = {
      clusterIdentifier: output("c"),
      clusterResourceId: output("cluster-X"),
      endpoint: output("c.example.com"),
      port: output(5432),
      engine: output("aurora-mysql"),
      masterUserSecrets: output([]),
      vpcSecurityGroupIds: output(["sg-0"]),
    };
    const facts = clusterFacts({ from, engine: "aurora-postgresql" });
    await assert.rejects(settled(facts.host), /cluster\.engine is aurora-postgresql and the database is aurora-mysql/);
    assert.ok("secretArn" in facts.admin);
    await assert.rejects(settled(facts.admin.secretArn), /manageMasterUserPassword: true/);
    // The keys fail for the same reason; nobody else looks at them here.
    await assert.rejects(settled(facts.adminKeyArns), /manageMasterUserPassword: true/);
  });

  it("is what a resource of the same program takes, whole", async () => {
    const built = await graphOf(() => {
      const provisioner = new Provisioner("orders", leanArgs());
      new DbRole("owner", { provisioner, name: "orders_owner" });
      return provisioner;
    });
    const [{ inputs }] = built.all.filter(({ name }) => name === "owner");
    assert.deepEqual(inputs.provisioner, await refOf(built));
  });

  it("is found by nothing but the cluster's name", async () => {
    const found = { Parameter: { Value: JSON.stringify(someRef()) } };
    const endpoint = await AwsEndpointStandIn.start(() => ({ body: JSON.stringify(found) }));
    try {
      const read = provisionerFromName("orders", { region, endpointUrl: endpoint.url });
      assert.deepEqual(await settled(read), someRef());
      assert.deepEqual(JSON.parse(endpoint.calls[0].body), { Name: "/db-access/orders" });
    } finally {
      await endpoint.stop();
    }
  });

  it("belongs to the partition that the provider works in", async () => {
    const built = await graph(leanArgs(), { partition: "aws-us-gov", region: "us-gov-west-1" });
    const { partition, functions } = await refOf(built);
    assert.equal(partition, "aws-us-gov");
    assert.match(functions.access, /^arn:aws-us-gov:lambda:us-gov-west-1:/);
    for (const { inputs, name } of built.of("aws:iam/rolePolicy:RolePolicy"))
      assert.doesNotMatch(String(inputs.policy).replaceAll(values.adminSecretArn as string, ""), /arn:aws:/, name);
  });
});
