import type { Caller } from "../identity";
import { notLocal } from "../errors";
import type { ObjectStore } from "../objects/store";
import type { ParameterStore } from "../parameters/store";
import type { SecretStore } from "../secrets/store";
import type { ServiceCall, ServiceName } from "../service";
import { functionRequests } from "./function-requests";
import { identityStoreRequests } from "./identity-store-requests";
import { logRequests } from "./log-requests";
import { objectRequests } from "./object-requests";
import { parameterRequests } from "./parameter-requests";
import type { AccessRequest } from "./policy";
import { secretRequests } from "./secret-requests";

/** What a call's context is taken from besides the call itself. */
export interface Surroundings {
  secrets: SecretStore;
  parameters: ParameterStore;
  objects: ObjectStore;
}

/** Everything that IAM is asked about one call. The first is the call's own action. */
export function accessRequests(
  service: ServiceName,
  { operation, request }: ServiceCall,
  caller: Caller,
  { secrets, parameters, objects }: Surroundings,
): AccessRequest[] {
  switch (service) {
    case "secretsmanager":
      return secretRequests(secrets, operation, request, caller);
    case "ssm":
      return parameterRequests(parameters, operation, request, caller);
    case "s3":
      return objectRequests(objects, operation, request, caller);
    case "lambda":
      return functionRequests(operation, request, caller);
    case "logs":
      return logRequests(operation, request, caller);
    case "identitystore":
      return identityStoreRequests(operation, request, caller);
    case "sts":
      // API GetCallerIdentity: no permissions are required.
      if (operation === "GetCallerIdentity") return [];
      if (operation === "AssumeRole") {
        return [{ action: "sts:AssumeRole", resource: String(request.RoleArn), context: {} }];
      }
      throw notLocal(`sts ${operation}`);
  }
}
