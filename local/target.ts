import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import path from "node:path";
import { auditLogGroupNameOf } from "../components/provisioner/names";
import {
  accessPolicy,
  migratePolicy,
  rotationPolicy,
  type AccessRole,
  type MigrateRole,
} from "../components/provisioner/policies";
import { protocolRange, type EngineName, type ProvisionerRef } from "../provisioner/protocol";
import type { AwsEndpoint } from "./aws";
import { rotationPrincipal, type FunctionPermission, type LambdaHost } from "./lambda";
import { functionArn } from "./lambda/names";
import type { RunningServer, ServerSpec, StartOptions } from "./servers";

interface TargetPlace {
  /** Logical cluster name: it names the functions, the parameter and the admin secret. */
  cluster: string;
  /** Default: the stack's account and Region. */
  account?: string;
  region?: string;
  /** How callers of another account get in; becomes part of the ref, and an external id is demanded by STS. */
  invoke?: { roleArn: string; externalId?: string };
  /** Variables for the functions besides those that the stack sets. */
  functionEnv?: Record<string, string>;
  /** Audit events are gathered in a log group of their own, as a deployed provisioner does it. Default false. */
  audit?: boolean;
  /** What the functions' roles allow besides the default, or in its place. */
  role?: RoleOptions;
}

/** As of a provisioner that is deployed with these options. */
export type RoleOptions = Partial<
  Pick<
    AccessRole & MigrateRole,
    | "adminIamUser"
    | "adminKeyArns"
    | "directory"
    | "inheritedTagKeys"
    | "migrationsKeyArn"
    | "parameterKeyArns"
    | "parameterPaths"
    | "rotationFunctionArns"
    | "secretKeyArns"
    | "vpcEndpointIds"
  >
>;

/** A cluster with a server of its own. */
export interface ServerTarget extends TargetPlace {
  server: ServerSpec;
  serverOptions?: Omit<StartOptions, "directory">;
  unreachable?: false;
}

/** A cluster whose provisioner works and whose database does not answer. */
export interface UnreachableTarget extends TargetPlace {
  unreachable: true;
  engine: EngineName;
}

export type LocalTarget = ServerTarget | UnreachableTarget;

export interface TargetState {
  ref: ProvisionerRef;
  /** Missing for an unreachable target. */
  server?: RunningServer;
  functionName: string;
  migrateFunctionName: string;
  /** The same bundle, as the function that Secrets Manager invokes to rotate the logins' secrets. */
  rotateFunctionName: string;
  rotateFunctionArn: string;
  adminSecretArn: string;
}

export interface TargetContext {
  aws: AwsEndpoint;
  lambda: LambdaHost;
  account: string;
  region: string;
  bundle: string;
}

/** Nothing listens here, and no program without special rights could begin to. */
const closedPort = 1;

/** The bundle that `npm run build` leaves in the package, seen from the sources and from the compiled files alike. */
export function defaultBundle(): string {
  let directory = __dirname;
  while (!existsSync(path.join(directory, "package.json"))) directory = path.dirname(directory);
  return path.join(directory, "dist", "bundle", "index.mjs");
}

/** In the form of AWS's: it names the cluster in IAM policies for `rds-db:connect`, and stays when it is renamed. */
const resourceIdOf = (cluster: string): string =>
  `cluster-${createHash("sha256").update(cluster).digest("hex").slice(0, 26).toUpperCase()}`;

/** The admin secret, the functions, and the parameter through which callers find them. */
export async function deployTarget(
  context: TargetContext,
  target: LocalTarget,
  server: RunningServer | undefined,
): Promise<TargetState> {
  const { aws, lambda } = context;
  const { cluster, invoke } = target;
  const account = target.account ?? context.account;
  const region = target.region ?? context.region;
  const place = { account, region };
  const engine: EngineName = target.unreachable === true ? target.engine : target.server.engine;
  const host = server?.host ?? "localhost";
  const port = server?.port ?? closedPort;
  const resourceId = resourceIdOf(cluster);
  const adminSecretArn = await adminSecret(aws, cluster, place, server);
  const functions = { access: `db-access-${cluster}-access`, migrate: `db-access-${cluster}-migrate` };
  const rotate = `db-access-${cluster}-rotate`;
  const rotateFunctionArn = functionArn({ ...place, name: rotate });
  const auditLogGroup = target.audit === true ? auditLogGroupNameOf(cluster) : undefined;
  if (auditLogGroup !== undefined) aws.logs.ensure(auditLogGroup, place);
  const migrationsBucket = `db-access-local-${account}-${region}`;
  aws.objects.ensure(migrationsBucket, place, target.role?.migrationsKeyArn);
  const env: Record<string, string> = {
    DB_ACCESS_CLUSTER: cluster,
    DB_ACCESS_ENGINE: engine,
    DB_ACCESS_HOST: host,
    DB_ACCESS_PORT: String(port),
    DB_ACCESS_ADMIN_SECRET_ARN: adminSecretArn,
    DB_ACCESS_ACCOUNT: account,
    DB_ACCESS_RESOURCE_ID: resourceId,
    DB_ACCESS_PARAMETER_PATH: `/${cluster}`,
    DB_ACCESS_MIGRATIONS_BUCKET: migrationsBucket,
    ...(auditLogGroup === undefined ? {} : { DB_ACCESS_AUDIT_LOG_GROUP: auditLogGroup }),
    ...(server === undefined ? {} : { DB_ACCESS_CA_FILE: server.caFile }),
    ...target.functionEnv,
  };
  const secretNamePrefixes = ["rds-", `${cluster}/`];
  const keysOfAccount = [`arn:aws:kms:*:${account}:key/*`];
  const roleOf = (functionName: string): AccessRole & MigrateRole => ({
    ...place,
    partition: "aws",
    clusterName: cluster,
    functionName,
    adminSecretArn,
    resourceId,
    secretNamePrefixes,
    secretKeyArns: keysOfAccount,
    parameterKeyArns: keysOfAccount,
    parameterPaths: [`/${cluster}`],
    auditLogGroup,
    migrationsBucket,
    ...target.role,
    rotationFunctionArns: [rotateFunctionArn, ...(target.role?.rotationFunctionArns ?? [])],
  });
  const vpcEndpointId = target.role?.vpcEndpointIds?.[0];
  const common = { ...place, codePath: context.bundle, handler: "index.handler", env, memoryMb: 512, vpcEndpointId };
  const rotating = {
    ...common,
    timeoutSeconds: 300,
    env: { DB_ACCESS_ROTATION_FUNCTION_ARN: rotateFunctionArn, ...env },
  };
  const rotateEnv = { ...rotating.env, DB_ACCESS_FUNCTION: "rotate" };
  const migrateEnv = { ...env, DB_ACCESS_FUNCTION: "migrate" };
  const permissions: FunctionPermission[] = [
    { statementId: "secrets-manager", principal: rotationPrincipal, sourceAccount: account },
  ];
  await lambda.registerFunction({
    ...rotating,
    name: functions.access,
    rolePolicies: (name) => [accessPolicy(roleOf(name))],
  });
  await lambda.registerFunction({
    ...rotating,
    env: rotateEnv,
    name: rotate,
    permissions,
    rolePolicies: (name) => [rotationPolicy(roleOf(name))],
  });
  await lambda.registerFunction({
    ...common,
    env: migrateEnv,
    name: functions.migrate,
    timeoutSeconds: 900,
    rolePolicies: (name) => [migratePolicy(roleOf(name))],
  });
  if (invoke?.externalId !== undefined) aws.sts.requireExternalId(invoke.roleArn, invoke.externalId);
  const parameter = `/db-access/${cluster}`;
  const endpointUrl = aws.url;
  const ref: ProvisionerRef = {
    contractVersion: 1,
    functions,
    region,
    partition: "aws",
    account,
    engine,
    cluster,
    resourceId,
    database: { host, port },
    secretNamePrefixes,
    migrationsBucket,
    protocols: { ...protocolRange },
    discovery: { parameter, region, endpointUrl, ...(invoke === undefined ? {} : { roleArn: invoke.roleArn }) },
    ...(invoke === undefined ? {} : { invoke }),
    endpointUrl,
  };
  const value = { Name: parameter, Value: JSON.stringify(ref), Type: "String", Overwrite: true };
  await aws.direct("ssm", "PutParameter", value, place);
  return {
    ref,
    server,
    functionName: functions.access,
    migrateFunctionName: functions.migrate,
    rotateFunctionName: rotate,
    rotateFunctionArn,
    adminSecretArn,
  };
}

/**
 * The admin's login, the way RDS keeps it: user name and password, nothing else. A secret of an earlier run is kept,
 * because its password may have been changed since; unless the server itself is a new one.
 */
async function adminSecret(
  aws: AwsEndpoint,
  cluster: string,
  place: { account: string; region: string },
  server: RunningServer | undefined,
): Promise<string> {
  const Name = `db-access/${cluster}/admin`;
  const login = server?.admin ?? { user: "admin", password: "unreachable" };
  const serverTag = createHash("sha256").update(JSON.stringify(login)).digest("hex").slice(0, 16);
  const Tags = [{ Key: "db-access:server", Value: serverTag }];
  const SecretString = JSON.stringify({ username: login.user, password: login.password });
  const known = aws.secrets.named(Name, place);
  if (known === undefined) {
    const made = await aws.direct("secretsmanager", "CreateSecret", { Name, SecretString, Tags }, place);
    return String(made.ARN);
  }
  if (!known.tags.some(({ Value }) => Value === serverTag)) {
    await aws.direct("secretsmanager", "PutSecretValue", { SecretId: known.arn, SecretString }, place);
    await aws.direct("secretsmanager", "TagResource", { SecretId: known.arn, Tags }, place);
  }
  return known.arn;
}
