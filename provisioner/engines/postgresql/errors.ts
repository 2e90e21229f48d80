import { DatabaseError } from "pg";

import { DbAccessError, type ErrorCode } from "../../errors";

/** Where an error came from, for the sentence a person reads. */
export interface ErrorContext {
  host: string;
  port: number;
  /** Continues "while …": `connecting to database orders`. */
  step: string;
  /** The statement carried a verifier: the server's words may repeat it and are not shown. */
  secret?: boolean;
  /** The connection was still being opened, so a refusal is about the login itself. */
  opening?: boolean;
}

const unreachable = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EPIPE",
  "ENOTFOUND",
  "EAI_AGAIN",
]);

/** Node reports a certificate problem by OpenSSL's name for it, or by its own for a wrong host name. */
const certificateCodes =
  /^(ERR_TLS_CERT_ALTNAME_INVALID|UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|CERT_|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|PATH_LENGTH_EXCEEDED)/;

/** Conditions of the server that pass: a transaction may be tried again as it was. */
export const isRetryable = (error: unknown): boolean =>
  error instanceof DbAccessError && ["XX000", "40P01", "40001"].includes(error.serverCode ?? "") && error.transient;

/** Turns what the driver throws into ours. The driver's own text is never used: it can hold a statement. */
export function toDbAccessError(error: unknown, context: ErrorContext): DbAccessError {
  if (error instanceof DbAccessError) return error;
  if (error instanceof DatabaseError) return fromServer(error, context);
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  const message = error instanceof Error ? error.message : "";
  const place = `${context.host}:${context.port}`;
  if (certificateCodes.test(code)) return untrusted(code, place);
  if (message === "The server does not support SSL connections")
    return new DbAccessError(
      "TlsUnavailable",
      `The server ${place} does not offer TLS; switch it on (parameter ssl), nothing is sent without it.`,
    );
  if (code.startsWith("ERR_SSL_") || code === "EPROTO")
    return new DbAccessError(
      "TlsUnavailable",
      `TLS with ${place} could not be agreed (${code}); the server must offer TLS 1.2 or newer.`,
    );
  if (unreachable.has(code) || message === "timeout expired" || message.startsWith("Connection terminated"))
    return new DbAccessError("NetworkPathDatabase", unreachableWords(code, message, place, context.step), {
      transient: code !== "ENOTFOUND",
    });
  return new DbAccessError(
    "Unexpected",
    `Unexpected failure of the database driver while ${context.step} on ${place}.`,
  );
}

function unreachableWords(code: string, message: string, place: string, step: string): string {
  if (code === "ENOTFOUND")
    return `The name of the database server ${place} does not resolve (while ${step}); check the endpoint and the DNS of the function's network.`;
  if (message.startsWith("Connection terminated") || code === "ECONNRESET" || code === "EPIPE")
    return `The connection to ${place} was lost while ${step}; what was under way is rolled back unless it had just been committed.`;
  const reason = code === "ECONNREFUSED" ? "refused the connection" : "did not answer";
  return `${place} ${reason} while ${step}; check security groups, routes and whether the server runs.`;
}

function untrusted(code: string, place: string): DbAccessError {
  const fix =
    code === "ERR_TLS_CERT_ALTNAME_INVALID"
      ? "its certificate is for another name: use the endpoint's own name or set tlsServerName"
      : "its certificate is not signed by a trusted authority: update the CA bundle";
  return new DbAccessError("TlsUntrusted", `The server ${place} cannot be trusted: ${fix} (${code}).`);
}

interface Answer {
  code: ErrorCode;
  message: string;
  transient?: boolean;
}

function fromServer(error: DatabaseError, context: ErrorContext): DbAccessError {
  const state = error.code ?? "";
  const words = context.secret === true ? `SQLSTATE ${state}` : serverWords(error);
  const { code, message, transient } = answer(state, words, context);
  return new DbAccessError(code, message, { serverCode: state, transient });
}

/** No known message of a server repeats a verifier; one that does is cut. */
const verifier = /SCRAM-SHA-256\$\S*/g;

const serverWords = ({ message, detail = "" }: DatabaseError): string =>
  (detail === "" ? message : `${message}: ${detail.replace(/\n/g, "; ")}`).replace(verifier, "(verifier)");

function answer(state: string, words: string, context: ErrorContext): Answer {
  const place = `${context.host}:${context.port}`;
  const during = `while ${context.step}`;
  if (context.opening === true && (state === "28P01" || state === "28000"))
    return {
      code: "AdminLoginRefused",
      message: `${place} refused the provisioner's login ${during}: ${words}. Check the admin secret.`,
    };
  switch (state) {
    case "25006":
      return {
        code: "ServerReadOnly",
        message: `${place} is read only ${during}; use the writer endpoint (${words}).`,
        transient: true,
      };
    case "42501":
      return { code: "NotAuthorized", message: `The provisioner's login may not do this ${during}: ${words}.` };
    case "2BP01":
      return {
        code: "DependentPrivileges",
        message: `Something depends on it: ${words}.`,
      };
    case "53300":
      return {
        code: "Throttled",
        message: `${place} has no connection left ${during} (${words}); try again.`,
        transient: true,
      };
    case "55P03":
      return {
        code: "LockTimeout",
        message: `Another session held a lock for too long ${during}: ${words}. Try again.`,
        transient: true,
      };
    case "55006":
      return {
        code: "NotApplied",
        message: `In use by other sessions: ${words}. End them and try again.`,
        transient: true,
      };
    case "57014":
      return {
        code: "DeadlineExceeded",
        message: `The server cancelled a statement that ran too long ${during}: ${words}.`,
        transient: true,
      };
    case "42P04":
      return { code: "DatabaseExists", message: `The database is there already: ${words}.`, transient: true };
    case "42P06":
      return { code: "SchemaExists", message: `The schema is there already: ${words}.`, transient: true };
    case "42710":
    case "23505":
      return { code: "UserExists", message: `The role is there already: ${words}.`, transient: true };
    case "42939":
      return { code: "ReservedName", message: `The name is reserved by the server: ${words}.` };
    case "0LP01":
      return { code: "NotApplied", message: `The server refuses this grant: ${words}.` };
    case "0A000":
      return { code: "NotSupported", message: `The server does not support this: ${words}.` };
    case "22023":
      return { code: "InvalidInput", message: `The server refuses a value: ${words}.` };
    case "40P01":
    case "40001":
      return {
        code: "Throttled",
        message: `Another session changed the same thing ${during}: ${words}. Try again.`,
        transient: true,
      };
    case "57P03":
    case "57P01":
    case "57P02":
      return {
        code: "NetworkPathDatabase",
        message: `${place} is starting up or shutting down ${during} (${words}).`,
        transient: true,
      };
  }
  // Concurrent changes of one catalog row; any other XX000 is a fault of the server and its words are what helps.
  if (state === "XX000" && /^tuple concurrently|^SQLSTATE/.test(words))
    return {
      code: "Throttled",
      message: `Another session changed the same thing ${during}: ${words}. Try again.`,
      transient: true,
    };
  if (["42704", "42P01", "42703", "42883", "3F000", "3D000"].includes(state))
    return { code: "ObjectMissing", message: `Something named here does not exist: ${words}.` };
  if (state.startsWith("08"))
    return {
      code: "NetworkPathDatabase",
      message: `The connection to ${place} failed ${during} (${words}).`,
      transient: true,
    };
  return { code: "Unexpected", message: `The server ${place} answered unexpectedly ${during}: ${words}.` };
}
