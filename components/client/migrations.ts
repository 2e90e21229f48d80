import { randomUUID } from "node:crypto";
import {
  DbAccessError,
  protocolRange,
  type MigrationRequest,
  type MigrationStatus,
  type ProvisionerRef,
} from "../../provisioner/protocol";
import { CallFailure } from "./failure";
import { readReply } from "./reply";
import { withRetry, type Patience } from "./retry";
import type { Transport } from "./transport";

export type MigrationCall = Omit<MigrationRequest, "protocols" | "requestId" | "mode" | "cluster">;

/** What Lambda takes in one call, with room for what is around the files. */
const MOST_BYTES = 5_500_000;

/** Asks the function for migrations. A lost answer is asked for again: the history knows what has run. */
export async function callMigrations(
  transport: Transport,
  ref: ProvisionerRef,
  patience: Patience,
  call: MigrationCall,
): Promise<MigrationStatus> {
  const { migrate } = ref.functions;
  const request: MigrationRequest = {
    protocols: { ...protocolRange },
    requestId: randomUUID(),
    mode: "migrations",
    cluster: ref.cluster,
    ...call,
  };
  const text = JSON.stringify(request);
  if (Buffer.byteLength(text) > MOST_BYTES)
    throw new DbAccessError(
      "InvalidInput",
      `The files make a request of ${Buffer.byteLength(text)} bytes, compressed, and Lambda takes ${MOST_BYTES}; load data in another way than by migrations.`,
      { property: "directory" },
    );
  // Everything but the function is the same: place, role, endpoint.
  const there = { ...ref, functions: { access: migrate, migrate } };
  try {
    return await withRetry(patience, async () =>
      statusOf(await transport.invoke(there, text, patience.requestTimeoutMs), migrate),
    );
  } catch (error) {
    throw error instanceof CallFailure ? error.error : error;
  }
}

function statusOf(text: string, functionName: string): MigrationStatus {
  const { error, migration } = readReply(text, functionName);
  if (error !== undefined) throw new CallFailure("final", new DbAccessError(error.code, error.message, error));
  if (migration !== undefined) return migration;
  const words = `${functionName} knows no migrations; upgrade the provisioner's stack.`;
  throw new CallFailure("final", new DbAccessError("FunctionFailed", words));
}
