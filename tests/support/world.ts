import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import mysql from "mysql2/promise";
import { Client } from "pg";
import { parseServerSpec, type RunningServer } from "../../local/servers";
import { LocalStack, type TargetState } from "../../local/stack";
import type { RoleOptions } from "../../local/target";
import {
  protocolRange,
  replySchema,
  type Claim,
  type ClaimResult,
  type Mode,
  type Reply,
} from "../../provisioner/protocol";
import { changesSince, markOf } from "./server-log";
import { noteServer } from "./versions";

/** Where a test's directory lies: reachable by the unprivileged user that runs the servers. */
export const testDirectory = (): string => mkdtempSync(path.join(tmpdir(), "db-access-test-"));

/** One server with its provisioner, the built bundle in its own process, and the AWS endpoints. */
export interface World {
  stack: LocalStack;
  cluster: string;
  target: TargetState;
  server: RunningServer;
  family: "postgresql" | "mysql";
  product: "postgresql" | "mysql" | "mariadb";
  stop(): Promise<void>;
}

export interface WorldOptions {
  cluster?: string;
  settings?: Record<string, string>;
  functionEnv?: Record<string, string>;
  role?: RoleOptions;
  /** Audit events have a log group of their own. */
  audit?: boolean;
}

export async function startWorld(spec: string, options: WorldOptions = {}): Promise<World> {
  const directory = testDirectory();
  const { cluster = "orders", settings, functionEnv, role, audit } = options;
  const server = parseServerSpec(spec);
  const stack = await LocalStack.start({
    directory,
    targets: [{ cluster, server, serverOptions: { settings }, functionEnv, role, audit }],
  });
  return {
    ...worldOf(stack, cluster),
    stop: async () => {
      await stack.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** One of the clusters of a stack. Stopping it is the stack's business. */
export function worldOf(stack: LocalStack, cluster: string): World {
  const target = stack.targets[cluster];
  assert.ok(target.server !== undefined);
  noteServer(target.server);
  const { engine } = target.server.spec;
  return {
    stack,
    cluster,
    target,
    server: target.server,
    family: engine === "postgresql" ? "postgresql" : "mysql",
    product: engine,
    stop: () => Promise.resolve(),
  };
}

const clientOptions = (world: Pick<World, "stack">) => ({
  endpoint: world.stack.url,
  region: world.stack.region,
  credentials: {
    accessKeyId: world.stack.env().AWS_ACCESS_KEY_ID,
    secretAccessKey: world.stack.env().AWS_SECRET_ACCESS_KEY,
  },
});

export interface Ask {
  claim: Claim;
  owner?: string;
  previousOwner?: string;
  action?: "ensure" | "remove" | "reset";
  id?: string;
}

/** Sends raw JSON to the function, as any caller could. */
export async function invokeRaw(world: Pick<World, "stack" | "target">, payload: unknown): Promise<Reply> {
  const client = new LambdaClient({ ...clientOptions(world), maxAttempts: 1 });
  const answer = await client.send(
    new InvokeCommand({ FunctionName: world.target.functionName, Payload: JSON.stringify(payload) }),
  );
  client.destroy();
  const text = Buffer.from(answer.Payload ?? []).toString("utf8");
  assert.equal(answer.FunctionError, undefined, text);
  return replySchema.parse(JSON.parse(text));
}

export const requestOf = (world: Pick<World, "cluster">, mode: Mode, asks: readonly Ask[]) => ({
  protocols: { ...protocolRange },
  requestId: randomUUID(),
  mode,
  cluster: world.cluster,
  claims: asks.map(({ claim, owner = "test", previousOwner, action = "ensure", id }) => ({
    operationId: randomUUID(),
    action,
    owner,
    previousOwner,
    id,
    claim,
  })),
});

export async function ask(world: World, mode: Mode, asks: readonly Ask[]): Promise<ClaimResult[]> {
  const reply = await invokeRaw(world, requestOf(world, mode, asks));
  assert.equal(reply.error, undefined, JSON.stringify(reply.error));
  return reply.results;
}

/** Applies and demands success. */
export async function apply(world: World, ...asks: Ask[]): Promise<ClaimResult[]> {
  const results = await ask(world, "apply", asks);
  for (const result of results)
    assert.ok(result.status === "done" || result.status === "unchanged", JSON.stringify(result));
  return results;
}

export const changeWords = (result: ClaimResult): string[] => result.changes.map((change) => change.words);

export async function secretOf(
  world: Pick<World, "stack">,
  arn: string,
): Promise<Record<string, unknown> & { username: string; password: string }> {
  const client = new SecretsManagerClient(clientOptions(world));
  const answer = await client.send(new GetSecretValueCommand({ SecretId: arn }));
  client.destroy();
  return JSON.parse(answer.SecretString ?? "");
}

export interface Login {
  user: string;
  password: string;
}

/** How a statement of a real user ended: `ok`, or the server's code. */
export type Outcome = "ok" | string;

const codeOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "errno" in error && typeof error.errno === "number"
    ? String(error.errno)
    : typeof error === "object" && error !== null && "code" in error
      ? String(error.code)
      : String(error);

/** Logs in over verified TLS as the user and runs the statement. */
export async function attempt(
  world: Pick<World, "server" | "family">,
  login: Login,
  database: string | undefined,
  sql: string,
): Promise<Outcome> {
  try {
    await query(world, login, database, sql);
    return "ok";
  } catch (error) {
    return codeOf(error);
  }
}

export async function query(
  world: Pick<World, "server" | "family">,
  login: Login,
  database: string | undefined,
  sql: string,
): Promise<Record<string, unknown>[]> {
  const { server } = world;
  if (world.family === "postgresql") {
    const client = new Client({
      host: server.host,
      port: server.port,
      user: login.user,
      password: login.password,
      database: database ?? "postgres",
      ssl: { ca: server.ca },
    });
    client.on("error", () => undefined);
    try {
      await client.connect();
      return (await client.query(sql)).rows ?? [];
    } finally {
      await client.end().catch(() => undefined);
    }
  }
  const connection = await mysql.createConnection({
    host: server.host,
    port: server.port,
    user: login.user,
    password: login.password,
    database,
    ssl: { ca: server.ca, verifyIdentity: true },
    multipleStatements: true,
  });
  try {
    const [rows] = await connection.query(sql);
    return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
  } finally {
    await connection.end();
  }
}

/** Somebody with all rights, by hand. */
export const byHand = (world: World, database: string | undefined, sql: string): Promise<Record<string, unknown>[]> =>
  query(world, world.server.superuser, database, sql);

/** Statements of the provisioner that change something, logged since `mark`. */
export const changingStatements = (world: Pick<World, "server">, mark: number): string[] =>
  changesSince(world.server, mark);

export const logMark = (world: Pick<World, "server">): number => markOf(world.server);
