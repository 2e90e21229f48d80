/** Database users and grants as ordinary Pulumi resources. Everything exported here is under semantic versioning. */
export {
  DbUser,
  type DbUserArgs,
  type InheritArgs,
  type LimitsArgs,
  type ReplicaArgs,
  type RotationArgs,
  type SecretArgs,
  type UserAuth,
  type UserDeletionArgs,
} from "./resources/db-user";
export { DbRole, type DbRoleArgs, type RoleDeletionArgs } from "./resources/db-role";
export { DbGrant, type AccountArgs, type DbGrantArgs, type TemplateArgs } from "./resources/db-grant";
export { DbDatabase, type DbDatabaseArgs } from "./resources/db-database";
export { DbSchema, type DbSchemaArgs } from "./resources/db-schema";
export { DbMigration, type DbMigrationArgs, type ResolveArgs, type VariableArgs } from "./resources/db-migration";
export type { AccessResource, Adopt, CommonArgs, OwnedObjectsArgs } from "./resources/base";
export type {
  ColumnsTarget,
  DatabaseTarget,
  FutureArgs,
  GlobalTarget,
  GrantTarget,
  LargeObjectsTarget,
  ParametersTarget,
  RoleTarget,
  RoutineArgs,
  RoutinesTarget,
  SchemaTarget,
  SequencesTarget,
  TablesTarget,
  TypesTarget,
} from "./resources/targets";
export {
  Provisioner,
  type AccessArgs,
  type AlarmThresholds,
  type Child,
  type ChildKind,
  type ChildTransform,
  type ChildTransforms,
  type ClusterArgs,
  type DirectoryArgs,
  type EndpointsArgs,
  type EndpointService,
  type FunctionArgs,
  type FunctionArns,
  type FunctionPolicies,
  type FunctionsArgs,
  type IdentityCenterArgs,
  type InvokeRoleArgs,
  type KeysArgs,
  type LdapArgs,
  type MasterUserSecretLike,
  type MigrationsArgs,
  type MonitoringArgs,
  type NetworkArgs,
  type PlainClusterArgs,
  type PrincipalsArgs,
  type ProvisionerArgs,
  type ProvisionerRefOutputs,
  type RdsClusterArgs,
  type RdsClusterLike,
  type RdsInstanceLike,
  type RolesArgs,
  type TlsArgs,
} from "./provisioner";
export {
  ProvisionerRunbook,
  ProvisionerRunbookExecutionRole,
  type ProvisionerRunbookArgs,
  type ProvisionerRunbookExecutionRoleArgs,
  type RunbookAction,
  type RunbookChildKind,
  type RunbookLevel,
} from "./runbook";
export {
  provisionerFromName,
  provisionerFromParameter,
  provisionerFromStack,
  type DeepInput,
  type ParameterOptions,
  type ProvisionerInput,
} from "./reference";
export type { ProvisionerRef } from "../provisioner/protocol";
