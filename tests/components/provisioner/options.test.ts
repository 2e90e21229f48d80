import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { documentOf, graph, leanArgs, plainArgs, valueOf, type Graph } from "./support/graph";

const lambda = "aws:lambda/function:Function";
const permission = "aws:lambda/permission:Permission";
const egress = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule";
const ingress = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
const key = (id: string): string => `arn:aws:kms:eu-central-1:111122223333:key/${id}`;

/** Where traffic may go, as `suffix: port to whom`. */
const rules = (made: Graph, type: string): string[] =>
  made
    .of(type)
    .map(({ name, inputs: { fromPort, toPort, ipProtocol, cidrIpv4, cidrIpv6, referencedSecurityGroupId } }) => {
      assert.deepEqual([fromPort, ipProtocol], [toPort, "tcp"]);
      return `${name.replace("orders-", "")}: ${String(fromPort)} ${String(cidrIpv4 ?? cidrIpv6 ?? referencedSecurityGroupId)}`;
    });

const sids = (text: string): string[] => documentOf(text).Statement.map(({ Sid }) => String(Sid));

describe("a provisioner's functions and roles", () => {
  it("have settings of their own, and the keys that are named", async () => {
    const made = await graph(
      leanArgs({
        functions: {
          access: { memoryMb: 1024, timeoutSeconds: 120, reservedConcurrency: -1 },
          migrate: { timeoutSeconds: 600 },
          rotate: { reservedConcurrency: 1 },
          runtime: "nodejs24.x",
          tracing: false,
        },
        keys: { environment: key("env"), logs: key("logs"), secrets: [key("s")], parameters: [key("p")] },
        monitoring: { retentionDays: 30, alarms: false, dashboard: false },
      }),
    );
    const settings = (kind: string): unknown[] => {
      const { memorySize, timeout, reservedConcurrentExecutions, runtime, kmsKeyArn, tracingConfig } = made.one(
        lambda,
        `-${kind}`,
      );
      assert.deepEqual([runtime, kmsKeyArn, tracingConfig], ["nodejs24.x", key("env"), { mode: "PassThrough" }]);
      return [memorySize, timeout, reservedConcurrentExecutions];
    };
    assert.deepEqual(settings("access"), [1024, 120, -1]);
    assert.deepEqual(settings("migrate"), [512, 600, 2]);
    assert.deepEqual(settings("rotate"), [512, 300, 1]);
    for (const { name, inputs } of made.of("aws:cloudwatch/logGroup:LogGroup"))
      assert.deepEqual([inputs.retentionInDays, inputs.kmsKeyId], [name.includes("audit") ? 731 : 30, key("logs")]);
    const policy = made.one("aws:iam/rolePolicy:RolePolicy", "-access-policy").policy as string;
    const keys = documentOf(policy).Statement.filter(({ Sid }) => /^Use\w+Keys$/.test(String(Sid)));
    assert.deepEqual(
      keys.map(({ Sid, Resource }) => [Sid, Resource]),
      [
        ["UseSecretKeys", [key("s")]],
        ["UseParameterKeys", [key("p")]],
      ],
    );
    assert.ok(!sids(policy).includes("SendTraces"));
  });

  it("gather their audit events in one group, which another account may get a copy of", async () => {
    const auditDestinationArn = "arn:aws:logs:eu-central-1:999988887777:destination:audit";
    const plain = await graph(leanArgs({}));
    const subscription = "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter";
    assert.deepEqual(plain.of(subscription), []);
    const made = await graph(leanArgs({ monitoring: { auditRetentionDays: 3653, auditDestinationArn } }));
    const name = "/db-access/orders/audit";
    const group = made.one("aws:cloudwatch/logGroup:LogGroup", "-audit-logs");
    assert.deepEqual([group.name, group.retentionInDays], [name, 3653]);
    const filter = made.one(subscription, "-audit-subscription");
    assert.deepEqual([filter.logGroup, filter.filterPattern, filter.destinationArn], [name, "", auditDestinationArn]);
    for (const kind of ["access", "migrate", "rotate"]) {
      const { environment } = made.one(lambda, `-${kind}`) as { environment: { variables: Record<string, string> } };
      assert.equal(environment.variables.DB_ACCESS_AUDIT_LOG_GROUP, name);
      const policy = made.one("aws:iam/rolePolicy:RolePolicy", `-${kind}-policy`).policy as string;
      const written = documentOf(policy).Statement.find(({ Sid }) => Sid === "WriteAudit");
      assert.deepEqual(written?.Action, ["logs:CreateLogStream", "logs:PutLogEvents"]);
      assert.match(String(written?.Resource), /:log-group:\/db-access\/orders\/audit:\*$/);
    }
  });

  it("run the package's archive, or its code beside the certificates to trust", async () => {
    const archive = (await graph(leanArgs())).one(lambda, "-access").code as { path: Promise<string> };
    assert.match(await archive.path, /dist\/bundle\/provisioner\.zip$/);
    const ca = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n";
    const { code, environment } = (await graph(leanArgs({ tls: { ca } }))).one(lambda, "-rotate") as {
      code: { assets: Promise<Record<string, { path?: Promise<string>; text?: Promise<string> }>> };
      environment: { variables: Record<string, string> };
    };
    const assets = await code.assets;
    assert.deepEqual(Object.keys(assets).sort(), ["ca.pem", "index.mjs"]);
    assert.match((await assets["index.mjs"].path) ?? "", /dist\/bundle\/index\.mjs$/);
    assert.equal(await assets["ca.pem"].text, ca);
    assert.equal(environment.variables.DB_ACCESS_CA_FILE, "/var/task/ca.pem");
  });

  it("have a role each, with a path and a boundary, or the ones that are brought", async () => {
    const permissionsBoundary = "arn:aws:iam::111122223333:policy/bound";
    const brought = "arn:aws:iam::111122223333:role/mine";
    const made = await graph(leanArgs({ roles: { path: "/data/", permissionsBoundary, rotate: brought } }));
    const roles = made.of("aws:iam/role:Role");
    assert.deepEqual(
      roles.map(({ name }) => name),
      ["orders-access-role", "orders-migrate-role"],
    );
    for (const { inputs } of roles)
      assert.deepEqual([inputs.path, inputs.permissionsBoundary], ["/data/", permissionsBoundary]);
    assert.equal(made.one(lambda, "-rotate").role, brought);
    const attached = made.of("aws:iam/rolePolicy:RolePolicy");
    assert.deepEqual(
      attached.map(({ name }) => name),
      ["orders-access-policy", "orders-migrate-policy"],
    );
    const { access, rotate } = await valueOf(made.provisioner.policies);
    // Lambda makes no traced function whose role cannot send traces.
    assert.ok(sids(access).includes("SendTraces"));
    assert.equal(attached[0].inputs.policy, access);
    assert.ok(sids(rotate).includes("UseOwnSecrets"));
  });

  it("may do what their cluster needs: secrets, parameters, rotation functions, an admin without a password", async () => {
    const functionArn = "arn:aws:lambda:eu-central-1:111122223333:function:theirs";
    const cluster = {
      engine: "aurora-postgresql" as const,
      endpoint: "db.example.com",
      resourceId: "cluster-ABC",
      adminIamUser: "provisioner",
    };
    const made = await graph(
      leanArgs({
        cluster,
        secretNamePrefixes: ["team/"],
        parameterPaths: ["/team/orders"],
        rotationFunctionArns: [pulumi.output(functionArn)],
        inheritedTagKeys: ["cost"],
      }),
    );
    const { access, migrate } = await valueOf(made.provisioner.policies);
    const statement = (sid: string): string =>
      JSON.stringify(documentOf(access).Statement.find(({ Sid }) => Sid === sid));
    assert.match(statement("CreateSecrets"), /:secret:team\/\*"\]/);
    assert.match(statement("ReadParameters"), /:parameter\/team\/orders\/\*"\]/);
    assert.match(statement("UseRotationFunctions"), /function:db-access-orders-rotate","[^"]*function:theirs"\]/);
    assert.match(statement("TagOwnSecrets"), /"cost"/);
    assert.match(statement("ConnectAsAdmin"), /dbuser:cluster-ABC\/provisioner"/);
    assert.ok(!sids(access).includes("ReadAdminSecret"));
    assert.deepEqual(
      sids(migrate).filter((sid) => /Secrets|Parameters/.test(sid)),
      [],
    );
    const none = await graph(leanArgs({ parameterPaths: [] }));
    assert.ok(!sids((await valueOf(none.provisioner.policies)).access).includes("ReadParameters"));
  });
});

describe("a provisioner's network", () => {
  const network = { vpcId: "vpc-0orders", subnetIds: ["subnet-0a"] };
  const build = (more: object, args: object = {}): Promise<Graph> =>
    graph(leanArgs({ network: { ...network, ...more }, ...args }));

  it("lets the functions reach the database and HTTPS inside the VPC, and nothing else", async () => {
    const made = await build({});
    assert.deepEqual(rules(made, egress), ["https-vpc-0: 443 10.0.0.0/16", "to-database: 5432 sg-0database"]);
    assert.deepEqual(rules(made, ingress), ["into-database: 5432 sg-0orders-functions"]);
    assert.equal(made.one(ingress, "-into-database").securityGroupId, "sg-0database");
    assert.equal(made.one("aws:ec2/securityGroup:SecurityGroup", "-functions").egress, undefined);
    assert.equal(await valueOf(made.provisioner.securityGroupId), "sg-0orders-functions");
  });

  it("lets the functions reach the VPC's addresses where the database's group is not known", async () => {
    const cluster = { ...leanArgs().cluster, securityGroupId: undefined };
    const made = await build({ vpcCidrBlocks: ["10.1.0.0/16", pulumi.output("2001:db8::/56")] }, { cluster });
    assert.deepEqual(rules(made, egress), [
      "https-vpc-0: 443 10.1.0.0/16",
      "https-vpc-1: 443 2001:db8::/56",
      "to-database-0: 5432 10.1.0.0/16",
      "to-database-1: 5432 2001:db8::/56",
    ]);
    assert.deepEqual(rules(made, ingress), []);
    assert.ok(!made.calls.some(({ token }) => token.includes("getVpc")));
  });

  it("makes endpoints that the whole VPC can use, and binds the roles to them", async () => {
    const made = await build({ dualStack: true, endpoints: { services: ["secretsmanager", "ssm"] } });
    assert.deepEqual(rules(made, egress), ["to-database: 5432 sg-0database", "to-endpoints: 443 sg-0orders-endpoints"]);
    assert.deepEqual(rules(made, ingress), [
      "into-database: 5432 sg-0orders-functions",
      "into-endpoints-0: 443 10.0.0.0/16",
      "into-endpoints-1: 443 2001:db8::/56",
    ]);
    const endpoints = made.of("aws:ec2/vpcEndpoint:VpcEndpoint");
    assert.deepEqual(
      endpoints.map(({ inputs }) => inputs.serviceName),
      ["com.amazonaws.eu-central-1.secretsmanager", "com.amazonaws.eu-central-1.ssm"],
    );
    for (const { inputs } of endpoints)
      assert.deepEqual(
        [inputs.privateDnsEnabled, inputs.ipAddressType, inputs.subnetIds, inputs.securityGroupIds],
        [true, "dualstack", ["subnet-0a"], ["sg-0orders-endpoints"]],
      );
    const vpc = made.one(lambda, "-access").vpcConfig as { ipv6AllowedForDualStack?: boolean };
    assert.equal(vpc.ipv6AllowedForDualStack, true);
    for (const text of Object.values(await valueOf(made.provisioner.policies)))
      assert.match(text, /"aws:SourceVpce":\["vpce-0orders-endpoint-secretsmanager","vpce-0orders-endpoint-ssm"\]/);
  });

  it("uses endpoints, NAT and groups that are there already, and then binds the roles to none", async () => {
    const made = await build({
      endpoints: { services: ["secretsmanager"], subnetIds: ["subnet-0other"] },
      endpointSecurityGroupId: "sg-0existing",
      httpsCidrBlocks: ["0.0.0.0/0"],
    });
    assert.deepEqual(rules(made, egress), [
      "https-0: 443 0.0.0.0/0",
      "to-database: 5432 sg-0database",
      "to-endpoints: 443 sg-0orders-endpoints",
      "to-existing-endpoints: 443 sg-0existing",
    ]);
    assert.deepEqual(made.of("aws:ec2/vpcEndpoint:VpcEndpoint")[0].inputs.subnetIds, ["subnet-0other"]);
    assert.doesNotMatch((await valueOf(made.provisioner.policies)).access, /SourceVpce/);
    const groups = await build({ securityGroupIds: ["sg-0mine", "sg-0too"], onlyThroughEndpointIds: ["vpce-0mine"] });
    assert.deepEqual(rules(groups, egress), []);
    assert.deepEqual(rules(groups, ingress), ["into-database: 5432 sg-0mine"]);
    assert.deepEqual(groups.of("aws:ec2/securityGroup:SecurityGroup"), []);
    const vpc = groups.one(lambda, "-migrate").vpcConfig as { securityGroupIds: string[] };
    assert.deepEqual(vpc.securityGroupIds, ["sg-0mine", "sg-0too"]);
    assert.match((await valueOf(groups.provisioner.policies)).rotate, /"aws:SourceVpce":\["vpce-0mine"\]/);
  });

  it("leaves the database's group alone when told so", async () => {
    assert.deepEqual(rules(await build({ databaseRule: false }), ingress), []);
  });
});

describe("access to a provisioner", () => {
  const deployer = "arn:aws:iam::111122223333:role/deployer";
  const permissions = (made: Graph): string[] =>
    made
      .of(permission)
      .map(({ inputs: { function: name, qualifier, principal, principalOrgId, sourceAccount } }) =>
        [name, qualifier, principal, principalOrgId, sourceAccount].filter((part) => part !== undefined).join(" "),
      )
      .sort();
  const rotation = "db-access-orders-rotate secretsmanager.amazonaws.com 111122223333";

  it("is nobody's by default, but for Secrets Manager of this account and the function that rotates", async () => {
    assert.deepEqual(permissions(await graph(leanArgs())), [rotation]);
  });

  it("is given to roles and accounts by name, on the alias, bound to the organisation", async () => {
    const access = {
      roleArns: [deployer],
      accountIds: [pulumi.output("444455556666")],
      organizationId: "o-a1b2c3d4e5",
    };
    const made = await graph(leanArgs({ access: { ...access, migrate: { roleArns: [deployer] } } }));
    assert.deepEqual(permissions(made), [
      "db-access-orders-access live 444455556666 o-a1b2c3d4e5",
      `db-access-orders-access live ${deployer} o-a1b2c3d4e5`,
      `db-access-orders-migrate live ${deployer}`,
      rotation,
    ]);
    const swapped = await graph(leanArgs({ access: { roleArns: ["arn:aws:iam::111122223333:role/a", deployer] } }));
    const nameOf = (graphed: Graph): string | undefined =>
      graphed.of(permission).find(({ inputs }) => inputs.principal === deployer)?.name;
    assert.equal(nameOf(swapped), nameOf(made));
  });

  it("is given to a whole organisation only when nothing else is named", async () => {
    const made = await graph(leanArgs({ access: { organizationId: "o-a1b2c3d4e5", migrate: {} } }));
    assert.deepEqual(permissions(made), ["db-access-orders-access live * o-a1b2c3d4e5", rotation]);
  });

  it("goes through a role with an external id, which the ref then says", async () => {
    const role = { principals: [deployer, "777788889999"], externalId: "agreed" };
    const made = await graph(leanArgs({ access: { role, organizationId: "o-a1b2c3d4e5" } }));
    const { assumeRolePolicy, path } = made.one("aws:iam/role:Role", "-invoke-role");
    assert.deepEqual(documentOf(assumeRolePolicy).Statement, [
      {
        Effect: "Allow",
        Principal: { AWS: role.principals },
        Action: "sts:AssumeRole",
        Condition: { StringEquals: { "sts:ExternalId": "agreed", "aws:PrincipalOrgID": "o-a1b2c3d4e5" } },
      },
    ]);
    assert.equal(path, "/db-access/");
    const roleArn = await valueOf(made.provisioner.invokeRoleArn);
    const ref = (await valueOf(made.provisioner.ref as pulumi.Input<unknown>)) as {
      invoke?: object;
      discovery: object;
    };
    assert.deepEqual(ref.invoke, { roleArn, externalId: "agreed" });
    assert.deepEqual(ref.discovery, { parameter: "/db-access/orders", region: "eu-central-1", roleArn });
    const { Statement } = documentOf(made.one("aws:iam/rolePolicy:RolePolicy", "-invoke-policy").policy);
    const arn = "arn:aws:lambda:eu-central-1:111122223333:function:db-access-orders";
    assert.deepEqual(
      Statement.map(({ Action, Resource }) => [Action, Resource]),
      [
        ["lambda:InvokeFunction", [`${arn}-access:live`, `${arn}-migrate:live`]],
        ["ssm:GetParameter", "arn:aws:ssm:eu-central-1:111122223333:parameter/db-access/orders"],
      ],
    );
    const aside = await graph(leanArgs({ access: { role: { ...role, inRef: false } } }));
    const other = (await valueOf(aside.provisioner.ref as pulumi.Input<unknown>)) as { invoke?: object };
    assert.equal(other.invoke, undefined);
  });
});

describe("what watches a provisioner", () => {
  const alarms = (made: Graph): string[] =>
    made.of("aws:cloudwatch/metricAlarm:MetricAlarm").map(({ name }) => name.replace(/^orders-|-alarm$/g, ""));
  const each = ["duration", "errors", "throttles"];
  const ofFunctions = ["access", "migrate", "rotate"].flatMap((kind) => each.map((what) => `${kind}-${what}`));
  const always = [...ofFunctions, "refused", "mass-removal", "failed-claims", "audit-undelivered"];

  it("is there by default, with a topic of its own and a queue for what the schedule could not deliver", async () => {
    const made = await graph(plainArgs({ keys: { deadLetters: key("dl"), topic: key("sns") } }));
    assert.deepEqual(alarms(made).sort(), [...always, "dead-letters", "no-success"].sort());
    assert.equal(
      await valueOf(made.provisioner.topicArn),
      "arn:aws:sns:eu-central-1:111122223333:db-access-orders-alarms",
    );
    assert.equal(made.one("aws:sns/topic:Topic", "-alarms").kmsMasterKeyId, key("sns"));
    const { kmsMasterKeyId, sqsManagedSseEnabled } = made.one("aws:sqs/queue:Queue", "-dead-letters");
    assert.deepEqual([kmsMasterKeyId, sqsManagedSseEnabled], [key("dl"), undefined]);
    const { arn, deadLetterConfig } = made.one("aws:cloudwatch/eventTarget:EventTarget", "-schedule-target");
    assert.match(String(arn), /db-access-orders-access:live$/);
    assert.deepEqual(deadLetterConfig, { arn: "arn:aws:sqs:eu-central-1:111122223333:db-access-orders-dead-letters" });
    const { principal, sourceArn } = made.one(permission, "-access-by-schedule");
    assert.deepEqual(
      [principal, sourceArn],
      ["events.amazonaws.com", "arn:aws:events:eu-central-1:111122223333:rule/db-access-orders-schedule"],
    );
  });

  it("speaks of metrics and names that the functions have", async () => {
    const made = await graph(plainArgs({ functions: { access: { timeoutSeconds: 100 } } }));
    const functions = made.of(lambda).map(({ inputs }) => inputs.name);
    const queues = made.of("aws:sqs/queue:Queue").map(({ inputs }) => inputs.name);
    for (const { inputs } of made.of("aws:cloudwatch/metricAlarm:MetricAlarm")) {
      const { FunctionName, QueueName, ...own } = inputs.dimensions as Record<string, string>;
      if (inputs.namespace === "AWS/Lambda") assert.ok(functions.includes(FunctionName), String(inputs.name));
      else if (inputs.namespace === "AWS/SQS") assert.ok(queues.includes(QueueName), String(inputs.name));
      else assert.deepEqual(own, { Cluster: "orders", Engine: "aurora-postgresql" }, String(inputs.name));
    }
    assert.equal(made.one("aws:cloudwatch/metricAlarm:MetricAlarm", "-access-duration-alarm").threshold, 80_000);
    const { dashboardBody, dashboardName } = made.one("aws:cloudwatch/dashboard:Dashboard", "-dashboard");
    assert.equal(dashboardName, "db-access-orders-eu-central-1");
    const text = String(dashboardBody);
    for (const name of [...functions, ...queues]) assert.ok(text.includes(`"${String(name)}"`), String(name));
  });

  it("can be another topic, another clock, or nothing", async () => {
    const topicArn = "arn:aws:sns:eu-central-1:111122223333:ours";
    const made = await graph(plainArgs({ monitoring: { topicArn, dashboard: false }, schedule: "cron(0 4 * * ? *)" }));
    assert.deepEqual(made.of("aws:sns/topic:Topic"), []);
    assert.deepEqual(made.one("aws:cloudwatch/metricAlarm:MetricAlarm", "-access-errors-alarm").alarmActions, [
      topicArn,
    ]);
    assert.equal(made.one("aws:cloudwatch/eventRule:EventRule", "-schedule").scheduleExpression, "cron(0 4 * * ? *)");
    // Nobody knows how often a cron runs.
    assert.deepEqual(alarms(made).sort(), [...always, "dead-letters"].sort());
    const silent = await graph(leanArgs());
    const types = new Set(silent.all.map(({ type }) => type));
    for (const type of types) assert.doesNotMatch(type, /cloudwatch\/(event|metric|dash)|sns|sqs/);
  });
});

describe("a provisioner's directory", () => {
  const bindSecretArn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:directory-Ab12Cd";
  const environmentOf = (made: Graph): Record<string, string> =>
    (made.one(lambda, "-access").environment as { variables: Record<string, string> }).variables;
  const statementOf = async (made: Graph, sid: string): Promise<unknown> =>
    documentOf((await valueOf(made.provisioner.policies)).access).Statement.find(({ Sid }) => Sid === sid);

  it("is read by the access function alone, with a role where Identity Center is elsewhere", async () => {
    const directory = { kind: "identityCenter", identityStoreId: pulumi.output("d-0123456789") } as const;
    const made = await graph(leanArgs({ directory }));
    assert.deepEqual(JSON.parse(environmentOf(made).DB_ACCESS_DIRECTORY), {
      kind: "identityCenter",
      identityStoreId: "d-0123456789",
    });
    assert.match(JSON.stringify(await statementOf(made, "ReadIdentityStore")), /identitystore\/d-0123456789"/);
    const { migrate, rotate } = await valueOf(made.provisioner.policies);
    for (const other of [migrate, rotate]) assert.ok(!sids(other).includes("ReadIdentityStore"));
    const roleArn = "arn:aws:iam::777788889999:role/directory-reader";
    const through = await graph(leanArgs({ directory: { ...directory, roleArn, region: "eu-west-1" } }));
    assert.deepEqual(JSON.parse(environmentOf(through).DB_ACCESS_DIRECTORY), {
      kind: "identityCenter",
      identityStoreId: "d-0123456789",
      region: "eu-west-1",
      roleArn,
    });
    assert.deepEqual((await statementOf(through, "AssumeDirectoryRole")) as object, {
      Sid: "AssumeDirectoryRole",
      Effect: "Allow",
      Action: ["sts:AssumeRole"],
      Resource: [roleArn],
    });
    assert.equal(await statementOf(through, "ReadIdentityStore"), undefined);
  });

  it("gets a way out to its port, its secret and its certificates", async () => {
    const caPem = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n";
    const ldap = { kind: "ldap", url: "ldaps://ad.example", bindSecretArn, baseDn: "dc=example" } as const;
    const made = await graph(leanArgs({ directory: { ...ldap, caPem, securityGroupId: "sg-0ad" } }));
    assert.ok(rules(made, egress).includes("to-directory: 636 sg-0ad"));
    assert.deepEqual(JSON.parse(environmentOf(made).DB_ACCESS_DIRECTORY), ldap);
    assert.equal(environmentOf(made).DB_ACCESS_DIRECTORY_CA_FILE, "/var/task/directory-ca.pem");
    const { assets } = made.one(lambda, "-access").code as { assets: Promise<Record<string, unknown>> };
    assert.deepEqual(Object.keys(await assets).sort(), ["directory-ca.pem", "index.mjs"]);
    assert.match(JSON.stringify(await statementOf(made, "ReadDirectorySecret")), /secret:directory-Ab12Cd/);

    const waysOut = async (more: object, url: string): Promise<string[]> =>
      rules(await graph(leanArgs({ directory: { ...ldap, ...more, url } })), egress).filter((one) =>
        one.startsWith("to-directory"),
      );
    assert.deepEqual(await waysOut({ cidrBlocks: ["10.1.0.0/24", "fd00::/8"] }, "ldap://ad.example"), [
      "to-directory-0: 389 10.1.0.0/24",
      "to-directory-1: 389 fd00::/8",
    ]);
    // The network's own addresses, which are looked up.
    assert.deepEqual((await waysOut({}, "ldap://ad.example:1389")).length, 1);
  });
});
