export { lambdaService } from "./api";
export { LambdaHost } from "./host";
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
