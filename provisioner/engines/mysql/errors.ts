import { DbAccessError, type ErrorCode } from "../../errors";

/** What a driver error tells that is safe to use. Its `sql` and its text may hold a verifier and are never read here. */
interface DriverError {
  errno?: number;
  code: string;
}

/** The server's answers carry a number, of which the driver knows no name for MariaDB's; other errors only a code. */
export function driverError(error: unknown): DriverError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { errno, code } = error as Error & { errno?: unknown; code?: unknown };
  if (typeof errno === "number" && errno > 0) return { errno, code: String(errno) };
  return typeof code === "string" ? { code } : undefined;
}

export const errnoOf = (error: unknown): number | undefined => driverError(error)?.errno;

/** Where a connection leads, for messages. */
export interface Destination {
  host: string;
  port: number;
  username: string;
}

const timeouts = new Set(["ETIMEDOUT", "PROTOCOL_SEQUENCE_TIMEOUT"]);
const nameErrors = new Set(["ENOTFOUND", "EAI_AGAIN", "EAI_FAIL", "EAI_NODATA"]);
const routeErrors = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EADDRNOTAVAIL"]);
const lostErrors = new Set(["ECONNRESET", "EPIPE", "PROTOCOL_CONNECTION_LOST", "ERR_STREAM_PREMATURE_CLOSE"]);
/** Wrong password, no such account, no account for this host; locked (MySQL, MariaDB); expired. */
const loginRefusals = new Set([1044, 1045, 1130, 1698, 3118, 4151, 1862, 1820]);
/** The driver's own refusal: the server asks for the password as it is, and it is no IAM token. */
export const cleartextAsked = "MYSQL_CLEAR_PASSWORD_NOT_ENABLED";
const tooMany = new Set([1040, 1203, 1226]);
const readOnly = new Set([1290, 1836, 3100]);
/** Shutting down; the packet did not get through; this session was ended: by a shutdown, an idle limit, somebody. */
const sessionEnds = new Set([1053, 1080, 1158, 1159, 1160, 1161, 1927, 3169, 4031]);

const fail = (code: ErrorCode, message: string, serverCode: string, transient = false): DbAccessError =>
  new DbAccessError(code, message, { serverCode, transient });

const where = (to: Destination): string => `${to.host}:${String(to.port)}`;

function networkError(code: string, to: Destination): DbAccessError | undefined {
  const path = (step: string, fix: string): DbAccessError =>
    fail(
      "NetworkPathDatabase",
      `The provisioner cannot reach the database at ${where(to)}: ${step}. ${fix}`,
      code,
      true,
    );
  if (nameErrors.has(code)) return path("the name does not resolve", "Check the host and the DNS settings of the VPC.");
  if (routeErrors.has(code))
    return path(
      `nothing accepts connections there (${code})`,
      "Check the port, that the server runs, and the security groups.",
    );
  if (timeouts.has(code))
    return path(
      "there was no answer in time",
      "Check that the database's security group admits the function's, and that the subnets have a route.",
    );
  if (lostErrors.has(code))
    return path("the connection was closed", "A restart or a failover does this; run it again.");
  return undefined;
}

export const connectionLost = (to: Destination): DbAccessError =>
  fail(
    "NetworkPathDatabase",
    `The connection to ${where(to)} was lost. Run it again.`,
    "PROTOCOL_CONNECTION_LOST",
    true,
  );

/** Turns what opening a connection threw into an error for people. */
export function connectError(error: unknown, to: Destination): DbAccessError {
  if (error instanceof DbAccessError) return error;
  const known = driverError(error);
  if (known === undefined) return fail("Unexpected", `Connecting to ${where(to)} failed unexpectedly.`, "unknown");
  const { errno, code } = known;
  if (code === "HANDSHAKE_NO_SSL_SUPPORT")
    return fail(
      "TlsUnavailable",
      `The server at ${where(to)} does not offer TLS, and the provisioner never connects without it. Enable TLS there.`,
      code,
    );
  if (code === "HANDSHAKE_SSL_ERROR") return tlsError(error as Error, to);
  if (code === cleartextAsked)
    return fail(
      "AdminLoginRefused",
      `The server at ${where(to)} asks for the password of ${to.username} in clear, as it does of IAM users, and got nothing. Let the provisioner log in by IAM, or give its login a password.`,
      code,
    );
  if (errno !== undefined && loginRefusals.has(errno))
    return fail(
      "AdminLoginRefused",
      `The server at ${where(to)} refuses the provisioner's login ${to.username}. Check the admin secret.`,
      String(errno),
    );
  if (errno !== undefined && tooMany.has(errno)) return throttled(String(errno));
  if (errno !== undefined && sessionEnds.has(errno)) return sessionEnded(errno, to);
  return (
    networkError(code, to) ??
    fail("Unexpected", `Connecting to ${where(to)} failed (${code}).`, errno === undefined ? code : String(errno))
  );
}

function tlsError(error: Error, to: Destination): DbAccessError {
  // The driver replaces the code of every failure during the handshake; a closed socket is no verdict on a certificate.
  if (/ECONNRESET|socket disconnected/.test(error.message))
    return fail(
      "NetworkPathDatabase",
      `The connection to ${where(to)} was closed while TLS was being set up. Run it again.`,
      "ECONNRESET",
      true,
    );
  const reason = /altnames/i.test(error.message)
    ? "its certificate is for another name. Use the endpoint's own name as host, or set tlsServerName"
    : "its certificate is not signed by a trusted authority or has expired. Check the CA bundle";
  return fail("TlsUntrusted", `The server at ${where(to)} cannot be trusted: ${reason}.`, "HANDSHAKE_SSL_ERROR");
}

const throttled = (serverCode: string): DbAccessError =>
  fail("Throttled", "The server has no free connection for the provisioner. Run it again later.", serverCode, true);

export const deadlineExceeded = (step: string): DbAccessError =>
  new DbAccessError("DeadlineExceeded", `There was no time left for: ${step}. Run it again.`, { transient: true });

/** What a server's refusal of one statement means. `step` describes the statement without its text. */
export function statementError(error: unknown, step: string, to: Destination): DbAccessError {
  if (error instanceof DbAccessError) return error;
  const known = driverError(error);
  if (known === undefined) return fail("Unexpected", `The server could not do this: ${step}.`, "unknown");
  const { errno, code } = known;
  if (timeouts.has(code)) return deadlineExceeded(step);
  if (errno === undefined)
    return networkError(code, to) ?? fail("Unexpected", `The server could not do this: ${step} (${code}).`, code);
  return sessionEnds.has(errno) ? sessionEnded(errno, to) : numberedError(errno, step);
}

const sessionEnded = (errno: number, to: Destination): DbAccessError =>
  fail(
    "NetworkPathDatabase",
    `The server at ${where(to)} ends this session: it restarts, fails over, or somebody stopped it. Run it again.`,
    String(errno),
    true,
  );

const meanings: { errnos: number[]; code: ErrorCode; words: (step: string) => string; transient?: boolean }[] = [
  {
    errnos: [1142, 1143, 1044, 1045, 1227, 1095, 1370, 1698, 3530],
    code: "NotAuthorized",
    words: (step) => `The provisioner's login may not do this: ${step}. Give it the privilege, or leave this out.`,
  },
  {
    errnos: [1410, 1133, 3523, 3162, 1959],
    code: "ObjectMissing",
    words: (step) => `The account or role does not exist: ${step}.`,
  },
  {
    errnos: [1049, 1051, 1054, 1146, 1305, 1147],
    code: "ObjectMissing",
    words: (step) => `The database, table, column or routine does not exist: ${step}.`,
  },
  {
    errnos: [1524],
    code: "IamUnavailable",
    words: (step) =>
      `The authentication plugin is not active: ${step}. Enable IAM database authentication on the cluster, or use a password.`,
  },
  {
    errnos: [4006],
    code: "OwnsObjects",
    words: (step) => `The account is the definer of views, routines, triggers or events: ${step}.`,
  },
  {
    errnos: [1144, 1221, 3619],
    code: "UnknownPrivilege",
    words: (step) => `The server does not know such a privilege at this level: ${step}.`,
  },
  { errnos: [1470], code: "NameTooLong", words: (step) => `A name is too long for the server: ${step}.` },
  { errnos: [1406, 1115, 1525], code: "InvalidInput", words: (step) => `A value does not fit: ${step}.` },
  {
    errnos: [1205, 1213, 1317, 3024, 1969],
    code: "Unexpected",
    words: (step) => `The server gave up waiting or was interrupted: ${step}. Run it again.`,
    transient: true,
  },
];

function numberedError(errno: number, step: string): DbAccessError {
  const serverCode = String(errno);
  if (readOnly.has(errno)) return readOnlyError(serverCode);
  if (tooMany.has(errno)) return throttled(serverCode);
  const meaning = meanings.find((each) => each.errnos.includes(errno));
  return meaning === undefined
    ? fail("Unexpected", `The server could not do this: ${step} (error ${serverCode}).`, serverCode)
    : fail(meaning.code, meaning.words(step), serverCode, meaning.transient ?? false);
}

export const readOnlyError = (serverCode?: string): DbAccessError =>
  new DbAccessError(
    "ServerReadOnly",
    "The server is read only: this is a reader endpoint, or a failover is under way. Use the writer endpoint.",
    { transient: true, ...(serverCode === undefined ? {} : { serverCode }) },
  );
