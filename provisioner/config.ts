import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Family } from "./access/server";
import { readDirectory, type DirectoryConfig } from "./directory/config";
import { clusterNamePattern, engineNames, familyOf, type EngineName } from "./protocol/ref";

/** Three functions share the archive, so that whoever may invoke one may not invoke the others. */
export type Purpose = "access" | "migrate" | "rotate";

/** What the function serves. One function serves one cluster; nothing in a request can change any of this. */
export interface FunctionConfig {
  /** What this function of the archive is for; the others' requests are refused. */
  purpose: Purpose;
  cluster: string;
  engine: EngineName;
  family: Family;
  host: string;
  port: number;
  /** Empty when the admin is an IAM user. */
  adminSecretArn: string;
  /** The admin logs in with IAM tokens: there is no admin password at all. */
  adminIamUser?: string;
  /** PostgreSQL: the database that holds the ledger and the cluster lock. Default `postgres`. */
  adminDatabase: string;
  secretNamePrefixes: string[];
  resourceId?: string;
  /** Of the cluster or the instance: RDS tools expect one of them in a login's secret. */
  identifier?: { dbClusterIdentifier: string } | { dbInstanceIdentifier: string };
  /** The function that rotates: this very archive, perhaps under a role of its own. */
  rotationFunctionArn?: string;
  region: string;
  account: string;
  partition: string;
  /** PEM text trusted instead of the RDS bundle inside the archive. */
  ca?: string;
  /** The name the certificate must carry, when it is not `host` (a CNAME). */
  tlsServerName?: string;
  allowGlobalPrivileges: string[];
  /** Under which path of Parameter Store the logins of new databases are published. Absent: they are not. */
  parameterPath?: string;
  /** The key that their passwords are published under. Absent: the passwords stay in their secrets alone. */
  parameterPasswordKeyArn?: string;
  /** The parameter whose changes are events for this function. */
  rosterParameter?: string;
  /** The log group that gathers the cluster's audit events. Without it they are only in the function's own log. */
  auditLogGroup?: string;
  /** The one bucket that files of migrations are read from. Without it they come in requests alone. */
  migrationsBucket?: string;
  /** Whose groups may be turned into logins. */
  directory?: DirectoryConfig;
}

const text = z.string().min(1);
const schema = z.object({
  DB_ACCESS_FUNCTION: z.enum(["access", "migrate", "rotate"]).default("access"),
  DB_ACCESS_CLUSTER: z.string().regex(clusterNamePattern),
  DB_ACCESS_ENGINE: z.enum(engineNames),
  DB_ACCESS_HOST: text,
  DB_ACCESS_PORT: z.coerce.number().int().min(1).max(65535),
  DB_ACCESS_ADMIN_SECRET_ARN: text.optional(),
  DB_ACCESS_ADMIN_IAM_USER: text.optional(),
  DB_ACCESS_ADMIN_DATABASE: text.default("postgres"),
  DB_ACCESS_SECRET_PREFIXES: text.optional(),
  DB_ACCESS_RESOURCE_ID: text.optional(),
  DB_ACCESS_CLUSTER_IDENTIFIER: text.optional(),
  DB_ACCESS_INSTANCE_IDENTIFIER: text.optional(),
  DB_ACCESS_ROTATION_FUNCTION_ARN: text.optional(),
  DB_ACCESS_ACCOUNT: z.string().regex(/^\d{12}$/),
  DB_ACCESS_PARTITION: text.default("aws"),
  DB_ACCESS_CA_FILE: text.optional(),
  DB_ACCESS_TLS_SERVER_NAME: text.optional(),
  DB_ACCESS_ALLOW_GLOBAL_PRIVILEGES: text.optional(),
  DB_ACCESS_PARAMETER_PATH: text.optional(),
  DB_ACCESS_PARAMETER_KEY_ARN: text.optional(),
  DB_ACCESS_ROSTER_PARAMETER: text.optional(),
  DB_ACCESS_AUDIT_LOG_GROUP: text.optional(),
  DB_ACCESS_MIGRATIONS_BUCKET: text.optional(),
  DB_ACCESS_DIRECTORY: text.optional(),
  DB_ACCESS_DIRECTORY_CA_FILE: text.optional(),
  AWS_REGION: text,
});

const list = (value: string | undefined): string[] | undefined =>
  value
    ?.split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

/** Reads the function's environment. A bad variable fails the first invocation with its name. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): FunctionConfig {
  const parsed = schema.safeParse(env);
  if (!parsed.success) throw new Error(`The function's environment is not valid: ${z.prettifyError(parsed.error)}`);
  const e = parsed.data;
  if ((e.DB_ACCESS_ADMIN_SECRET_ARN === undefined) === (e.DB_ACCESS_ADMIN_IAM_USER === undefined))
    throw new Error(
      "The function's environment is not valid: set either DB_ACCESS_ADMIN_SECRET_ARN or DB_ACCESS_ADMIN_IAM_USER.",
    );
  return {
    purpose: e.DB_ACCESS_FUNCTION,
    cluster: e.DB_ACCESS_CLUSTER,
    engine: e.DB_ACCESS_ENGINE,
    family: familyOf(e.DB_ACCESS_ENGINE),
    host: e.DB_ACCESS_HOST,
    port: e.DB_ACCESS_PORT,
    adminSecretArn: e.DB_ACCESS_ADMIN_SECRET_ARN ?? "",
    adminIamUser: e.DB_ACCESS_ADMIN_IAM_USER,
    adminDatabase: e.DB_ACCESS_ADMIN_DATABASE,
    secretNamePrefixes: list(e.DB_ACCESS_SECRET_PREFIXES) ?? ["rds-", `${e.DB_ACCESS_CLUSTER}/`],
    resourceId: e.DB_ACCESS_RESOURCE_ID,
    ...identifierOf(e.DB_ACCESS_CLUSTER_IDENTIFIER, e.DB_ACCESS_INSTANCE_IDENTIFIER),
    rotationFunctionArn: e.DB_ACCESS_ROTATION_FUNCTION_ARN,
    region: e.AWS_REGION,
    account: e.DB_ACCESS_ACCOUNT,
    partition: e.DB_ACCESS_PARTITION,
    ca: fileOf(e.DB_ACCESS_CA_FILE),
    tlsServerName: e.DB_ACCESS_TLS_SERVER_NAME,
    allowGlobalPrivileges: list(e.DB_ACCESS_ALLOW_GLOBAL_PRIVILEGES) ?? [],
    parameterPath: e.DB_ACCESS_PARAMETER_PATH?.replace(/\/+$/, ""),
    parameterPasswordKeyArn: e.DB_ACCESS_PARAMETER_KEY_ARN,
    rosterParameter: e.DB_ACCESS_ROSTER_PARAMETER,
    auditLogGroup: e.DB_ACCESS_AUDIT_LOG_GROUP,
    migrationsBucket: e.DB_ACCESS_MIGRATIONS_BUCKET,
    directory:
      e.DB_ACCESS_DIRECTORY === undefined
        ? undefined
        : readDirectory(e.DB_ACCESS_DIRECTORY, fileOf(e.DB_ACCESS_DIRECTORY_CA_FILE)),
  };
}

const fileOf = (path: string | undefined): string | undefined =>
  path === undefined ? undefined : readFileSync(path, "utf8");

const identifierOf = (cluster: string | undefined, instance: string | undefined): Pick<FunctionConfig, "identifier"> =>
  cluster !== undefined
    ? { identifier: { dbClusterIdentifier: cluster } }
    : instance !== undefined
      ? { identifier: { dbInstanceIdentifier: instance } }
      : {};
