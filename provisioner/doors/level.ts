import type { GrantClaim, LoginClaim } from "../access/claims";
import { DEFAULT_HOSTS } from "../access/plan";
import type { ClaimRecord } from "../access/record";
import type { Family } from "../access/server";

/** What a caller says in place of privileges. */
export const levels = ["readonly", "readwrite", "admin"] as const;
export type Level = (typeof levels)[number];

/** SELECT; with INSERT, UPDATE and DELETE; everything on the database (PostgreSQL: on the schema and all in it). */
export const templateOf: Record<Level, string> = {
  readonly: "readonly",
  readwrite: "readwrite",
  admin: "trusted_admin",
};

export const levelOf = ({ template }: GrantClaim): Level | undefined =>
  levels.find((level) => templateOf[level] === template);

export const DEFAULT_SCHEMA = "public";

export type GrantRecord = ClaimRecord & { claim: GrantClaim };
export const isGrant = (row: ClaimRecord): row is GrantRecord => row.claim.kind === "grant";
export type LoginRecord = ClaimRecord & { claim: LoginClaim };
export const isLogin = (row: ClaimRecord): row is LoginRecord => row.claim.kind === "login";

export interface LevelOrder {
  username: string;
  level: Level;
  database: string;
  /** PostgreSQL. */
  schema?: string;
  /** PostgreSQL: who makes the tables that the level is to hold on later. */
  createdBy?: string[];
  /** MySQL, MariaDB: the accounts that get it. */
  hosts?: readonly string[];
}

/**
 * A level on one database. Exclusive: whatever else the login holds there goes, also what was granted by hand, or a
 * lower level would not be one. Accounts at different hosts have grants of their own.
 */
export function levelClaims(family: Family, order: LevelOrder): GrantClaim[] {
  const { username, level, database, schema = DEFAULT_SCHEMA, createdBy, hosts = DEFAULT_HOSTS } = order;
  const common = { kind: "grant", template: templateOf[level], mode: "exclusive" } as const;
  if (family === "mysql")
    return hosts.map((host) => ({
      ...common,
      grantee: { name: username, host },
      on: { kind: "database", database },
    }));
  const future = createdBy === undefined ? {} : { future: { createdBy } };
  return [{ ...common, grantee: username, on: { kind: "schema", database, schema, ...future } }];
}
