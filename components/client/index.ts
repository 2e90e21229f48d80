import { createClient, type Client } from "./client";
import { AwsTransport } from "./invoke";

export { createClient, PREVIEW_MS, type Asked, type Client } from "./client";
export { CallFailure } from "./failure";
export type { MigrationCall } from "./migrations";
export { parseRef, parseRefText } from "./discovery";
export { AwsTransport } from "./invoke";
export type { StoredObject, Transport } from "./transport";

let shared: Client | undefined;

/** One per process, so that the resources of a stack share batches and connections. */
export const defaultClient = (): Client => (shared ??= createClient(new AwsTransport()));
