import type { ErrorBody } from "./errors";
import type { Inventory } from "./protocol/inventory";
import type { ClaimResult, Reply } from "./protocol/messages";
import type { MigrationStatus } from "./protocol/migrations";
import { protocolRange } from "./protocol/version";

/** Filled in when the archive is built, so that a swapped bundle is noticed. */
declare const DB_ACCESS_VERSION: string;
declare const DB_ACCESS_CODE_HASH: string;

export const reply = (part: {
  results?: ClaimResult[];
  inventory?: Inventory;
  migration?: MigrationStatus;
  error?: ErrorBody;
  server?: Reply["server"];
}): Reply => ({
  protocols: protocolRange,
  provisioner: { version: DB_ACCESS_VERSION, codeHash: DB_ACCESS_CODE_HASH },
  results: part.results ?? [],
  ...(part.server === undefined ? {} : { server: part.server }),
  ...(part.migration === undefined ? {} : { migration: part.migration }),
  ...(part.inventory === undefined ? {} : { inventory: part.inventory }),
  ...(part.error === undefined ? {} : { error: part.error }),
});
