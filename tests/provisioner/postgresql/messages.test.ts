import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import type { Item } from "../../../provisioner/access/item";
import type { Operation } from "../../../provisioner/access/operation";
import type { ClaimRecord } from "../../../provisioner/access/record";
import type { EngineSession } from "../../../provisioner/engines/engine";
import {
  codeIs,
  createLogin,
  createRole,
  drop,
  grant,
  item,
  ledgerQuery,
  lines,
  password,
  readQuery,
  revoke,
  run,
  useServer,
} from "./server";

const applicationName = "db-access/counted";

/**
 * `2026-11-20 12:10:48.016 UTC [24235] user=u,db=d,app=a LOG:  statement: …`, continued on lines that begin otherwise. What
 * was named in a message of its own, which the server does not log, is shown with the first call: `DETAIL:  prepare: …`.
 */
const entry =
  /^\d{4}-\d\d-\d\d [\d:.]+ UTC \[\d+\] (?:user=.*?,db=.*?,app=(.*?) )?(?:LOG: {2}(?:statement|execute [^:]*)|DETAIL: {2}prepare): ?(.*)$/;
const anyEntry = /^\d{4}-\d\d-\d\d [\d:.]+ UTC \[\d+\] /;

/** What the sessions of one application have sent, as the server's log has it. */
function messagesIn(log: string): string[] {
  const messages: string[] = [];
  let inside = false;
  for (const line of log.split("\n")) {
    const head = entry.exec(line);
    if (head !== null) {
      inside = head[1] === applicationName;
      if (inside) messages.push(head[2]);
    } else if (anyEntry.test(line)) inside = false;
    else if (inside) messages[messages.length - 1] += `\n${line.replace(/^\t/, "")}`;
  }
  return messages;
}

const record = (id: string, fields: Partial<ClaimRecord> = {}): ClaimRecord => ({
  id: `postgresql/lab/principal/${id}`,
  owner: "o",
  kind: "role",
  grantee: id,
  database: "",
  state: "done",
  generation: 1,
  adopted: false,
  retained: false,
  claim: { kind: "role", name: id, deletion: "drop" },
  items: [],
  ...fields,
});

/** Round trips decide how long a small change takes: each of these numbers is a promise. */
for (const version of ["13", "17"])
  describe(`messages to PostgreSQL ${version}`, () => {
    const lab = useServer(version);
    const connect = (): Promise<EngineSession> => lab.connect({ applicationName });

    const sentDuring = async (work: () => Promise<unknown>): Promise<string[]> => {
      const mark = readFileSync(lab.server.logFile, "utf8").length;
      await work();
      return messagesIn(readFileSync(lab.server.logFile, "utf8").slice(mark));
    };

    type Step = [name: string, messages: number, work: () => Promise<unknown>];
    const assertCounts = async (steps: Step[]): Promise<void> => {
      const found: [string, number][] = [];
      for (const [name, , work] of steps) found.push([name, (await sentDuring(work)).length]);
      assert.deepEqual(
        found,
        steps.map(([name, count]) => [name, count]),
      );
    };

    const inApp = (grantee: string, fields: Partial<Item> = {}): Item =>
      item(grantee, { database: "counted", schema: "app", object: "t", ...fields });
    const app = { database: "counted", schema: "app" };
    const unit = (session: EngineSession, ...operations: Operation[]): Parameters<EngineSession["run"]>[0] => ({
      operations,
      verifiers: new Map(
        operations.flatMap((operation) =>
          "account" in operation ? [[operation.account.name, session.verifier(password)] as const] : [],
        ),
      ),
    });

    before(() => lab.database("counted", "counted_owner"));
    before(() => lab.database("beside", "beside_owner"));
    before(async () => {
      await (await lab.superuser()).query(`GRANT CREATE ON DATABASE beside TO ${lab.server.admin.user}`);
    });
    before(async () => {
      const session = await connect();
      await run(session, createLogin("reader"), createRole("reader_group"));
      await session.lock(Date.now() + 1000);
      await session.ledger.write([record("first")]);
      await session.close();
    });

    it("are one for lock and ledger, one for an intent, one for the end", async () => {
      const session = await connect();
      const query = ledgerQuery({ ids: [record("counted").id], idPrefixes: ["postgresql/lab/"], grantees: ["reader"] });
      await assertCounts([
        ["begin", 1, () => session.begin(query, Date.now() + 1000)],
        ["intent", 1, () => session.ledger.write([record("counted", { state: "intent" })])],
        ["end", 1, () => session.end({ write: [record("counted")], remove: [record("gone").id] })],
        ["begin again", 1, () => session.begin(query, Date.now() + 1000)],
        ["end of nothing", 1, () => session.end({ write: [], remove: [] })],
        ["a reading without the lock", 1, () => session.ledger.read(query)],
      ]);
      await session.begin(query, Date.now() + 1000);
      const [ended] = await sentDuring(() => session.end({ write: [record("counted")], remove: [] }));
      assert.match(ended, /^BEGIN;[^;]*INSERT INTO[\s\S]*;\nCOMMIT;\nSELECT pg_advisory_unlock\([^;]*$/);
      const other = await connect();
      await assertCounts([["a first reading without the lock", 1, () => other.ledger.read(query)]]);
    });

    it("are a few more as long as there is no ledger", async () => {
      const session = await lab.connect({ applicationName, adminDatabase: "beside" });
      const query = ledgerQuery({ ids: [record("counted").id] });
      await assertCounts([
        ["begin", 2, () => session.begin(query, Date.now() + 1000)],
        ["end of nothing", 1, () => session.end({ write: [], remove: [] })],
        ["begin again", 1, () => session.begin(query, Date.now() + 1000)],
        ["a reading", 1, () => session.ledger.read(query)],
        ["the first intent", 4, () => session.ledger.write([record("counted")])],
        ["end", 1, () => session.end({ write: [record("counted")], remove: [] })],
      ]);
      assert.deepEqual(await session.ledger.read(query), [record("counted")]);
    });

    it("are one for a reading of one database and the cluster, whatever is asked", async () => {
      const session = await connect();
      const names = ["reader", "counted_owner", "PUBLIC"];
      const schemas = [
        { ...app, routines: true, types: true },
        { database: "counted", schema: "public" },
      ];
      const both = ["counted", "beside"];
      await assertCounts([
        // Its connection is opened by the first of them.
        ["one database", 1, () => session.read(readQuery({ names, databases: ["counted"], schemas }))],
        ["and again", 1, () => session.read(readQuery({ names, databases: ["counted"], schemas }))],
        ["its privileges alone", 1, () => session.read(readQuery({ names: ["reader"], databases: ["counted"] }))],
        ["the cluster", 1, () => session.read(readQuery({ names: ["reader"] }))],
        ["two databases", 2, () => session.read(readQuery({ names, databases: both, schemas }))],
        ["the ledger's", 1, () => session.read(readQuery({ names, databases: ["postgres"] }))],
        ["one that is not there", 1, () => session.read(readQuery({ names, databases: ["nowhere"] }))],
        ["one that is closed", 1, () => session.read(readQuery({ names, databases: ["rdsadmin"] }))],
      ]);
      const state = await session.read(readQuery({ names, databases: both, schemas }));
      assert.deepEqual([...state.databases.keys()].sort(), ["beside", "counted"]);
      assert.deepEqual([...state.schemas.values()].map(({ name }) => name).sort(), ["app", "public"]);
      const closed = await session.read(readQuery({ names, databases: ["rdsadmin", "nowhere"] }));
      assert.deepEqual([...closed.principals.keys()].sort(), ["counted_owner", "reader"]);
      assert.deepEqual(
        [...closed.databases.values()].map(({ name, connectable }) => [name, connectable]),
        [["rdsadmin", false]],
      );
    });

    const single: [string, Partial<Parameters<typeof readQuery>[0]>, Item, Item][] = [
      ["on a table", { schemas: [app] }, inApp("reader"), inApp("reader", { privilege: "UPDATE" })],
      [
        "on a column",
        { schemas: [app], columnsOf: [{ ...app, table: "t" }] },
        inApp("reader", { kind: "column", column: "b" }),
        inApp("reader", { kind: "column", column: "id" }),
      ],
      [
        "on a schema",
        { schemas: [app] },
        inApp("reader", { kind: "schema", object: "", privilege: "USAGE" }),
        inApp("reader", { kind: "schema", object: "", privilege: "CREATE" }),
      ],
      [
        "on a database",
        {},
        item("reader", { kind: "database", database: "counted", privilege: "CONNECT" }),
        item("reader", { kind: "database", database: "counted", privilege: "CREATE" }),
      ],
      [
        "for the future",
        { names: ["reader", "counted_owner"], schemas: [app] },
        inApp("reader", { kind: "default", object: "tables", creator: "counted_owner" }),
        inApp("reader", { kind: "default", object: "tables", creator: "counted_owner", privilege: "INSERT" }),
      ],
      [
        "of a membership",
        { names: ["reader", "reader_group"], databases: [] },
        item("reader", { kind: "role", object: "reader_group", privilege: "MEMBER" }),
        item("reader", { kind: "role", object: "reader_group", privilege: "MEMBER", grantable: true }),
      ],
    ];
    for (const [words, fields, first, second] of single)
      it(`are two for one grant ${words}, created, changed or deleted alone`, async () => {
        const query = readQuery({ names: ["reader"], databases: ["counted"], ...fields });
        const keys = (items: readonly Item[]): string[] =>
          items
            .filter((each) => each.grantee.name === "reader" && each.kind === first.kind)
            .map((each) => `${each.privilege}${each.column}${each.grantable ? "*" : ""}`)
            .sort();
        const one = (each: Item): string => `${each.privilege}${each.column}${each.grantable ? "*" : ""}`;
        // Everything that one change sends, by a session of its own, and what it leaves.
        const change = async (plan: (held: Item[]) => Operation[]): Promise<[number, string[]]> => {
          const session = await connect();
          await session.begin(ledgerQuery({}), Date.now() + 1000);
          let left: string[] = [];
          const sent = await sentDuring(async () => {
            const { items } = await session.read(query);
            const held = items.filter((each) => each.grantee.name === "reader" && each.kind === first.kind);
            const { state } = await session.runAndRead(unit(session, ...plan(held)), query);
            left = keys(state.items);
          });
          await session.end({ write: [], remove: [] });
          await session.close();
          return [sent.length, left];
        };
        assert.deepEqual(await change(() => [grant(first)]), [2, [one(first)]]);
        assert.deepEqual(
          await change((held) => (first.kind === "role" ? [grant(second)] : [revoke(...held), grant(second)])),
          [2, [one(second)]],
        );
        assert.deepEqual(await change((held) => [revoke(...held)]), [2, []]);
      });

    it("are one for grants on several objects, and one more to look up owners again", async () => {
      const session = await connect();
      const query = readQuery({ names: ["reader"], databases: ["counted", "beside"], schemas: [app] });
      await session.read(query);
      const wanted = ["t", "u"].map((object) => inApp("reader", { object }));
      await assertCounts([["grants", 1, () => session.runAndRead(unit(session, grant(...wanted)), query)]]);
      // The reading knows owners until something is done; after that they are looked up again.
      await assertCounts([["revokes", 1, () => session.run(unit(session, revoke(...wanted)))]]);
      await assertCounts([["grants unread", 2, () => session.run(unit(session, grant(...wanted)))]]);
      await run(session, revoke(...wanted));
    });

    it("are two for a login with all its grants in one database: one transaction, its verifier alone", async () => {
      const session = await connect();
      const query = readQuery({ names: ["fresh", "reader_group"], databases: ["counted"], schemas: [app] });
      await session.read(query);
      const operations = [
        createLogin("fresh"),
        grant(item("fresh", { kind: "database", database: "counted", privilege: "CONNECT" })),
        grant(inApp("fresh", { kind: "schema", object: "", privilege: "USAGE" })),
        grant(inApp("fresh"), inApp("fresh", { object: "u", privilege: "INSERT" })),
        grant(inApp("fresh", { kind: "sequence", object: "t_id_seq", privilege: "USAGE" })),
        grant(inApp("fresh", { kind: "default", object: "tables", creator: "counted_owner" })),
      ];
      let held: string[] = [];
      const sent = await sentDuring(async () => {
        const { state } = await session.runAndRead(unit(session, ...operations), query);
        held = lines(state.items.filter((each) => each.grantee.name === "fresh"));
      });
      assert.equal(sent.length, 2);
      const [transaction, prepared] = sent;
      assert.match(transaction.slice(0, 1000), /^BEGIN;\n(?:[\s\S]*\n)?EXECUTE db_access_0;\n[\s\S]*\nCOMMIT;\n/);
      assert.ok(!transaction.includes("SCRAM-SHA-256"), "no verifier among other statements");
      assert.match(prepared, /^CREATE ROLE "fresh" [^;]*SCRAM-SHA-256[^;]*$/);
      assert.deepEqual(held, [
        "database counted CONNECT by counted_owner",
        "default app.tables SELECT by counted_owner",
        "schema app USAGE by counted_owner",
        "sequence app.t_id_seq USAGE by counted_owner",
        "table app.t SELECT by counted_owner",
        "table app.u INSERT by counted_owner",
      ]);
      assert.equal(await session.probe({ name: "fresh" }, password, "counted"), "accepted");

      // All or nothing: what fails last takes the login along.
      const wrong = grant(inApp("fresher", { object: "t_id_seq", privilege: "INSERT", kind: "sequence" }));
      const failing = [createLogin("fresher"), createLogin("freshest"), wrong];
      const mark = readFileSync(lab.server.logFile, "utf8").length;
      await assert.rejects(session.runAndRead(unit(session, ...failing), query), /INSERT/);
      for (const line of readFileSync(lab.server.logFile, "utf8").slice(mark).split("\n"))
        if (line.includes("SCRAM-SHA-256")) assert.match(line, /DETAIL: {2}prepare: CREATE ROLE "fresher" [^;]*$/);
      const { rowCount } = await (await lab.superuser()).query("SELECT FROM pg_roles WHERE rolname LIKE 'freshe%'");
      assert.equal(rowCount, 0);
      await run(session, createLogin("fresher"), createLogin("freshest"));
      assert.equal(await session.probe({ name: "freshest" }, password), "accepted");
    });

    it("are two for a password and what is read afterwards", async () => {
      const session = await connect();
      const query = readQuery({ names: ["reader"] });
      const reset: Operation = { op: "setPassword", account: { name: "reader" } };
      const sent = await sentDuring(() => session.runAndRead(unit(session, reset), query));
      assert.equal(sent.length, 2);
      assert.ok(sent[0].includes("SCRAM-SHA-256") && !sent[0].includes(";") && !sent[1].includes("SCRAM-SHA-256"));
    });

    it("keep COMMIT for last when time is short", async () => {
      const session = await lab.connect({ applicationName, deadline: Date.now() + 20_000 });
      const query = readQuery({ names: ["reader"], databases: ["counted"], schemas: [app] });
      await session.read(query);
      const sent = await sentDuring(async () => {
        const { state } = await session.runAndRead(unit(session, grant(inApp("reader"))), query);
        assert.deepEqual(lines(state.items), ["table app.t SELECT by counted_owner"]);
      });
      assert.deepEqual(
        sent.map((text) => [/^BEGIN;\nSET LOCAL statement_timeout = \d+;/.test(text), /\bCOMMIT;/.test(text)]),
        [
          [true, false],
          [false, true],
        ],
      );
      await run(session, revoke(inApp("reader")));
    });

    it("of what stands alone are few", async () => {
      const session = await connect();
      await assertCounts([
        ["a login", 2, () => run(session, createLogin("alone"))],
        ["a role", 1, () => run(session, createRole("alone_group"))],
        ["a password", 1, () => run(session, { op: "setPassword", account: { name: "alone" } })],
        ["a lock", 1, () => run(session, { op: "lockLogin", account: { name: "alone" } })],
        ["a drop of what holds nothing", 4, () => run(session, drop("alone_group"))],
      ]);
    });

    it("say who could not be read in the transaction's own place", async () => {
      const session = await connect();
      const query = readQuery({ names: ["reader"], databases: ["counted"], schemas: [app] });
      await session.read(query);
      const wanted = grant(inApp("reader", { object: "nothing" }));
      await assert.rejects(session.runAndRead(unit(session, wanted), query), codeIs("ObjectMissing", /app\.nothing/));
    });
  });
