export { Provisioner, type FunctionArns, type FunctionPolicies } from "./provisioner";
export type { ProvisionerRefOutputs } from "./ref-outputs";
export type { FunctionArgs, FunctionsArgs, KeysArgs, ProvisionerArgs, RolesArgs, TlsArgs } from "./args";
export type { AccessArgs, InvokeRoleArgs, PrincipalsArgs } from "./args-access";
export type { DirectoryArgs, IdentityCenterArgs, LdapArgs } from "./args-directory";
export type {
  ClusterArgs,
  MasterUserSecretLike,
  PlainClusterArgs,
  RdsClusterArgs,
  RdsClusterLike,
  RdsInstanceLike,
} from "./args-cluster";
export type { MigrationsArgs } from "./args-migrations";
export type { AlarmThresholds, MonitoringArgs } from "./args-monitoring";
export type { EndpointService, EndpointsArgs, NetworkArgs } from "./args-network";
export type { Child, ChildKind, ChildTransform, ChildTransforms } from "./children";
