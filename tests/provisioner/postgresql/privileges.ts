import assert from "node:assert/strict";

import type { Client } from "pg";

import type { Item } from "../../../provisioner/access/item";
import type { ReadQuery } from "../../../provisioner/access/server";
import type { EngineSession } from "../../../provisioner/engines/engine";
import { createLogin, grant, item, lines, password, readQuery, run, standingMemberships, type Lab } from "./server";

/** What the tests of privileges in one database of one owner have in common. */
export function privilegesIn(lab: Lab, database: string, owner: string) {
  const on = (grantee: string, fields: Partial<Item> = {}): Item =>
    item(grantee, { database, schema: "app", object: "t", ...fields });
  const reach = (grantee: string): Item[] => [
    on(grantee, { kind: "database", schema: "", object: "", privilege: "CONNECT" }),
    on(grantee, { kind: "schema", object: "", privilege: "USAGE" }),
  ];
  return {
    on,
    async asOwner(sql: string): Promise<void> {
      const client = await lab.superuser(database);
      await client.query(`SET ROLE ${owner}; ${sql}`);
    },
    /** Everything but what it takes to get there. */
    async held(session: EngineSession, name: string, fields: Partial<ReadQuery> = {}): Promise<string[]> {
      const { items } = await session.read(readQuery({ names: [name], databases: [database], ...fields }));
      return lines(items.filter((each) => each.kind !== "database" && each.kind !== "schema"));
    },
    /** A login that can enter the database and the schema, with its own connection. */
    async entered(session: EngineSession, name: string): Promise<Client> {
      await run(session, createLogin(name), grant(...reach(name)));
      return lab.as({ user: name, password }, database);
    },
  };
}

export async function assertNothingBorrowed(lab: Lab): Promise<void> {
  const client = await lab.superuser();
  assert.deepEqual(await standingMemberships(client, lab.server.admin.user), []);
  await client.end();
}
