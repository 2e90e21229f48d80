export { lambdaService } from "./api";
export { executionRole } from "./execution-role";
export { LambdaHost } from "./host";
export { functionArn } from "./names";
export { rotationFunctions, rotationPrincipal } from "./rotation";
export type {
  AfterInvoke,
  BeforeInvoke,
  FunctionPermission,
  FunctionSpec,
  FunctionState,
  FunctionUpdate,
  InvocationControl,
  LambdaHostOptions,
} from "./types";
