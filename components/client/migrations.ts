import { createHash, randomUUID } from "node:crypto";
import {
  DbAccessError,
  migrationsKeyOf,
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
/** Texts above this go by the bucket, where there is one: names and hashes need room as well. */
const MOST_INLINE = 3_000_000;

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
    ...(await lightened(transport, ref, patience, call)),
  };
  const text = JSON.stringify(request);
  if (Buffer.byteLength(text) > MOST_BYTES) throw tooLarge(Buffer.byteLength(text), ref);
  // Everything but the function is the same: place, role, endpoint.
  const there = { ...ref, functions: { access: migrate, migrate } };
  return persistently(patience, async () =>
    statusOf(await transport.invoke(there, text, patience.requestTimeoutMs), migrate),
  );
}

const persistently = <T>(patience: Patience, work: () => Promise<T>): Promise<T> =>
  withRetry(patience, work).catch((error: unknown) => {
    throw error instanceof CallFailure ? error.error : error;
  });

/** The same call, with large texts in the bucket. */
async function lightened(
  transport: Transport,
  ref: ProvisionerRef,
  patience: Patience,
  call: MigrationCall,
): Promise<MigrationCall> {
  const { texts, ...rest } = call;
  const { migrationsBucket: bucket, cluster } = ref;
  if (texts === undefined || texts.length <= MOST_INLINE || bucket === undefined) return call;
  const bytes = Buffer.from(texts, "base64");
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const archive = { bucket, key: migrationsKeyOf(cluster, sha256), sha256 };
  await persistently(patience, () =>
    transport.store(ref, { bucket, key: archive.key, bytes, sha256 }, patience.requestTimeoutMs),
  );
  return { ...rest, archive };
}

function tooLarge(bytes: number, { migrationsBucket }: ProvisionerRef): DbAccessError {
  const advice = migrationsBucket === undefined ? "give the Provisioner migrations.bucketName, or " : "";
  return new DbAccessError(
    "InvalidInput",
    `The files make a request of ${bytes} bytes, compressed, and Lambda takes ${MOST_BYTES}; ${advice}load data in another way than by migrations.`,
    { property: "directory" },
  );
}

function statusOf(text: string, functionName: string): MigrationStatus {
  const { error, migration } = readReply(text, functionName);
  if (error !== undefined) throw new CallFailure("final", new DbAccessError(error.code, error.message, error));
  if (migration !== undefined) return migration;
  const words = `${functionName} knows no migrations; upgrade the provisioner's stack.`;
  throw new CallFailure("final", new DbAccessError("FunctionFailed", words));
}
