export { AwsEndpoint } from "./endpoint";
export type { CallRecord, EndpointOptions, InterceptedCall, Interceptor } from "./endpoint";
export { AwsError, ConnectionLost } from "./errors";
export { accountOf, staticKeyOf } from "./identity";
export type { Caller } from "./identity";
export type { ServiceName } from "./service";
export type { AssumedRole } from "./sts";
