import { z } from "zod";
import type { Claim } from "../access/claims";
import { errorCodes } from "../errors";
import { claimSchema } from "./claims";
import { inventoryRequestSchema, inventorySchema } from "./inventory";
import { migrationRequestSchema, migrationStatusSchema } from "./migrations";

/** `plan` and `read` are pure reads. `apply` changes the server and reads back. */
export const modes = ["plan", "apply", "read"] as const;
export type Mode = (typeof modes)[number];

export const MAX_CLAIMS_PER_REQUEST = 64;

export const claimRequestSchema = z.strictObject({
  /** The claim's own id of this operation, kept across retries; a batch is only transport. */
  operationId: z.string().min(1).max(128),
  /**
   * `ensure`: make it true. `remove`: end the claim as its `deletion` says. `reset`: an operator's; the login that is
   * recorded gets a fresh password, and of the claim only its name counts.
   */
  action: z.enum(["ensure", "remove", "reset"]),
  /** `<namespace>/<URN>` or the resource's `ownerKey`. */
  owner: z.string().min(1).max(2048),
  /** A hand-over in place: the owner so far, as the caller's state has it. */
  previousOwner: z.string().min(1).max(2048).optional(),
  /** The id in the caller's state; absent on create. */
  id: z.string().min(1).max(1024).optional(),
  claim: claimSchema,
});

export const requestSchema = z.strictObject({
  protocols: z.strictObject({ min: z.number().int(), max: z.number().int() }),
  requestId: z.string().min(1).max(128),
  mode: z.enum(modes),
  /** Logical name of the cluster the caller means; compared with the function's own before anything is done. */
  cluster: z.string(),
  claims: z.array(claimRequestSchema).min(1).max(MAX_CLAIMS_PER_REQUEST),
});

const errorSchema = z.object({
  code: z.enum(errorCodes),
  message: z.string(),
  property: z.string().optional(),
  serverCode: z.string().optional(),
  transient: z.boolean().optional(),
});

/** One change, in a DBA's words: `grant SELECT, INSERT on table public.orders to orders_api`. */
const changeSchema = z.object({
  verb: z.enum(["create", "alter", "grant", "revoke", "lock", "drop", "reset", "record", "forget"]),
  words: z.string(),
});

/** What the resource shows. Every field is optional here: which are present follows from the claim's kind. */
const outputsSchema = z.object({
  name: z.string().optional(),
  endpoint: z.string().optional(),
  port: z.number().optional(),
  secretArn: z.string().optional(),
  secretVersionId: z.string().optional(),
  iamConnectArn: z.string().optional(),
  /** A policy document that lets an application connect as this login. */
  iamPolicyJson: z.string().optional(),
  parameterNames: z.array(z.string()).optional(),
  passwordLastChanged: z.string().optional(),
  passwordLastChangedSource: z.enum(["server", "ledger"]).optional(),
  /** Canonical privileges of the claim, one line per object. */
  effective: z.array(z.string()).optional(),
  /** On the same target, not claimed by anybody. */
  unmanaged: z.array(z.string()).optional(),
});

export const claimResultSchema = z.object({
  operationId: z.string(),
  status: z.enum(["done", "unchanged", "failed", "notAttempted"]),
  id: z.string().optional(),
  /** `read`: whether the thing is there. `plan`: whether it was there before. */
  exists: z.boolean().optional(),
  outputs: outputsSchema.optional(),
  /** `plan`, `read`: what an apply would do. `apply`: what it did. Empty: nothing. */
  changes: z.array(changeSchema),
  warnings: z.array(z.string()),
  /** `plan`: names of what the claim needs and the server does not have yet. */
  waitsFor: z.array(z.string()).optional(),
  error: errorSchema.optional(),
});

export const replySchema = z.object({
  protocols: z.object({ min: z.number(), max: z.number() }),
  /** Of the running archive, so that a swapped bundle is noticed. */
  provisioner: z.object({ version: z.string(), codeHash: z.string() }),
  server: z.object({ product: z.string(), version: z.string() }).optional(),
  results: z.array(claimResultSchema),
  /** Of a request that asked for it. */
  inventory: inventorySchema.optional(),
  /** Of a request about migrations. */
  migration: migrationStatusSchema.optional(),
  /** The whole request failed and nothing was changed. */
  error: errorSchema.optional(),
});

/** The claim in the words of the model: what the schema takes is a part of it. */
export type ClaimRequest = Omit<z.infer<typeof claimRequestSchema>, "claim"> & { claim: Claim };
export type Request = Omit<z.infer<typeof requestSchema>, "claims"> & { claims: ClaimRequest[] };
export type Change = z.infer<typeof changeSchema>;
export type Outputs = z.infer<typeof outputsSchema>;
export type ClaimResult = z.infer<typeof claimResultSchema>;
export type Reply = z.infer<typeof replySchema>;

/** The published JSON Schemas, for callers in other languages. */
export const jsonSchemas = (): Record<string, unknown> => ({
  $schema: "https://json-schema.org/draft/2020-12/schema",
  request: z.toJSONSchema(requestSchema),
  migrationRequest: z.toJSONSchema(migrationRequestSchema),
  inventoryRequest: z.toJSONSchema(inventoryRequestSchema),
  reply: z.toJSONSchema(replySchema),
});
