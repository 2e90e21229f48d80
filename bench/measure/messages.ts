import { randomUUID } from "node:crypto";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { logIn } from "../../automation/demo/login";
import { protocolRange, replySchema, type Claim, type Mode } from "../../provisioner/protocol";
import { cluster, type World } from "../world";

/** What one request sent to the server, beside the opening of its session. */
export interface MessageCount {
  operation: string;
  /** The lock and the ledger. */
  ledger: number;
  others: number;
}

interface Ask {
  claim: Claim;
  action?: "ensure" | "remove";
  owner?: string;
}

const database = "bench_messages";
const owner: Claim = { kind: "role", name: `${database}_owner`, deletion: "drop" };
const shop: Claim = { kind: "database", name: database, owner: `${database}_owner`, deletion: "drop" };

const login = (name: string): Claim => ({
  kind: "login",
  name,
  auth: { kind: "password", secret: { name: `${cluster}/${name}`, recoveryDays: 0 } },
  deletion: "drop",
});

/** Single requests to a warm function, with the server's log read after each. */
export async function measureMessages(world: World): Promise<MessageCount[]> {
  const { stack, target, server, log } = world;
  const env = stack.env();
  const client = new LambdaClient({
    endpoint: stack.url,
    region: stack.region,
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY },
    maxAttempts: 1,
  });
  const send = async (mode: Mode, asks: readonly Ask[]): Promise<void> => {
    const claims = asks.map(({ claim, action = "ensure", owner: by = "bench/messages" }) => ({
      operationId: randomUUID(),
      action,
      owner: by,
      claim,
    }));
    const request = { protocols: protocolRange, requestId: randomUUID(), mode, cluster, claims };
    const command = new InvokeCommand({ FunctionName: target.functionName, Payload: JSON.stringify(request) });
    const answer = await client.send(command);
    const reply = replySchema.parse(JSON.parse(Buffer.from(answer.Payload ?? []).toString("utf8")));
    const error = reply.error ?? reply.results.find((result) => result.error !== undefined)?.error;
    if (error !== undefined) throw new Error(`The provisioner refused: ${error.code}: ${error.message}`);
  };
  const counts: MessageCount[] = [];
  const count = async (operation: string, mode: Mode, ...asks: Ask[]): Promise<void> => {
    log.take();
    await send(mode, asks);
    const { ledger, reads, changing } = log.take().messages;
    counts.push({ operation, ledger, others: reads + changing });
  };
  const postgresql = server.spec.engine === "postgresql";
  const on = (table: string): Extract<Claim, { kind: "grant" }>["on"] => ({
    kind: "tables",
    database,
    ...(postgresql ? { schema: "public" } : {}),
    tables: [table],
  });
  const grant = (grantee: string, table: string, ...privileges: string[]): Claim => ({
    kind: "grant",
    grantee,
    on: on(table),
    privileges,
    mode: "additive",
  });
  const tables = Array.from({ length: 5 }, (_, index) => `t${index}`);
  const users = Array.from({ length: 12 }, (_, index) => `${database}_u${index}`);
  const withGrants = (name: string): Ask[] => [
    { claim: login(name) },
    ...tables.map((table) => ({ claim: grant(name, table, "SELECT"), owner: `bench/${name}/${table}` })),
  ];
  try {
    await send("apply", [{ claim: owner }, { claim: shop }]);
    const session = await logIn({ engine: postgresql ? "postgresql" : "mysql", server, ...server.superuser, database });
    try {
      if (postgresql) await session.run(`SET ROLE ${database}_owner`);
      for (const table of tables) await session.run(`CREATE TABLE ${table} (id int PRIMARY KEY)`);
    } finally {
      await session.end();
    }
    await send("apply", [{ claim: login(users[0]) }]);
    const [user] = users;
    await count("one grant created", "apply", { claim: grant(user, "t0", "SELECT") });
    await count("the same again", "apply", { claim: grant(user, "t0", "SELECT") });
    await count("one grant changed", "apply", { claim: grant(user, "t0", "SELECT", "INSERT") });
    await count("one grant read", "read", { claim: grant(user, "t0", "SELECT", "INSERT") });
    await count("one grant deleted", "apply", { claim: grant(user, "t0", "SELECT", "INSERT"), action: "remove" });
    await count("a user with 5 grants in one database created", "apply", ...withGrants(users[1]));
    await count("10 users with 5 grants each created", "apply", ...users.slice(2).flatMap(withGrants));
    await count("60 resources of one database read", "read", ...users.slice(2).flatMap(withGrants));
    for (const name of users)
      await send(
        "apply",
        [...withGrants(name)].reverse().map((ask): Ask => ({ ...ask, action: "remove" })),
      );
    await send("apply", [{ claim: shop, action: "remove" }]);
    await send("apply", [{ claim: owner, action: "remove" }]);
    log.take();
    return counts;
  } finally {
    client.destroy();
  }
}
