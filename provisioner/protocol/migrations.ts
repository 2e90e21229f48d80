import { z } from "zod";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const fileName = z.string().min(1).max(140);

/** What one folder of SQL files claims of one database. */
export const migrationSchema = z.strictObject({
  database: z.string().min(1),
  /** `table`, or `schema.table` on PostgreSQL. */
  historyTable: z.string().min(1),
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
});

/** Without `texts` a plan knows names and hashes only. */
export const migrationRequestSchema = z.strictObject({
  protocols: z.strictObject({ min: z.number().int(), max: z.number().int() }),
  requestId: z.string().min(1).max(128),
  mode: z.literal("migrations"),
  cluster: z.string(),
  /** `plan`: pure reads. `apply`: runs what is pending. */
  operation: z.enum(["plan", "apply"]),
  owner: z.string().min(1).max(2048),
  migration: migrationSchema,
  /** Name and hash of every file, whether its text comes along or not. */
  files: z.array(z.strictObject({ name: fileName, sha256 })).max(10_000),
  /** Base64 of gzip of a JSON object: file name to text. */
  texts: z.string().optional(),
});

const row = z.object({
  name: z.string(),
  sha256: z.string(),
  state: z.enum(["applying", "applied", "failed", "baselined", "skipped"]),
  at: z.string(),
  ms: z.number().optional(),
});

/** How it stands, before a plan or after an apply. No text of a file is in it. */
export const migrationStatusSchema = z.object({
  runAs: z.string(),
  history: z.array(row),
  /** In the order in which they will run. */
  pending: z.array(z.string()),
  /** Why nothing runs, a sentence each. */
  blocks: z.array(z.object({ code: z.string(), file: z.string(), words: z.string() })),
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
  /** Who runs migrations of this history now. */
  holder: z.string().optional(),
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
    })
    .optional(),
  /** The time of one invocation was not enough: the same request again goes on. */
  incomplete: z.boolean(),
});

export type MigrationSpec = z.infer<typeof migrationSchema>;
export type MigrationRequest = z.infer<typeof migrationRequestSchema>;
export type MigrationStatus = z.infer<typeof migrationStatusSchema>;

export const asksForMigrations = (event: unknown): boolean =>
  typeof event === "object" && event !== null && "mode" in event && event.mode === "migrations";
