export { lambdaService } from "./api";
export { LambdaHost } from "./host";
export type {
  AfterInvoke,
  BeforeInvoke,
  FunctionSpec,
  FunctionState,
  FunctionUpdate,
  InvocationControl,
  LambdaHostOptions,
} from "./types";
