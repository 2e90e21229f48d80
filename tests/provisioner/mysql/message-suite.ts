import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import type { ClaimRecord } from "../../../provisioner/access/record";
import type { EngineSession } from "../../../provisioner/engines/engine";
import {
  createLogin,
  everywhere,
  grant,
  heldBy,
  item,
  ledgerQuery,
  readQuery,
  revoke,
  revokeOption,
  rows,
  run,
  type Lab,
} from "./server";

const record: ClaimRecord = {
  id: "mysql/lab/principal/messages",
  owner: "acme/messages",
  kind: "role",
  grantee: "messages",
  database: "",
  state: "done",
  generation: 1,
  adopted: false,
  retained: false,
  claim: { kind: "role", name: "messages", deletion: "drop" },
  items: [],
};

/** Counted from the server's own log. */
export function messageTests(lab: Lab): void {
  describe("messages", () => {
    /** What the session that holds the lock sends meanwhile: the first words of each. */
    async function sent(action: () => Promise<unknown>): Promise<string[]> {
      const admin = await lab.as(lab.server.superuser);
      const [holder] = await rows(admin, "SELECT IS_USED_LOCK('db-access:v1') AS id");
      const mark = fs.readFileSync(lab.server.logFile, "utf8").length;
      await action();
      const log = fs.readFileSync(lab.server.logFile, "utf8").slice(mark);
      return [...log.matchAll(/(\d+) Query\t(\w+)/g)]
        .filter(([, thread]) => Number(thread) === Number(holder?.id))
        .map(([, , word]) => word);
    }

    async function prepared(name: string): Promise<EngineSession> {
      const session = await lab.connect();
      const app = everywhere(name);
      await run(session, createLogin(app));
      await run(session, { op: "createRole", account: lab.role(`${name}_role`), comment: "" });
      const admin = await lab.as(lab.server.superuser);
      await admin.query("CREATE DATABASE IF NOT EXISTS counted");
      await admin.query("CREATE TABLE IF NOT EXISTS counted.t (a INT, b INT)");
      await session.lock(Date.now() + 5000);
      return session;
    }

    it("of one reading are one, whatever is asked", async () => {
      const session = await prepared("message_read");
      const everything = readQuery({
        names: ["message_read", "message_read_role", "nobody"],
        databases: ["counted", "no_such"],
        schemas: [{ database: "counted", schema: "", routines: true }],
        columnsOf: [{ database: "counted", schema: "", table: "t" }],
        ownersOf: ["message_read"],
        globals: true,
      });
      assert.deepEqual(await sent(() => session.read(everything)), ["SELECT"]);
      assert.deepEqual(await sent(() => session.read(readQuery({ names: ["message_read"] }))), ["SELECT"]);
      assert.deepEqual(await sent(() => session.read(readQuery({ databases: ["counted"] }))), ["SELECT"]);
      assert.deepEqual(await sent(() => session.read(readQuery({}))), []);
    });

    it("of one grant are three: read, GRANT, read back", async () => {
      const session = await prepared("message_grant");
      const app = everywhere("message_grant");
      const query = readQuery({ names: [app.name], databases: ["counted"] });
      const select = item(app, { database: "counted" });
      const table = item(app, { kind: "table", database: "counted", object: "t" });
      const column = item(app, { ...table, kind: "column", column: "a", privilege: "UPDATE" });
      const changing = (change: Parameters<typeof run>[1]) =>
        sent(async () => {
          await session.read(query);
          await session.runAndRead({ operations: [change], verifiers: new Map() }, query);
        });
      const three = (word: string) => ["SELECT", word, "SELECT"];
      const insert = { ...select, privilege: "INSERT" };
      assert.deepEqual(await changing(grant(select, insert)), three("GRANT"));
      assert.deepEqual(await changing(grant({ ...select, grantable: true })), three("GRANT"));
      assert.deepEqual(await changing(revokeOption(select, insert)), three("REVOKE"));
      assert.deepEqual(await changing(revoke(insert)), three("REVOKE"));
      assert.deepEqual(await changing(grant(table, column)), three("GRANT"));
      assert.deepEqual(await changing(revoke(table, column)), three("REVOKE"));
      assert.deepEqual(await changing(revoke(select)), three("REVOKE"));
      assert.deepEqual(await heldBy(session, app.name), []);
      // Which roles are active at login is a statement of its own.
      const member = { kind: "role", object: "message_grant_role", privilege: "MEMBER" } as const;
      const active = item(app, { ...member, options: { default: true } });
      assert.deepEqual(await changing(grant(active)), ["SELECT", "GRANT", "SET", "SELECT"]);
      assert.deepEqual(
        await changing(revoke(active)),
        lab.isMariaDb ? ["SELECT", "SET", "REVOKE", "SELECT"] : three("REVOKE"),
      );
      assert.deepEqual(await heldBy(session, app.name), []);
    });

    it("of many changes are one for each level, and what is held is not asked again", async () => {
      const session = await prepared("message_many");
      const app = everywhere("message_many");
      const on = (privilege: string) => item(app, { database: "counted", privilege });
      const table = item(app, { kind: "table", database: "counted", object: "t" });
      const column = item(app, { ...table, kind: "column", column: "a" });
      await session.read(readQuery({ names: [app.name] }));
      const grants = await sent(() =>
        run(session, grant(on("SELECT")), grant(table), grant(on("INSERT")), grant(column, on("UPDATE"))),
      );
      assert.deepEqual(grants, ["GRANT", "GRANT"]);
      assert.deepEqual(await sent(() => run(session, revoke(on("SELECT")), revoke(on("INSERT")))), ["REVOKE"]);
      const option = { ...on("UPDATE"), grantable: true };
      // The last privilege of the level takes its grant option along, which only who remembers the grant can know.
      assert.deepEqual(await sent(() => run(session, grant(option), revoke(option))), ["GRANT", "REVOKE"]);
      // A column that stays is given back after its table, which only who remembers the grants can know.
      assert.deepEqual(await sent(() => run(session, revoke(table))), ["REVOKE", "GRANT"]);
      assert.deepEqual(await heldBy(session, app.name), ["column counted t a SELECT"]);
      await run(session, grant(on("SELECT")));
      assert.deepEqual(await heldBy(session, app.name), ["column counted t a SELECT", "database counted SELECT"]);
    });

    if (!lab.isMariaDb)
      it("are asked again where the server decides what a change means", async () => {
        const session = await prepared("message_dynamic");
        const app = everywhere("message_dynamic");
        const recover = item(app, { kind: "global", privilege: "XA_RECOVER_ADMIN", grantable: true });
        await session.read(readQuery({ names: [app.name] }));
        await run(session, grant(recover), revokeOption(recover));
        assert.deepEqual(await heldBy(session, app.name), ["global XA_RECOVER_ADMIN"]);
      });

    it("do not rely on what was read before somebody else could change it", async () => {
      const session = await prepared("message_stale");
      const app = everywhere("message_stale");
      const select = item(app, { database: "counted" });
      await session.read(readQuery({ names: [app.name] }));
      await session.unlock();
      const admin = await lab.as(lab.server.superuser);
      await admin.query(`GRANT SELECT ON counted.* TO '${app.name}'@'%' WITH GRANT OPTION`);
      await session.lock(Date.now() + 5000);
      assert.deepEqual(await sent(() => run(session, revoke(select))), ["SELECT", "REVOKE"]);
      await run(session, grant(select));
      assert.deepEqual(await heldBy(session, app.name), ["database counted SELECT"]);
    });

    it("of many writers at once end exact", async () => {
      const admin = await lab.as(lab.server.superuser);
      const names = Array.from({ length: 64 }, (_each, index) => `message_crowd_${String(index)}`);
      await admin.query("CREATE DATABASE IF NOT EXISTS counted");
      await run(await lab.connect(), ...names.map((name) => createLogin(everywhere(name))));
      const privileges = ["SELECT", "INSERT", "UPDATE", "DELETE"];
      const on = (name: string, which: string[]) =>
        which.map((privilege) => item(everywhere(name), { database: "counted", privilege }));
      const writer = async (first: number, clusters: number): Promise<void> => {
        const session = await lab.connect();
        for (let at = first; at < names.length; at += clusters) {
          await session.begin(ledgerQuery({ grantees: [names[at]] }), Date.now() + 60_000);
          await session.read(readQuery({ names: [names[at]], databases: ["counted"] }));
          await run(session, grant(...on(names[at], privileges)));
          await run(session, revoke(...on(names[at], privileges.slice(0, at % 4))));
          await session.end({ write: [{ ...record, id: `${record.id}/${names[at]}` }], remove: [] });
        }
      };
      await Promise.all(Array.from({ length: 16 }, (_each, index) => writer(index, 16)));
      const session = await lab.connect();
      for (const [index, name] of names.entries())
        assert.deepEqual(
          await heldBy(session, name),
          privileges
            .slice(index % 4)
            .map((privilege) => `database counted ${privilege}`)
            .sort(),
        );
      const kept = await session.ledger.read(ledgerQuery({ idPrefixes: [`${record.id}/`] }));
      assert.equal(kept.length, names.length);
      await session.lock(Date.now() + 5000);
      await session.ledger.remove(kept.map((each) => each.id));
    });

    it("of lock and ledger are five, however many rows there are", async () => {
      const ledger = async (session: EngineSession): Promise<void> => {
        await session.begin(ledgerQuery({ ids: [record.id], grantees: ["messages"] }), Date.now() + 5000);
        await session.ledger.write([{ ...record, state: "intent" }]);
        await session.end({ write: [record, { ...record, id: `${record.id}-2` }], remove: [`${record.id}-3`] });
      };
      await ledger(await lab.connect());
      const session = await lab.connect();
      const mark = fs.readFileSync(lab.server.logFile, "utf8").length;
      await ledger(session);
      const log = fs.readFileSync(lab.server.logFile, "utf8").slice(mark);
      const words = [...log.matchAll(/\d+ Query\t(\w+ \w+)/g)].map(([, text]) => text);
      assert.deepEqual(words, ["SELECT GET_LOCK", "SELECT m", "REPLACE INTO", "REPLACE INTO", "SELECT RELEASE_LOCK"]);
    });
  });
}
