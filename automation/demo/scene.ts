import type { RunningServer } from "../../local/servers";
import type { LocalStack } from "../../local/stack";
import { type Session, logIn, type Row } from "./login";
import { type DemoEngine, engineCluster } from "./options";
import { readPassword } from "./secrets";

/** One engine of the demo: its server, its stack of the example, and what that stack's last update said. */
export interface Scene {
  engine: DemoEngine;
  cluster: string;
  server: RunningServer;
  /** Name of the Pulumi stack. */
  stack: string;
  config: Record<string, string>;
  outputs: Record<string, unknown>;
}

export function makeScene(engine: DemoEngine, stack: LocalStack, migrations: string): Scene {
  const cluster = engineCluster[engine];
  const { server, ref } = stack.targets[cluster];
  if (server === undefined) throw new Error(`The cluster ${cluster} has no server.`);
  const config = {
    provisioner: ref.discovery.parameter,
    migrations,
    access: "write",
    passwordVersion: "1",
    // The plugin that MySQL needs for IAM logins exists on AWS only.
    iam: String(engine === "postgresql"),
    // A file backend knows no organisation to tell owners apart by.
    "db-access:namespace": "demo",
  };
  return { engine, cluster, server, stack: engine, config, outputs: {} };
}

export const database = "orders";
export const app = "orders_app";
export const analyst = "orders_analyst";
export const reporter = "orders_reporter";
/** The resource of the migrations. */
export const schema = "schema";
/** The provisioner's own login for migrations of this database, which stays: on MySQL it is their definer. */
export const migrator = "orders_migrator";

/** Logs in with what the secret says at this moment, does something, and leaves. */
export async function as<T>(
  local: LocalStack,
  scene: Scene,
  user: typeof app | typeof analyst,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const secretArn = scene.outputs[user === app ? "appSecretArn" : "analystSecretArn"];
  return asLogin(scene, user, await readPassword(local, String(secretArn)), work);
}

export async function asLogin<T>(
  scene: Scene,
  user: string,
  password: string,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { engine, server } = scene;
  const session = await logIn({ engine, server, user, password, database });
  try {
    return await work(session);
  } finally {
    await session.end();
  }
}

/** Somebody with all rights, by hand: what this package is meant to notice. */
export async function byHand(scene: Scene, statements: readonly string[], inside: string = database): Promise<Row[]> {
  const { engine, server } = scene;
  const session = await logIn({ engine, server, ...server.superuser, ...(inside === "" ? {} : { database: inside }) });
  try {
    let rows: Row[] = [];
    for (const statement of statements) rows = await session.run(statement);
    return rows;
  } finally {
    await session.end();
  }
}
