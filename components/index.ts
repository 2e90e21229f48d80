/** Database users and grants as ordinary Pulumi resources. Everything exported here is under semantic versioning. */
export { DbUser, type DbUserArgs, type SecretArgs, type UserAuth } from "./resources/db-user";
export { DbRole, type DbRoleArgs } from "./resources/db-role";
export { DbGrant, type AccountArgs, type DbGrantArgs } from "./resources/db-grant";
export { DbDatabase, type DbDatabaseArgs } from "./resources/db-database";
export { DbSchema, type DbSchemaArgs } from "./resources/db-schema";
export type { AccessResource, CommonArgs } from "./resources/base";
export type {
  DatabaseTarget,
  FutureArgs,
  GrantTarget,
  RoleTarget,
  SchemaTarget,
  TablesTarget,
} from "./resources/targets";
export {
  provisionerFromParameter,
  provisionerFromStack,
  type DeepInput,
  type ParameterOptions,
  type ProvisionerInput,
} from "./reference";
export type { ProvisionerRef } from "../provisioner/protocol";
