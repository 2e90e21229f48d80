import { randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import { readFolder } from "../../provisioner/migrations/folder";
import {
  protocolRange,
  type MigrationOperation,
  type MigrationRequest,
  type MigrationSpec,
  type MigrationStatus,
  type Reply,
} from "../../provisioner/protocol";
import assert from "node:assert/strict";
import { invokeRaw, type World } from "../support/world";

export type Texts = Record<string, string>;

/** What a client sends for a folder with these files. */
export function migrationRequest(
  cluster: string,
  operation: MigrationOperation,
  texts: Texts,
  migration: Partial<MigrationSpec> & { database: string },
  more: Partial<Pick<MigrationRequest, "owner" | "previousOwner" | "from">> = {},
) {
  const { files } = readFolder(Object.entries(texts).map(([name, text]) => ({ name, bytes: Buffer.from(text) })));
  const canonical = Object.fromEntries(files.map(({ name, text }) => [name, text]));
  return {
    protocols: { ...protocolRange },
    requestId: randomUUID(),
    mode: "migrations" as const,
    cluster,
    operation,
    owner: "test/migrations",
    migration: {
      historyTable: "db_access_migrations",
      order: "strict" as const,
      resolve: {},
      onChecksumMismatch: "error" as const,
      lint: "refuse" as const,
      ...migration,
    },
    files: files.map(({ name, sha256 }) => ({ name, sha256 })),
    texts: gzipSync(JSON.stringify(canonical)).toString("base64"),
    ...more,
  };
}

export const migrateRaw = (world: World, request: unknown): Promise<Reply> =>
  invokeRaw(
    { stack: world.stack, target: { ...world.target, functionName: world.target.migrateFunctionName } },
    request,
  );

export async function migrate(
  world: World,
  operation: MigrationOperation,
  texts: Texts,
  migration: Partial<MigrationSpec> & { database: string },
  more: Partial<Pick<MigrationRequest, "owner" | "previousOwner" | "from">> = {},
): Promise<MigrationStatus> {
  const reply = await migrateRaw(world, migrationRequest(world.cluster, operation, texts, migration, more));
  assert.equal(reply.error, undefined, JSON.stringify(reply.error));
  assert.ok(reply.migration !== undefined);
  return reply.migration;
}

/** The error with which everything is refused before anything runs. */
export async function refused(
  world: World,
  texts: Texts,
  migration: Partial<MigrationSpec> & { database: string },
  more: { operation?: MigrationOperation } & Partial<Pick<MigrationRequest, "owner" | "previousOwner" | "from">> = {},
): Promise<string> {
  const { operation = "apply", ...rest } = more;
  const reply = await migrateRaw(world, migrationRequest(world.cluster, operation, texts, migration, rest));
  assert.ok(reply.error !== undefined, JSON.stringify(reply.migration));
  return `${reply.error.code}: ${reply.error.message}`;
}
