import assert from "node:assert/strict";

import { Client } from "pg";

import type { ClaimRecord } from "../../../provisioner/access/record";
import { createLogin, createRole, drop, grant, item, ledgerQuery, readQuery, revoke, run, useServer } from "./server";

/** Round trips decide how long a small change takes: each of these numbers is a promise. */
describe("messages to PostgreSQL", () => {
  const lab = useServer("17");
  let count = 0;
  const original = Object.getOwnPropertyDescriptor(Client.prototype, "query");

  before(() => lab.database("counted", "counted_owner"));
  before(() => {
    const query = Reflect.get(Client.prototype, "query") as (...given: unknown[]) => unknown;
    Object.defineProperty(Client.prototype, "query", {
      configurable: true,
      value(this: Client, ...given: unknown[]) {
        count++;
        return query.apply(this, given);
      },
    });
  });
  after(() => {
    if (original !== undefined) Object.defineProperty(Client.prototype, "query", original);
  });

  const messages = async (work: () => Promise<unknown>): Promise<number> => {
    count = 0;
    await work();
    return count;
  };

  it("are few", async () => {
    const session = await lab.connect();
    const names = ["count_a", "count_b", "count_c"];
    const tables = ["t", "u"].flatMap((object) =>
      names.flatMap((name) =>
        ["SELECT", "INSERT"].map((privilege) => item(name, { database: "counted", schema: "app", object, privilege })),
      ),
    );
    const record = {
      id: "x",
      owner: "o",
      kind: "role",
      grantee: "x",
      database: "",
      state: "done",
      generation: 1,
      adopted: false,
      retained: false,
    } as const;
    const records: ClaimRecord[] = [{ ...record, claim: { kind: "role", name: "x", deletion: "drop" }, items: [] }];
    const everything = readQuery({ names, databases: ["counted"], schemas: [{ database: "counted", schema: "app" }] });
    const steps: [string, number, () => Promise<unknown>][] = [
      ["lock", 1, () => session.lock(Date.now() + 1000)],
      ["first read of no ledger", 1, () => session.ledger.read(ledgerQuery({ ids: ["x"] }))],
      ["first write", 5, () => session.ledger.write(records)],
      ["write", 1, () => session.ledger.write(records)],
      ["read of the ledger", 1, () => session.ledger.read(ledgerQuery({ ids: ["x"] }))],
      ["a login", 3, () => run(session, createLogin("count_a"))],
      ["more logins", 4, () => run(session, createLogin("count_b"), createLogin("count_c"))],
      ["a role", 1, () => run(session, createRole("count_role"))],
      ["grants on tables", 2, () => run(session, grant(...tables))],
      ["a read of the cluster and a database", 2, () => session.read(everything)],
      ["revokes and grants", 2, () => run(session, revoke(...tables.slice(0, 2)), grant(...tables.slice(0, 2)))],
      [
        "a membership",
        3,
        () => run(session, grant(item("count_a", { kind: "role", object: "count_role", privilege: "MEMBER" }))),
      ],
      ["a password", 1, () => run(session, { op: "setPassword", account: { name: "count_a" } })],
      ["a lock", 1, () => run(session, { op: "lockLogin", account: { name: "count_a" } })],
      ["a drop of what holds something", 7, () => run(session, drop("count_a"))],
      ["a drop of what holds nothing", 4, () => run(session, drop("count_role"))],
      ["unlock", 1, () => session.unlock()],
    ];
    const found: [string, number][] = [];
    for (const [name, , work] of steps) found.push([name, await messages(work)]);
    assert.deepEqual(
      found,
      steps.map(([name, expected]) => [name, expected]),
    );
  });
});
