import { DbAccessError, type ErrorCode } from "../errors";

/** Which IAM action a failed call was: the SDK's errors do not say. */
const actions = new WeakMap<object, string>();

/** Notes the action of a failure and lets it go on. */
export function rememberAction(error: unknown, service: string, command: unknown): never {
  if (typeof error === "object" && error !== null && typeof command === "string")
    actions.set(error, `${service}:${command.replace(/Command$/, "")}`);
  throw error;
}

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

export const isAws = (error: unknown, ...names: string[]): boolean => names.includes(nameOf(error));

export const isDenied = (error: unknown): boolean => isAws(error, "AccessDeniedException", "AccessDenied");

/** No answer came, from wherever. */
export const isUnreachable = (error: unknown): boolean =>
  networkNames.includes(nameOf(error)) || networkNames.includes(codeOf(error));

/** Only asked for a word in it: AWS's text is never passed on. */
const speaksOfKms = (error: unknown): boolean => error instanceof Error && /\bKMS\b/.test(error.message);

export const isKeyFailure = (error: unknown): boolean =>
  isAws(error, "DecryptionFailure", "EncryptionFailure", "InvalidKeyId") || (isDenied(error) && speaksOfKms(error));

/** The words in which a service's failures are told. */
export interface ServiceWords {
  /** As people know it. */
  service: string;
  /** Of the interface endpoint. */
  endpoint: string;
  /** What every failure is that has no code of its own. */
  code: ErrorCode;
  unreachable: ErrorCode;
  /** What has to be allowed where a permission is missing. */
  allow: string;
}

/** AWS's errors in our words. The text of AWS's message is kept out: it may echo what was sent. */
export function awsError(error: unknown, what: string, words: ServiceWords): DbAccessError {
  if (error instanceof DbAccessError) return error;
  const action = (typeof error === "object" && error !== null ? actions.get(error) : undefined) ?? "the call";
  const { service, endpoint, code, unreachable, allow } = words;
  if (isUnreachable(error))
    return new DbAccessError(
      unreachable,
      `The provisioner cannot reach ${service} (${action}); give its subnets an interface endpoint (${endpoint}) or a route to it.`,
      { transient: true },
    );
  if (isKeyFailure(error))
    return new DbAccessError(
      code,
      `The KMS key of ${what} cannot be used (${action}); see that it exists and is enabled, and allow the provisioner's role kms:Decrypt and kms:GenerateDataKey on it.`,
    );
  if (isDenied(error))
    return new DbAccessError(code, `The provisioner's role may not ${action} on ${what}; allow it in ${allow}.`);
  if (isAws(error, "ThrottlingException", "TooManyRequestsException", "TooManyUpdates"))
    return new DbAccessError("Throttled", `${service} throttled ${action}; try again.`, { transient: true });
  const name = nameOf(error);
  return new DbAccessError(code, `${action} on ${what} failed with ${name === "" ? "an unknown error" : name}.`, {
    transient: isAws(error, "InternalServiceError", "InternalServiceErrorException", "InternalServerError"),
  });
}

const secretWords: ServiceWords = {
  service: "Secrets Manager",
  endpoint: "secretsmanager",
  code: "SecretUnavailable",
  unreachable: "NetworkPathSecrets",
  allow: "the role or the secret's policy",
};

export const secretError = (error: unknown, secret: string): DbAccessError => awsError(error, secret, secretWords);

export const adminSecretError = (error: unknown): DbAccessError =>
  awsError(error, "the admin secret", { ...secretWords, code: "AdminSecretUnavailable" });

export const parameterError = (error: unknown, parameter: string): DbAccessError =>
  awsError(error, parameter, {
    service: "Parameter Store",
    endpoint: "ssm",
    code: "ParameterUnavailable",
    unreachable: "ParameterUnavailable",
    allow: "the role",
  });

export const functionError = (error: unknown, name: string): DbAccessError =>
  awsError(error, name, {
    service: "Lambda",
    endpoint: "lambda",
    code: "RotationRefused",
    unreachable: "RotationRefused",
    allow: "the role",
  });
