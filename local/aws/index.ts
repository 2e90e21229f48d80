export { AwsEndpoint } from "./endpoint";
export type { CallRecord, EndpointOptions, InterceptedCall, Interceptor } from "./endpoint";
export { AwsError, ConnectionLost } from "./errors";
export { accountOf, staticKeyOf } from "./identity";
export type { Caller } from "./identity";
export type { KeyTrouble } from "./keys";
export type { RotationEvent, RotationOutcome, RotationStep } from "./secrets/rotation-run";
export type { ServiceName } from "./service";
export type { AssumedRole } from "./sts";
