import { DbAccessError, errorCodes, type ErrorCode } from "../../provisioner/protocol";
import { CallFailure, type Outcome } from "./failure";

/** A call to AWS, in words for the person who has to fix it. */
export interface Call {
  /** The IAM action, for instance `lambda:InvokeFunction`. */
  action: string;
  resource: string;
  region: string;
  /** Who calls, when it is an assumed role. */
  role?: string;
}

interface AwsFailure {
  name: string;
  code: string | undefined;
  status: number | undefined;
  message: string;
}

/** A refused connection is more often a wrong address than a restart. */
const CONNECT_PATIENCE_MS = 10_000;

const throttled =
  /^(TooManyRequestsException|Throttl|RequestLimitExceeded|RequestThrottled|SlowDown|PriorRequestNotComplete)/;
/** Lambda's own words for "not yet": a new or updated function, a network interface or code still on its way. */
const notReady =
  /^(ResourceConflict|ResourceNotReady|ENINotReady|ENILimitReached|EC2Throttled|CodeArtifactUserPending|SnapStartNotReady|SnapStartTimeout)/;
/** 5xx by status, but only the function's owner can mend them. */
const broken =
  /^(KMS|EFS|InvalidRuntime|InvalidZipFile|InvalidSecurityGroupID|InvalidSubnetID|SubnetIPAddressLimitReached|EC2AccessDenied|EC2Unexpected|CodeArtifactUserDeleted|CodeArtifactUserFailed|SnapStartException)/;
const denied = /^(AccessDenied|UnauthorizedOperation|NotAuthorized)/;
const expired = /^(ExpiredToken|RequestExpired|TokenRefreshRequired)/;
const badCredentials =
  /^(UnrecognizedClient|InvalidClientTokenId|InvalidSignature|SignatureDoesNotMatch|IncompleteSignature|MissingAuthenticationToken|AuthFailure|OptInRequired)/;
const notConnected = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);
const socket = new Set(["ECONNRESET", "EPIPE", "ETIMEDOUT", "ECONNABORTED", "ERR_STREAM_PREMATURE_CLOSE"]);

function read(error: unknown): AwsFailure {
  const { name, code, message, $metadata } = error as {
    name?: unknown;
    code?: unknown;
    message?: unknown;
    $metadata?: { httpStatusCode?: number };
  };
  return {
    name: typeof name === "string" ? name : typeof error,
    code: typeof code === "string" ? code : undefined,
    status: $metadata?.httpStatusCode,
    message: typeof message === "string" ? message : "",
  };
}

const failure = (outcome: Outcome, code: ErrorCode, message: string, patienceMs?: number): CallFailure =>
  new CallFailure(outcome, new DbAccessError(code, message, { transient: outcome !== "final" }), patienceMs);

function authorization({ name, message }: AwsFailure, call: Call): CallFailure | undefined {
  const who = call.role === undefined ? "the caller" : call.role;
  if (denied.test(name))
    return failure("final", "NotAuthorized", `${who} may not ${call.action} on ${call.resource}; allow it.`);
  if (expired.test(name)) return failure("final", "NotAuthorized", "The AWS credentials have expired; log in again.");
  if (badCredentials.test(name))
    return failure("final", "NotAuthorized", `AWS refused the credentials (${name}) for ${call.action}; check them.`);
  if (name === "CredentialsProviderError" || /could not load credentials/i.test(message))
    return failure(
      "final",
      "NotAuthorized",
      `There are no AWS credentials for ${call.action}; log in or set AWS_PROFILE.`,
    );
  return undefined;
}

/** Every failure of an AWS call, in our codes. AWS's own text is never repeated: it may quote the payload. */
export function awsFailure(error: unknown, call: Call): CallFailure {
  if (error instanceof CallFailure) return error;
  const found = read(error);
  const { name, code, status, message } = found;
  const refused = authorization(found, call);
  if (refused !== undefined) return refused;
  if (throttled.test(name) || status === 429)
    return failure("refused", "Throttled", `AWS throttles ${call.action} on ${call.resource} (${name}); run it again.`);
  if (notReady.test(name))
    return failure("refused", "FunctionFailed", `${call.resource} is not ready yet (${name}); run it again.`);
  if (broken.test(name))
    return failure("final", "FunctionFailed", `${call.resource} cannot run (${name}); see its configuration.`);
  if (code !== undefined && notConnected.has(code)) {
    const words = `AWS in ${call.region} cannot be reached for ${call.action} (${code}); check network, proxy and Region.`;
    return failure("refused", "FunctionFailed", words, CONNECT_PATIENCE_MS);
  }
  if (name === "TimeoutError" || (code !== undefined && socket.has(code)) || /socket hang up|aborted/i.test(message)) {
    const words = `The answer of ${call.resource} to ${call.action} was lost (${code ?? name}); run it again.`;
    return failure("lost", "FunctionFailed", words);
  }
  if (status !== undefined && status >= 500)
    return failure(
      "lost",
      "FunctionFailed",
      `AWS failed in ${call.action} on ${call.resource} (${name}); run it again.`,
    );
  return failure("final", "Unexpected", `${call.action} on ${call.resource} failed unexpectedly (${name}).`);
}

export function invokeFailure(error: unknown, call: Call): CallFailure {
  if (read(error).name === "ResourceNotFoundException")
    return failure(
      "missing",
      "FunctionMissing",
      `The function ${call.resource} does not exist in ${call.region}; deploy the provisioner's stack first.`,
    );
  if (read(error).name === "RequestTooLargeException")
    return failure("final", "InvalidInput", `The claim is too large for ${call.resource}; make it smaller.`);
  return awsFailure(error, call);
}

/**
 * `FunctionError`: whether anything was done is not known. Of what the function threw itself, its code and its sentence
 * are repeated; of anything else only the type, because the message is not to be trusted.
 */
export function crashFailure(payload: string, functionName: string): CallFailure {
  let type = "Unhandled";
  try {
    const { errorType, errorMessage } = JSON.parse(payload) as { errorType?: unknown; errorMessage?: unknown };
    const told = typeof errorMessage === "string" ? /^([A-Za-z]{1,40}): ([^]{1,4000})$/.exec(errorMessage) : null;
    const code = errorCodes.find((known) => known === told?.[1]);
    if (told !== null && code !== undefined) return failure("crashed", code, told[2]);
    if (typeof errorType === "string" && /^[A-Za-z.]{1,80}$/.test(errorType)) type = errorType;
  } catch {
    // The payload of a killed function need not be JSON.
  }
  const words = `${functionName} ended without an answer (${type}); see its log group.`;
  return failure("crashed", "FunctionFailed", words);
}
