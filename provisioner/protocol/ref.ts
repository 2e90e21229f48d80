import { z } from "zod";
import type { Family, Product } from "../access/server";

/** The engines a provisioner can serve, as AWS names them, plus the plain names of the local stack. */
export const engineNames = ["postgresql", "aurora-postgresql", "mysql", "aurora-mysql", "mariadb"] as const;
export type EngineName = (typeof engineNames)[number];

/** MariaDB belongs to the MySQL family. Ids begin with the family, never with the engine. */
export const familyOf = (engine: EngineName): Family => (productOf(engine) === "postgresql" ? "postgresql" : "mysql");

export const productOf = (engine: EngineName): Product =>
  engine === "postgresql" || engine === "aurora-postgresql" ? "postgresql" : engine === "mariadb" ? "mariadb" : "mysql";

export const clusterNamePattern = /^[a-z][a-z0-9-]{0,39}$/;

/** What the keys of a cluster's files begin with in its bucket. */
export const migrationsPrefixOf = (cluster: string): string => `db-access/${cluster}/migrations/`;

/** A key says what is under it: nobody's files ever replace others. */
export const migrationsKeyOf = (cluster: string, sha256: string): string =>
  `${migrationsPrefixOf(cluster)}${sha256}.json.gz`;

/**
 * How a caller reaches a provisioner: plain JSON without secrets. It is the caller's knowledge, never authority:
 * host, port, cluster, prefixes and admin come from the function's own configuration.
 */
export const provisionerRefSchema = z.strictObject({
  contractVersion: z.literal(1),
  functions: z.strictObject({ access: z.string().min(1), migrate: z.string().min(1) }),
  region: z.string().min(1),
  partition: z.string().min(1),
  account: z.string().regex(/^\d{12}$/),
  engine: z.enum(engineNames),
  /** Logical name, chosen once by the database team. Identity; endpoint and identifier are not. */
  cluster: z.string().regex(clusterNamePattern),
  resourceId: z.string().optional(),
  database: z.strictObject({ host: z.string().min(1), port: z.number().int().min(1).max(65535) }),
  secretNamePrefixes: z.array(z.string().min(1)).min(1),
  /** Where files of migrations go that are too large for a request. It belongs to `account`, in `region`. */
  migrationsBucket: z.string().min(3).max(63).optional(),
  protocols: z.strictObject({ min: z.number().int(), max: z.number().int() }),
  discovery: z.strictObject({
    parameter: z.string().min(1),
    region: z.string().min(1),
    roleArn: z.string().optional(),
    endpointUrl: z.string().optional(),
  }),
  invoke: z.strictObject({ roleArn: z.string().min(1), externalId: z.string().optional() }).optional(),
  /** Only for the local stack and private endpoints. */
  endpointUrl: z.string().optional(),
});

export type ProvisionerRef = z.infer<typeof provisionerRefSchema>;
