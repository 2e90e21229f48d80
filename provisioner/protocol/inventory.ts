import { z } from "zod";

/** Asks who claims things on the cluster. A pure read without the lock; the reply has `inventory` and no results. */
export const inventoryRequestSchema = z.strictObject({
  protocols: z.strictObject({ min: z.number().int(), max: z.number().int() }),
  requestId: z.string().min(1).max(128),
  mode: z.literal("inventory"),
  /** Logical name of the cluster the caller means. */
  cluster: z.string(),
});

export const inventorySchema = z.object({
  /** Live claims of the cluster, of all owners. What a deletion has retained is nobody's any more and does not count. */
  claims: z.number(),
  /**
   * Whose they are, those with the most claims first: a stack as `<namespace>/<project>/<stack>`, anything else as it
   * was given.
   */
  owners: z.array(z.object({ owner: z.string(), claims: z.number() })),
  /** How many owners are not in the list, because it would be too long. */
  ownersLeftOut: z.number().optional(),
  /** The last change that the ledger knows to have been recorded. */
  audit: z.object({ number: z.number(), hash: z.string() }).optional(),
});

export type InventoryRequest = z.infer<typeof inventoryRequestSchema>;
export type Inventory = z.infer<typeof inventorySchema>;

/** Whether a request means to be one. It may still not be in order. */
export const asksForInventory = (event: unknown): boolean =>
  typeof event === "object" && event !== null && "mode" in event && event.mode === "inventory";
