import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { DbAccessError } from "../errors";

let client: SecretsManagerClient | undefined;

/** One client for the life of the execution environment. Reads and idempotent writes: the SDK's retries are safe. */
export const secretsClient = (): SecretsManagerClient =>
  (client ??= new SecretsManagerClient({
    maxAttempts: 5,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 15_000 },
  }));

const networkNames = [
  "TimeoutError",
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ECONNRESET",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "NetworkingError",
];

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : "");
const codeOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "code" in error && typeof error.code === "string" ? error.code : "";

export const isAws = (error: unknown, name: string): boolean => nameOf(error) === name;

/** AWS's errors in our words. The text of AWS's message is kept out: it may echo what was sent. */
export function secretError(error: unknown, action: string, secret: string): DbAccessError {
  if (error instanceof DbAccessError) return error;
  if (networkNames.includes(nameOf(error)) || networkNames.includes(codeOf(error)))
    return new DbAccessError(
      "NetworkPathSecrets",
      `The provisioner cannot reach Secrets Manager (${action}); give its subnets an interface endpoint or a route to it.`,
      { transient: true },
    );
  const name = nameOf(error);
  if (name === "AccessDeniedException" || name === "AccessDenied")
    return new DbAccessError(
      "SecretUnavailable",
      `The provisioner's role may not ${action} on ${secret}; allow it in the role or the secret's policy.`,
    );
  if (name === "ThrottlingException" || name === "TooManyRequestsException")
    return new DbAccessError("Throttled", `Secrets Manager throttled ${action}; try again.`, { transient: true });
  return new DbAccessError(
    "SecretUnavailable",
    `${action} on ${secret} failed with ${name === "" ? "an unknown error" : name}.`,
    {
      transient: name === "InternalServiceError" || name === "InternalServiceErrorException",
    },
  );
}
