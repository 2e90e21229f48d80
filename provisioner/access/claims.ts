/** Claims: what front doors ask for, in canonical form. Defaults are filled in by `normaliseClaim`. */

export interface SecretSpec {
  /** Default: `rds-<database or cluster>-<user>-secret`, else the first allowed prefix and the user's name. */
  name?: string;
  kmsKeyArn?: string;
  /** Who may read it besides, by its policy: account ids and ARNs of IAM principals. Other accounts need `kmsKeyArn`. */
  readers?: string[];
  /** 7 to 30, or 0 for immediate deletion. Default 7. */
  recoveryDays?: number;
  replicas?: Replica[];
  inherit?: Inheritance;
}

export interface Replica {
  region: string;
  /** A key of that Region. Default: its `aws/secretsmanager`. */
  kmsKeyArn?: string;
}

/** What a login's secret takes over from the admin's. */
export interface Inheritance {
  policy?: boolean;
  /** Keys of the tags; never `aws:*`. */
  tags?: string[];
  /** `days` or `schedule` of its rotation. */
  rotation?: boolean;
}

export type AuthSpec =
  | {
      kind: "password";
      secret?: SecretSpec;
      /** The password is the one in this secret, which stays its owner's: no other secret is made. */
      suppliedSecretArn?: string;
    }
  | { kind: "iam" }
  /** Nobody logs in: what the provisioner keeps for its own work, and opens for a while by itself. In no request. */
  | { kind: "none" };

export type RotationStrategy = "dual" | "alternating" | "single";

/** How the password is replaced without anybody asking. Either `days` or `schedule`, or what is inherited. */
export interface RotationSpec {
  /**
   * `dual`: MySQL keeps the old password beside the new one. `alternating`: PostgreSQL, MariaDB; two logins take turns
   * and share a role of the name. `single`: one password, with a moment in which the published one is refused.
   */
  strategy?: RotationStrategy;
  /** 1 to 1000. */
  days?: number;
  /** `rate(…)` or `cron(…)`, as Secrets Manager takes them. */
  schedule?: string;
  /** How long the former password or login still works. Default 3600. */
  graceSeconds?: number;
  /** Somebody else's rotation function: we attach it and never rotate ourselves. */
  functionArn?: string;
}

export type Deletion = "drop" | "lock" | "retain";

/** `fromLedger`: take over what the ledger of the cluster this one was restored from says. */
export type Adopt = boolean | "fromLedger";

/** MySQL, MariaDB: how often an account may do something in an hour; 0 or absent for no limit. */
export interface Limits {
  queriesPerHour?: number;
  updatesPerHour?: number;
  connectionsPerHour?: number;
}

/** What becomes of the objects a dropped principal owns. PostgreSQL. Without either the drop is refused with a list. */
export interface OwnedPolicy {
  /** They get this owner, in every database. Never the provisioner's login. */
  reassignOwnedTo?: string;
  /** They are dropped, in every database. */
  dropOwned?: boolean;
}

export interface LoginClaim extends OwnedPolicy {
  kind: "login";
  name: string;
  /** MySQL, MariaDB: one account each. Default `["%"]`. */
  hosts?: string[];
  auth: AuthSpec;
  /** The default database, used in the secret and in its name. */
  database?: string;
  /** A change means one reset of the password. Default 1. */
  passwordVersion?: number;
  rotation?: RotationSpec;
  /** Host, port, database, user name and the secret's ARN are published as parameters under this path. */
  parameterPath?: string;
  /** The password as well, as SecureString under this key. */
  parameterPasswordKeyArn?: string;
  connectionLimit?: number;
  /** PostgreSQL: ISO time. */
  validUntil?: string;
  /** MySQL, MariaDB: days, 0 for never. */
  passwordExpires?: number;
  requireTls?: boolean;
  locked?: boolean;
  limits?: Limits;
  /** PostgreSQL: defaults of the login's sessions (`ALTER ROLE … SET`). Settings that are not named are let be. */
  settings?: Record<string, string>;
  deletion: Deletion;
  /** On drop or lock. Default true: sessions end at once. */
  endSessions?: boolean;
  adopt?: Adopt;
}

/** Two logins, `<name>_a` and `<name>_b`, take turns; the name itself is a role that both are members of. */
export const alternates = (claim: Claim): boolean =>
  claim.kind === "login" && claim.rotation?.strategy === "alternating" && claim.rotation.functionArn === undefined;

export interface RoleClaim extends OwnedPolicy {
  kind: "role";
  name: string;
  deletion: "drop" | "retain";
  adopt?: Adopt;
}

export interface DatabaseClaim {
  kind: "database";
  name: string;
  owner?: string;
  /** PostgreSQL: takes CONNECT and TEMPORARY from PUBLIC. Default true. */
  revokePublic?: boolean;
  /** MySQL, MariaDB: default `utf8mb4`. PostgreSQL: encoding, default `UTF8`. */
  charset?: string;
  deletion: "drop" | "retain";
  adopt?: Adopt;
}

export interface SchemaClaim {
  kind: "schema";
  database: string;
  name: string;
  owner?: string;
  deletion: "drop" | "retain";
  adopt?: Adopt;
}

export interface Future {
  createdBy: string[];
}

/** MySQL needs to know which: a function and a procedure may share a name. */
export interface RoutineName {
  type: "function" | "procedure";
  name: string;
}

/** PostgreSQL: without `schema`, and with `future`, what the creating roles own in every schema, now and later. */
export type Target =
  | { kind: "global" }
  | { kind: "database"; database: string }
  | { kind: "schema"; database: string; schema: string; future?: Future }
  | { kind: "tables"; database: string; schema?: string; tables: "*" | string[]; future?: Future }
  | { kind: "columns"; database: string; schema?: string; table: string; columns: string[] }
  | { kind: "sequences"; database: string; schema?: string; sequences: "*" | string[]; future?: Future }
  | { kind: "routines"; database: string; schema?: string; routines: "*" | (string | RoutineName)[]; future?: Future }
  | { kind: "types"; database: string; schema?: string; types: "*" | string[]; future?: Future }
  | { kind: "largeObjects"; database: string; oids: number[] }
  | { kind: "parameters"; parameters: string[] }
  | { kind: "role"; role: string; admin?: boolean; inherit?: boolean; set?: boolean; default?: boolean };

export type TargetKind = Target["kind"];

/** Kinds that live inside a database. */
export type DatabaseTarget = Extract<Target, { database: string }>;

export const databaseOfTarget = (on: Target): string => ("database" in on ? on.database : "");
export const schemaOfTarget = (on: Target): string => ("schema" in on ? (on.schema ?? "") : "");
/** What a target names of a class of objects, or all of it; undefined for the other kinds. */
export const objectNamesOf = (on: Target): "*" | (string | RoutineName)[] | undefined =>
  on.kind === "tables"
    ? on.tables
    : on.kind === "sequences"
      ? on.sequences
      : on.kind === "routines"
        ? on.routines
        : on.kind === "types"
          ? on.types
          : undefined;
export const futureOf = (on: Target): Future | undefined => ("future" in on ? on.future : undefined);

export type GranteeSpec = string | { name: string; host: string };

/** A named set of privileges, or one composed of others and more privileges. */
export type Template = string | { extends?: Template[]; privileges?: string[] };

export interface GrantClaim {
  kind: "grant";
  grantee: GranteeSpec;
  on: Target;
  privileges?: string[];
  template?: Template;
  /**
   * `revoke` claims that the grantee does not hold them: PUBLIC on PostgreSQL, whose built-in defaults come back when
   * the claim ends, and partial revokes on MySQL. Default `grant`.
   */
  effect?: "grant" | "revoke";
  withGrantOption?: boolean;
  cascade?: boolean;
  mode: "additive" | "exclusive";
  /** PostgreSQL: also CONNECT, USAGE of the schema and of owned sequences. Default true. */
  reach?: boolean;
  adopt?: Adopt;
}

/**
 * The applied set of a folder of SQL files. Its row says whose it is; what is applied, the history in the database says.
 * Only the provisioner itself makes such claims, from requests of their own.
 */
export interface MigrationClaim {
  kind: "migration";
  database: string;
  historyTable: string;
  adopt?: undefined;
}

export type Claim = LoginClaim | RoleClaim | DatabaseClaim | SchemaClaim | GrantClaim | MigrationClaim;

export const granteeName = (grantee: GranteeSpec): string => (typeof grantee === "string" ? grantee : grantee.name);
