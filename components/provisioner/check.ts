import * as pulumi from "@pulumi/pulumi";
import { clusterNamePattern, engineNames } from "../../provisioner/protocol";
import type { ProvisionerArgs } from "./args";
import type { PrincipalsArgs } from "./args-access";
import { assertNetwork } from "./check-network";
import { childKinds } from "./children";
import { assertDirectory } from "./directory";
import { assertMigrations } from "./migrations-bucket";
import { functionKinds, type FunctionKind } from "./names";
import {
  accountId,
  functionArn,
  iamArn,
  isLater,
  isObject,
  keyArn,
  keyFix,
  organization,
  rulesOf,
  secretArn,
  type Rules,
} from "./rules";

const retention = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** What is wrong with the arguments is said in one sentence, before any resource is made. */
export function assertArgs(name: string, args: ProvisionerArgs): void {
  const rules = rulesOf(name);
  const { fail, keys, text, list } = rules;
  keys("", args, [
    "clusterName",
    "cluster",
    "network",
    "access",
    "secretNamePrefixes",
    "parameterPaths",
    "rotationFunctionArns",
    "inheritedTagKeys",
    "allowGlobalPrivileges",
    "migrations",
    "functions",
    "roles",
    "keys",
    "monitoring",
    "schedule",
    "directory",
    "rosterParameter",
    "tls",
    "forceDestroy",
    "tags",
    "transforms",
  ]);
  const { clusterName } = args;
  if (typeof clusterName !== "string" || !clusterNamePattern.test(clusterName))
    fail(
      "clusterName",
      isLater(clusterName) ? "an output" : clusterName,
      "use a plain string: a lower case letter, then up to 39 lower case letters, digits and hyphens",
    );
  assertCluster(rules, args.cluster);
  assertNetwork(rules, args.network);
  assertAccess(rules, args.access);
  assertFunctions(rules, args);
  assertMigrations(rules, args.migrations);
  const prefix = /^(?!rds!)[A-Za-z0-9/_+=.@!-]{1,200}$/;
  list("secretNamePrefixes", args.secretNamePrefixes, prefix, "letters, digits and /_+=.@- only, and never rds!");
  if (args.secretNamePrefixes?.length === 0) fail("secretNamePrefixes", [], "name at least one, or leave it out");
  list(
    "parameterPaths",
    args.parameterPaths ?? [`/${clusterName}`],
    /^(?!\/(db-access|aws|ssm)(\/|$))(\/[A-Za-z0-9_.-]+)+$/,
    "a path begins with / and does not end with it; /db-access, /aws and /ssm are not for logins",
  );
  list("rotationFunctionArns", args.rotationFunctionArns, functionArn, "use ARNs of functions");
  list("inheritedTagKeys", args.inheritedTagKeys, /^(?!aws:|db-access:)[^*?]{1,128}$/, "not aws: and not db-access:");
  list(
    "allowGlobalPrivileges",
    args.allowGlobalPrivileges,
    /^[A-Z][A-Z_ ]*$/,
    "privileges in capitals, SHOW DATABASES",
  );
  const keyArgs = keys("keys", args.keys, ["environment", "logs", "topic", "deadLetters", "secrets", "parameters"]);
  for (const key of ["environment", "logs", "topic", "deadLetters"]) text(`keys.${key}`, keyArgs[key], keyArn, keyFix);
  for (const key of ["secrets", "parameters"]) list(`keys.${key}`, keyArgs[key], keyArn, keyFix);
  assertMonitoring(rules, args);
  assertDirectory(rules, args.directory);
  assertRoster(rules, args);
  const tls = keys("tls", args.tls, ["serverName", "ca"]);
  if (tls.ca !== undefined && (typeof tls.ca !== "string" || !tls.ca.includes("-----BEGIN CERTIFICATE-----")))
    fail("tls.ca", isLater(tls.ca) ? "an output" : "the text", "give the certificates themselves, as plain PEM text");
  if (args.forceDestroy !== undefined && typeof args.forceDestroy !== "boolean")
    fail("forceDestroy", isLater(args.forceDestroy) ? "an output" : args.forceDestroy, "use true or false");
  const reserved = Object.keys(args.tags ?? {}).find((key) => /^(aws|db-access):/.test(key));
  if (reserved !== undefined)
    fail(`tags[${JSON.stringify(reserved)}]`, args.tags?.[reserved], "aws: and db-access: are reserved");
  for (const [kind, transform] of Object.entries(keys("transforms", args.transforms, childKinds)))
    if (typeof transform !== "function") fail(`transforms.${kind}`, String(transform), "give a function");
}

function assertCluster({ fail, keys, text, integer }: Rules, cluster: unknown): void {
  if (isObject(cluster) && pulumi.Output.isInstance(cluster.engine))
    fail(
      "cluster",
      "a resource",
      'give { from: <the resource>, engine: "aurora-postgresql" }, with the engine as a plain value',
    );
  const common = [
    "engine",
    "adminSecretArn",
    "adminSecretKmsKeyArn",
    "adminIamUser",
    "adminDatabase",
    "securityGroupId",
  ];
  const plain = ["endpoint", "port", "identifier", "kind", "resourceId"];
  if (!isObject(cluster)) fail("cluster", cluster, "give the database's values, or { from, engine }");
  const given = keys("cluster", cluster, [
    ...common,
    ...((cluster as { from?: unknown }).from === undefined ? ["from", ...plain] : ["from"]),
  ]);
  const { engine, from } = given;
  const hint =
    engine === "postgres" ? 'RDS\'s postgres is called "postgresql" here' : `use one of ${engineNames.join(", ")}`;
  if (!engineNames.includes(engine as never)) fail("cluster.engine", isLater(engine) ? "an output" : engine, hint);
  if (given.adminSecretArn !== undefined && given.adminIamUser !== undefined)
    fail("cluster.adminIamUser", "beside adminSecretArn", "give one of the two");
  text(
    "cluster.adminSecretArn",
    given.adminSecretArn,
    secretArn,
    "use the secret's whole ARN, with its six random characters",
  );
  text("cluster.adminSecretKmsKeyArn", given.adminSecretKmsKeyArn, keyArn, keyFix);
  text("cluster.adminIamUser", given.adminIamUser, /^[^*?/\s]+$/, "use the login's name");
  text("cluster.adminDatabase", given.adminDatabase, /^.{1,63}$/, "use a database's name");
  text("cluster.securityGroupId", given.securityGroupId, /^sg-[0-9a-z]+$/, "use an id, sg-…");
  if (from !== undefined) {
    if (
      typeof from !== "object" ||
      from === null ||
      !("clusterResourceId" in from || ("address" in from && "resourceId" in from))
    )
      fail("cluster.from", "the value", "give an aws.rds.Cluster or an aws.rds.Instance");
    return;
  }
  if (given.endpoint === undefined) fail("cluster.endpoint", undefined, "give the writer's host name");
  text("cluster.endpoint", given.endpoint, /^[A-Za-z0-9.-]{1,253}$/, "use a host name, without a port");
  integer("cluster.port", given.port, 1, 65535);
  text("cluster.kind", given.kind, /^(cluster|instance)$/, 'use "cluster" or "instance"');
  text(
    "cluster.resourceId",
    given.resourceId,
    /^(cluster|db)-[A-Z0-9]+$/,
    "use cluster-… or db-…, in capitals, as RDS has it",
  );
  if (given.adminSecretArn === undefined && given.adminIamUser === undefined)
    fail(
      "cluster.adminSecretArn",
      undefined,
      "give the admin's secret, or adminIamUser for an admin without a password",
    );
  if (given.adminIamUser !== undefined && given.resourceId === undefined)
    fail("cluster.resourceId", undefined, "an admin with IAM authentication is let in by it");
}

function assertPrincipals({ fail, list, text }: Rules, where: string, given: PrincipalsArgs): void {
  list(`${where}.roleArns`, given.roleArns, iamArn, "use ARNs of IAM roles or users, without wildcards");
  list(`${where}.accountIds`, given.accountIds, accountId, "use account ids of 12 digits");
  text(`${where}.organizationId`, given.organizationId, organization, "use an id, o-…");
  const wild = given.roleArns?.find((arn) => typeof arn === "string" && /[*?]/.test(arn));
  if (wild !== undefined) fail(`${where}.roleArns`, wild, "name each role, or use accountIds or organizationId");
}

function assertAccess(rules: Rules, access: unknown): void {
  const { fail, keys, list, text } = rules;
  const principals = ["roleArns", "accountIds", "organizationId"];
  const given = keys("access", access, [...principals, "migrate", "role"]);
  assertPrincipals(rules, "access", given);
  assertPrincipals(rules, "access.migrate", keys("access.migrate", given.migrate, principals));
  if (given.role === undefined) return;
  const role = keys("access.role", given.role, ["principals", "externalId", "inRef"]);
  const whom = /^(\d{12}|arn:[a-z-]+:iam::\d{12}:(root|(role|user)\/[^*?\s]+))$/;
  list("access.role.principals", role.principals ?? [], whom, "use ARNs of IAM roles, users or roots, or account ids");
  if ((role.principals as unknown[] | undefined)?.length !== undefined && (role.principals as unknown[]).length > 0) {
    if (role.externalId === undefined)
      fail("access.role.externalId", undefined, "agree on one with who assumes the role");
    text(
      "access.role.externalId",
      role.externalId,
      /^[\w+=,.@:/-]{2,1224}$/,
      "2 to 1224 letters, digits and +=,.@:/-_",
    );
  } else fail("access.role.principals", role.principals, "say who may assume it");
}

const timeouts: Record<FunctionKind, number> = { access: 300, migrate: 900, rotate: 900 };

function assertFunctions({ fail, keys, integer, text }: Rules, { functions, roles }: ProvisionerArgs): void {
  const given = keys("functions", functions, [...functionKinds, "runtime", "tracing"]);
  for (const kind of functionKinds) {
    const where = `functions.${kind}`;
    const one = keys(where, given[kind], ["memoryMb", "timeoutSeconds", "reservedConcurrency"]);
    integer(`${where}.memoryMb`, one.memoryMb, 128, 10240);
    integer(`${where}.timeoutSeconds`, one.timeoutSeconds, 30, timeouts[kind]);
    integer(`${where}.reservedConcurrency`, one.reservedConcurrency, -1, 1000);
    if (one.reservedConcurrency === 0)
      fail(`${where}.reservedConcurrency`, 0, "0 switches the function off; use 1 or more, or -1 for no limit");
  }
  text("functions.runtime", given.runtime, /^nodejs(2[2-9]|[3-9]\d)\.x$/, 'use "nodejs22.x" or newer');
  const role = keys("roles", roles, ["path", "permissionsBoundary", ...functionKinds]);
  text("roles.path", role.path, /^\/([\x21-\x7e]+\/)?$/, "a path begins and ends with /");
  text(
    "roles.permissionsBoundary",
    role.permissionsBoundary,
    /^arn:[a-z-]+:iam::(\d{12}|aws):policy\/\S+$/,
    "use a policy's ARN",
  );
  for (const kind of functionKinds) text(`roles.${kind}`, role[kind], iamArn, "use a role's ARN");
}

function assertMonitoring({ fail, keys, integer, text }: Rules, { monitoring, schedule }: ProvisionerArgs): void {
  const given = keys("monitoring", monitoring, [
    "retentionDays",
    "auditRetentionDays",
    "auditDestinationArn",
    "alarms",
    "thresholds",
    "topicArn",
    "dashboard",
  ]);
  const thresholds = ["refused", "removed", "failed"];
  const ringing = keys("monitoring.thresholds", given.thresholds, thresholds);
  for (const key of thresholds) integer(`monitoring.thresholds.${key}`, ringing[key], 1, 1_000_000);
  for (const key of ["retentionDays", "auditRetentionDays"])
    if (given[key] !== undefined && !retention.includes(given[key] as number))
      fail(`monitoring.${key}`, given[key], `CloudWatch knows ${retention.join(", ")}`);
  text(
    "monitoring.auditDestinationArn",
    given.auditDestinationArn,
    /^arn:[a-z-]+:logs:[a-z0-9-]+:\d{12}:destination:\S+$/,
    "use the ARN of a destination, arn:aws:logs:<region>:<account>:destination:<name>",
  );
  text("monitoring.topicArn", given.topicArn, /^arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:\S+$/, "use a topic's ARN");
  if (schedule !== false)
    text("schedule", schedule, /^(rate|cron)\(.+\)$/, 'use "rate(15 minutes)", a cron(…) of EventBridge, or false');
}

function assertRoster({ fail, text }: Rules, { rosterParameter }: ProvisionerArgs): void {
  const fix = 'use the whole name of a parameter, "/databases/users"; none of /aws, /ssm and /db-access';
  if (isLater(rosterParameter)) fail("rosterParameter", "an output", "use a plain string");
  text(
    "rosterParameter",
    rosterParameter,
    /^(?!\/?(aws|ssm|db-access)(\/|$))(?=.{1,1011}$)([A-Za-z0-9_.-]+|(\/[A-Za-z0-9_.-]+)+)$/i,
    fix,
  );
}
