import { logIn } from "../../automation/demo/login";
import type { Claim, Mode } from "../../provisioner/protocol";
import { cluster, type World } from "../world";
import { senderTo, type Ask } from "./sender";

/** What one request sent to the server, beside the opening of its session. */
export interface MessageCount {
  operation: string;
  /** The lock and the ledger. */
  ledger: number;
  others: number;
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
  const { server, log } = world;
  const { send, close } = senderTo(world);
  const counts: MessageCount[] = [];
  const count = async (operation: string, mode: Mode, ...asks: Ask[]): Promise<void> => {
    log.take();
    await send(mode, ...asks);
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
    await send("apply", { claim: owner }, { claim: shop });
    const session = await logIn({ engine: postgresql ? "postgresql" : "mysql", server, ...server.superuser, database });
    try {
      if (postgresql) await session.run(`SET ROLE ${database}_owner`);
      for (const table of tables) await session.run(`CREATE TABLE ${table} (id int PRIMARY KEY)`);
    } finally {
      await session.end();
    }
    await send("apply", { claim: login(users[0]) });
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
        ...withGrants(name)
          .reverse()
          .map((ask): Ask => ({ ...ask, action: "remove" })),
      );
    await send("apply", { claim: shop, action: "remove" });
    await send("apply", { claim: owner, action: "remove" });
    log.take();
    return counts;
  } finally {
    close();
  }
}
