/** Stable codes: users and tests rely on them. A code is never renamed. */
export const errorCodes = [
  "InvalidInput",
  "NameTooLong",
  "ReservedName",
  "PrefixReserved",
  "UserExists",
  "RoleExists",
  "DatabaseExists",
  "SchemaExists",
  "OwnedElsewhere",
  "NotOurs",
  "ObjectMissing",
  "UnknownPrivilege",
  "NotSupported",
  "IamUnavailable",
  "OwnerIsIamUser",
  "OwnsObjects",
  "DependentPrivileges",
  "NotApplied",
  "LedgerUntrusted",
  "LedgerTooNew",
  "LockTimeout",
  "NetworkPathSecrets",
  "NetworkPathDatabase",
  "TlsUntrusted",
  "TlsUnavailable",
  "AdminLoginRefused",
  "NotAuthorized",
  "ServerReadOnly",
  "SecretNameTaken",
  "SecretNameRefused",
  "SecretOfAnotherCluster",
  "SuppliedSecretRefused",
  "SecretUnavailable",
  "AdminSecretUnavailable",
  "PublicPolicy",
  "RotationRefused",
  "RotationReplayed",
  "RotationTooSoon",
  "ParameterTaken",
  "ParameterUnavailable",
  "DirectoryUnavailable",
  "GroupMissing",
  "GroupEmpty",
  "MemberRefused",
  "ProtocolMismatch",
  "WrongCluster",
  "WrongFunction",
  "ClaimsRemain",
  "MigrationRefused",
  "MigrationFailed",
  "FunctionMissing",
  "FunctionFailed",
  "Throttled",
  "DeadlineExceeded",
  "Unexpected",
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** What a user reads: one plain sentence with the fix. Never a password, never SQL text that holds one. */
export interface ErrorBody {
  code: ErrorCode;
  message: string;
  /** The input property that is at fault, when there is one. */
  property?: string;
  /** SQLSTATE or errno, for support. */
  serverCode?: string;
  /** Running the same request again may help: nothing is wrong with the request itself. */
  transient?: boolean;
}

export class DbAccessError extends Error {
  readonly code: ErrorCode;
  readonly property?: string;
  readonly serverCode?: string;
  readonly transient: boolean;

  constructor(
    code: ErrorCode,
    message: string,
    details: { property?: string; serverCode?: string; transient?: boolean } = {},
  ) {
    super(message);
    this.name = "DbAccessError";
    this.code = code;
    this.property = details.property;
    this.serverCode = details.serverCode;
    this.transient = details.transient ?? false;
  }

  toBody(): ErrorBody {
    return {
      code: this.code,
      message: this.message,
      ...(this.property === undefined ? {} : { property: this.property }),
      ...(this.serverCode === undefined ? {} : { serverCode: this.serverCode }),
      ...(this.transient ? { transient: true } : {}),
    };
  }
}

/** An unknown error becomes ours without its text being trusted: drivers put statements into messages. */
export const toErrorBody = (error: unknown): ErrorBody =>
  error instanceof DbAccessError
    ? error.toBody()
    : {
        code: "Unexpected",
        message: `The provisioner failed unexpectedly (${error instanceof Error ? error.name : typeof error}).`,
      };
