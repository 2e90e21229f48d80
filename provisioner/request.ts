import type { FunctionConfig } from "./config";
import { DbAccessError } from "./errors";
import { asksForInventory, inventoryRequestSchema, type InventoryRequest } from "./protocol/inventory";
import { MAX_CLAIMS_PER_REQUEST, requestSchema, type Request } from "./protocol/messages";
import { asksForMigrations, migrationRequestSchema, type MigrationRequest } from "./protocol/migrations";
import { commonVersion, mismatchWords, protocolRange } from "./protocol/version";

/** What a client sends. Refused with the places that are not in order, and never with a value. */
export function parseRequest(event: unknown): Request | InventoryRequest | MigrationRequest {
  const protocols =
    typeof event === "object" && event !== null && "protocols" in event
      ? requestSchema.shape.protocols.safeParse(event.protocols)
      : undefined;
  if (protocols?.success === true && commonVersion(protocols.data, protocolRange) === undefined)
    throw new DbAccessError("ProtocolMismatch", mismatchWords(protocols.data, protocolRange));
  const parsed = schemaFor(event).safeParse(event);
  if (parsed.success) return parsed.data;
  const sent = typeof event === "object" && event !== null && "claims" in event ? event.claims : undefined;
  if (Array.isArray(sent) && sent.length > MAX_CLAIMS_PER_REQUEST)
    throw new DbAccessError(
      "InvalidInput",
      `The request has ${sent.length} claims; send at most ${MAX_CLAIMS_PER_REQUEST} at once.`,
    );
  // Only the places, never the values: a request that is not ours may hold anything.
  const places = parsed.error.issues.slice(0, 5).map((issue) => `${issue.path.join(".") || "request"}: ${issue.code}`);
  throw new DbAccessError("InvalidInput", `The request is not valid (${places.join("; ")}).`);
}

const schemaFor = (event: unknown) =>
  asksForMigrations(event) ? migrationRequestSchema : asksForInventory(event) ? inventoryRequestSchema : requestSchema;

export function assertServed(config: FunctionConfig, request: Request): void {
  if (request.mode !== "apply" && request.claims.some(({ action }) => action === "reset"))
    throw new DbAccessError("InvalidInput", "A reset changes a password and can only be applied, not planned or read.");
  assertCluster(config, request);
}

export function assertCluster(config: FunctionConfig, request: { cluster: string }): void {
  if (request.cluster !== config.cluster)
    throw new DbAccessError(
      "WrongCluster",
      `This provisioner serves ${config.cluster}, not ${request.cluster}; nothing was changed.`,
    );
}
