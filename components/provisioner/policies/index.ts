import { directoryStatements, type DirectoryRole } from "./directory";
import { arn, policy, type Place, type PolicyDocument, type PolicyStatement } from "./document";
import { useAdminKeys, useParameterKeys, useSecretKeys } from "./keys";
import { readMigrations, type MigrationsBucket } from "./migrations";
import { parameterStatements } from "./parameters";
import {
  createSecrets,
  denyOtherClusterTag,
  denyPublicPolicies,
  denyRemovingOwnership,
  endTakeOver,
  lookUpSecretNames,
  readAdminSecret,
  readSuppliedSecrets,
  tagOwnSecrets,
  useOwnSecrets,
} from "./secrets";
import {
  attachToNetwork,
  connectAsAdmin,
  denyNetworkToCode,
  denyOutsideEndpoints,
  useRotationFunctions,
  writeAudit,
  writeLogs,
} from "./surroundings";

export type { DirectoryRole } from "./directory";
export type { PolicyDocument, PolicyStatement } from "./document";
export { sendMigrations } from "./migrations";

/** What a function of one cluster works with. Nothing here grows with the number of logins. */
export interface FunctionRole extends Place {
  /** The logical name, which stands in the tags of everything that is the cluster's. */
  clusterName: string;
  functionName: string;
  /** The whole ARN, with its six random characters. Missing when the admin is an IAM user. */
  adminSecretArn?: string;
  adminIamUser?: string;
  /** Of the cluster or the instance, as in `rds-db:connect`. Needed for `adminIamUser`. */
  resourceId?: string;
  /** Customer's keys of the admin's secret. */
  adminKeyArns?: readonly string[];
  /** Default: `/aws/lambda/<functionName>`. */
  logGroup?: string;
  /** Where audit events are gathered. Default: nowhere but in the function's own log. */
  auditLogGroup?: string;
  /** Only through these interface endpoints may secrets and parameters be reached. Default: no such limit. */
  vpcEndpointIds?: readonly string[];
}

/** What functions that change logins work with besides. */
export interface LoginsRole extends FunctionRole {
  /** Customer's keys of logins' secrets, of their replicas, and of secrets that supply passwords. */
  secretKeyArns?: readonly string[];
  /** Paths under which logins publish parameters. Default: none may. */
  parameterPaths?: readonly string[];
  /** Customer's keys of published passwords. */
  parameterKeyArns?: readonly string[];
}

export interface AccessRole extends LoginsRole {
  secretNamePrefixes: readonly string[];
  /** Our own rotation function, and others' that logins may name. */
  rotationFunctionArns?: readonly string[];
  /** Tags that secrets may inherit from the admin's. Others' policies may go by a tag: name only what cannot harm. */
  inheritedTagKeys?: readonly string[];
  /** Whose groups' members get logins. Default: nobody's. */
  directory?: DirectoryRole;
}

/** What every function has: its admin, its log, its network. */
const common = (role: FunctionRole): (PolicyStatement | undefined)[] => {
  const { functionName, adminIamUser, resourceId, logGroup = `/aws/lambda/${functionName}` } = role;
  return [
    useAdminKeys(role.adminKeyArns ?? [], role.adminSecretArn),
    connectAsAdmin(role, resourceId, adminIamUser),
    writeLogs(role, logGroup),
    writeAudit(role, role.auditLogGroup),
    attachToNetwork(),
    denyNetworkToCode(arn(role, "lambda", `function:${functionName}`)),
    denyOutsideEndpoints(role.vpcEndpointIds ?? []),
  ];
};

/** The execution role of the function that serves claims. */
export const accessPolicy = (role: AccessRole): PolicyDocument => {
  const { clusterName, secretNamePrefixes, parameterPaths = [] } = role;
  return policy([
    readAdminSecret(role.adminSecretArn, true),
    lookUpSecretNames(role, secretNamePrefixes),
    createSecrets(role, secretNamePrefixes),
    tagOwnSecrets(role, role.inheritedTagKeys ?? []),
    useOwnSecrets(role, "manage"),
    denyOtherClusterTag(clusterName, ["secretsmanager:TagResource", "ssm:AddTagsToResource"]),
    denyRemovingOwnership(),
    denyPublicPolicies(),
    readSuppliedSecrets(role),
    ...parameterStatements({ ...role, parameterPaths }, "manage"),
    useSecretKeys(role, role.secretKeyArns ?? [], "manage"),
    useParameterKeys(role, role.parameterKeyArns ?? []),
    useRotationFunctions(role.rotationFunctionArns ?? []),
    ...directoryStatements(role, role.directory),
    ...common(role),
  ]);
};

/** The execution role of the function that Secrets Manager invokes to rotate logins' secrets. */
export const rotationPolicy = (role: LoginsRole): PolicyDocument =>
  policy([
    readAdminSecret(role.adminSecretArn, false),
    useOwnSecrets(role, "rotate"),
    endTakeOver(role),
    ...parameterStatements({ ...role, parameterPaths: role.parameterPaths ?? [] }, "rotate"),
    useSecretKeys(role, role.secretKeyArns ?? [], "rotate"),
    useParameterKeys(role, role.parameterKeyArns ?? []),
    ...common(role),
  ]);

export type MigrateRole = FunctionRole & MigrationsBucket;

/** The execution role of the function that runs migrations: it changes no secret and no parameter. */
export const migratePolicy = (role: MigrateRole): PolicyDocument =>
  policy([readAdminSecret(role.adminSecretArn, false), ...readMigrations(role), ...common(role)]);
