import { z } from "zod";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const fileName = z.string().min(1).max(140);

/** Other tools whose histories are recognised. */
export const otherTools = ["flyway", "liquibase", "golang-migrate", "node-pg-migrate"] as const;
export type OtherTool = (typeof otherTools)[number];

/** A value that files name as `${name}`: quoted by the server's rules as what it is. */
export const variableSchema = z.union([
  z.strictObject({ identifier: z.string().min(1).max(256) }),
  z.strictObject({ literal: z.union([z.string().max(100_000), z.number(), z.boolean()]) }),
]);

/** A longer name would be cut by the server, and then be one with the tables beside it. */
const isHistoryTable = (text: string): boolean => {
  const parts = text.split(".");
  return parts.length <= 2 && parts.every((part) => part !== "" && Buffer.byteLength(part) <= 58);
};

/** What one folder of SQL files claims of one database. */
export const migrationSchema = z.strictObject({
  database: z.string().min(1),
  /** `table`, or `schema.table` on PostgreSQL. */
  historyTable: z.string().refine(isHistoryTable, {
    message:
      "use the name of a table, or schema.table, in which each name has at most 58 bytes: two tables beside it end in _log and _lock",
  }),
  /** The role that files act as, and that owns what they make. Default: the database's owner. */
  runAs: z.string().min(1).optional(),
  order: z.enum(["strict", "allow"]),
  baseline: z
    .string()
    .regex(/^\d{1,18}$/)
    .optional(),
  resolve: z.record(fileName, z.strictObject({ as: z.enum(["retry", "applied", "skip"]), failure: z.string() })),
  onChecksumMismatch: z.enum(["error", "repair"]),
  /** What becomes of a finding that its file does not acknowledge. */
  lint: z.enum(["refuse", "warn"]),
  /** Absent: nothing in a file is replaced. */
  variables: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,62}$/), variableSchema).optional(),
});

/**
 * `plan`: pure reads. `apply`: runs what is pending. `verify`: runs the checks of what has run, and changes nothing.
 * `resolve`: says what became of a failed file. `baseline`: counts as there what another tool has run. The rest end a
 * claim: `retain` leaves everything, `forget` drops the history, `down` runs the files that take back before that.
 */
export const migrationOperations = [
  "plan",
  "apply",
  "verify",
  "resolve",
  "baseline",
  "retain",
  "down",
  "forget",
] as const;
export type MigrationOperation = (typeof migrationOperations)[number];

/** Without `texts` a plan knows names and hashes only. */
export const migrationRequestSchema = z.strictObject({
  protocols: z.strictObject({ min: z.number().int(), max: z.number().int() }),
  requestId: z.string().min(1).max(128),
  mode: z.literal("migrations"),
  cluster: z.string(),
  operation: z.enum(migrationOperations),
  owner: z.string().min(1).max(2048),
  /** Hands over from another owner of the same stack. */
  previousOwner: z.string().min(1).max(2048).optional(),
  migration: migrationSchema,
  /** Name and hash of every file, whether its text comes along or not. */
  files: z.array(z.strictObject({ name: fileName, sha256 })).max(10_000),
  /** Base64 of gzip of a JSON object: file name to text. */
  texts: z.string().optional(),
  /** In place of `texts`, where those are too large for a request: the same bytes, before base64, as an object. */
  archive: z.strictObject({ bucket: z.string().min(3).max(63), key: z.string().min(1).max(1024), sha256 }).optional(),
  /** Of a baseline. */
  from: z
    .strictObject({
      tool: z.enum(otherTools),
      to: z
        .string()
        .regex(/^\d{1,18}$/)
        .optional(),
      /** Only says what would be counted. It has to read as the migrator, which a plan may not. */
      dryRun: z.boolean().optional(),
    })
    .optional(),
});

const row = z.object({
  name: z.string(),
  sha256: z.string(),
  state: z.enum(["applying", "applied", "failed", "baselined", "skipped"]),
  at: z.string(),
  ms: z.number().optional(),
  /** The one that is under way, or that failed. */
  statement: z.number().optional(),
});

/** How it stands, before a plan or after an apply. No text of a file is in it. */
export const migrationStatusSchema = z.object({
  runAs: z.string(),
  history: z.array(row),
  /** In the order in which they will run. */
  pending: z.array(z.string()),
  /** Why nothing runs, a sentence each. */
  blocks: z.array(
    z.object({
      code: z.string(),
      file: z.string(),
      words: z.string(),
      /** The failure's id, for `resolve`. */
      failure: z.string().optional(),
    }),
  ),
  findings: z.array(
    z.object({
      file: z.string(),
      kind: z.string(),
      line: z.number(),
      words: z.string(),
      /** The file says that it means it. */
      acknowledged: z.boolean(),
    }),
  ),
  /** Whose history it is, as the ledger says. Nobody's before the first apply. */
  owner: z.string().optional(),
  /** Who runs migrations of this history now. */
  holder: z.string().optional(),
  /** Histories of other tools that this database has. */
  others: z.array(z.object({ tool: z.enum(otherTools), table: z.string() })),
  /** What this run did, in order. */
  ran: z.array(z.object({ name: z.string(), kind: z.string(), ms: z.number() })),
  failure: z
    .object({
      file: z.string(),
      code: z.string().optional(),
      line: z.number().optional(),
      statement: z.number().optional(),
      words: z.string(),
      rolledBack: z.boolean(),
      /** What `resolve` calls this failure, where part of the file may be there. */
      id: z.string().optional(),
    })
    .optional(),
  /** The time of one invocation was not enough: the same request again goes on. */
  incomplete: z.boolean(),
});

export type Variables = NonNullable<MigrationSpec["variables"]>;
export type MigrationSpec = z.infer<typeof migrationSchema>;
export type MigrationRequest = z.infer<typeof migrationRequestSchema>;
export type MigrationStatus = z.infer<typeof migrationStatusSchema>;

export const asksForMigrations = (event: unknown): boolean =>
  typeof event === "object" && event !== null && "mode" in event && event.mode === "migrations";
