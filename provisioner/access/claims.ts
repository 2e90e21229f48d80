/** Claims: what front doors ask for, in canonical form. Defaults are filled in by `normaliseClaim`. */

export interface SecretSpec {
  /** Default: `rds-<database or cluster>-<user>-secret`, else the first allowed prefix and the user's name. */
  name?: string;
  kmsKeyArn?: string;
  /** 7 to 30, or 0 for immediate deletion. Default 7. */
  recoveryDays?: number;
}

export type AuthSpec = { kind: "password"; secret?: SecretSpec } | { kind: "iam" };

export type Deletion = "drop" | "lock" | "retain";

export interface LoginClaim {
  kind: "login";
  name: string;
  /** MySQL, MariaDB: one account each. Default `["%"]`. */
  hosts?: string[];
  auth: AuthSpec;
  /** The default database, used in the secret and in its name. */
  database?: string;
  /** A change means one reset of the password. Default 1. */
  passwordVersion?: number;
  connectionLimit?: number;
  /** PostgreSQL: ISO time. */
  validUntil?: string;
  /** MySQL, MariaDB: days, 0 for never. */
  passwordExpires?: number;
  requireTls?: boolean;
  locked?: boolean;
  deletion: Deletion;
  adopt?: boolean;
}

export interface RoleClaim {
  kind: "role";
  name: string;
  deletion: "drop" | "retain";
  adopt?: boolean;
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
  adopt?: boolean;
}

export interface SchemaClaim {
  kind: "schema";
  database: string;
  name: string;
  owner?: string;
  deletion: "drop" | "retain";
  adopt?: boolean;
}

export interface Future {
  createdBy: string[];
}

export type Target =
  | { kind: "database"; database: string }
  | { kind: "schema"; database: string; schema: string }
  | { kind: "tables"; database: string; schema?: string; tables: "*" | string[]; future?: Future }
  | { kind: "role"; role: string; admin?: boolean; inherit?: boolean; set?: boolean; default?: boolean };

export type TargetKind = Target["kind"];

export type GranteeSpec = string | { name: string; host: string };

export interface GrantClaim {
  kind: "grant";
  grantee: GranteeSpec;
  on: Target;
  privileges?: string[];
  template?: string;
  withGrantOption?: boolean;
  cascade?: boolean;
  mode: "additive" | "exclusive";
  /** PostgreSQL: also CONNECT, USAGE of the schema and of owned sequences. Default true. */
  reach?: boolean;
}

export type Claim = LoginClaim | RoleClaim | DatabaseClaim | SchemaClaim | GrantClaim;

export const granteeName = (grantee: GranteeSpec): string => (typeof grantee === "string" ? grantee : grantee.name);
