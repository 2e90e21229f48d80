import * as assert from "node:assert/strict";
import type { Account } from "../../../provisioner/access/account";
import type { EngineSession } from "../../../provisioner/engines/engine";
import {
  codeIs,
  createLogin,
  everywhere,
  grant,
  heldBy,
  item,
  password,
  readQuery,
  revoke,
  revokeOption,
  rows,
  run,
  type Lab,
} from "./server";

/** A login of its own for each test, in databases that all share. */
async function newLogin(lab: Lab, name: string): Promise<{ session: EngineSession; app: Account }> {
  const session = await lab.connect();
  const app = everywhere(name);
  await run(session, createLogin(app));
  return { session, app };
}

export function grantTests(lab: Lab): void {
  describe("grants", () => {
    before(async () => {
      const session = await lab.connect();
      await run(
        session,
        { op: "createDatabase", database: "my_db" },
        { op: "createDatabase", database: "myxdb", charset: "latin1" },
      );
      const admin = await lab.as(lab.server.superuser);
      for (const database of ["my_db", "myxdb"]) await admin.query(`CREATE TABLE ${database}.t (a INT, b INT)`);
      await admin.query("CREATE VIEW my_db.v AS SELECT a FROM my_db.t");
      await admin.query("CREATE PROCEDURE my_db.p() SELECT 1");
    });

    it("on a database do not reach one with a similar name", async () => {
      const { session, app } = await newLogin(lab, "grant_database");
      await run(
        session,
        grant(item(app, { database: "my_db" }), item(app, { database: "my_db", privilege: "INSERT" })),
      );
      assert.deepEqual(await heldBy(session, app.name), ["database my_db INSERT", "database my_db SELECT"]);
      const own = await lab.as({ user: app.name, password });
      await own.query("SELECT * FROM my_db.t");
      await assert.rejects(own.query("SELECT * FROM myxdb.t"), { errno: 1142 });
    });

    it("by hand with a wildcard are seen as what they are", async () => {
      const { session, app } = await newLogin(lab, "grant_pattern");
      const admin = await lab.as(lab.server.superuser);
      await admin.query(`GRANT SELECT ON \`my_db\`.* TO '${app.name}'@'%'`);
      assert.deepEqual(await heldBy(session, app.name), ["database my_db pattern SELECT"]);
      await run(session, grant(item(app, { database: "my_db" })));
      const pattern = item(app, { database: "my_db", object: "pattern" });
      await run(session, revoke(pattern));
      assert.deepEqual(await heldBy(session, app.name), ["database my_db SELECT"]);
    });

    it("on tables, columns and routines arrive and leave", async () => {
      const { session, app } = await newLogin(lab, "grant_objects");
      const items = [
        item(app, { kind: "table", database: "my_db", object: "v" }),
        item(app, { kind: "column", database: "my_db", object: "t", column: "a" }),
        item(app, { kind: "column", database: "my_db", object: "t", column: "b", privilege: "UPDATE" }),
        item(app, { kind: "routine", database: "my_db", object: "PROCEDURE p", privilege: "EXECUTE" }),
        item(app, { kind: "global", privilege: "PROCESS" }),
      ];
      const lines = [
        "column my_db t a SELECT",
        "column my_db t b UPDATE",
        "global PROCESS",
        "routine my_db PROCEDURE p EXECUTE",
        "table my_db v SELECT",
      ];
      await run(session, grant(...items));
      assert.deepEqual(await heldBy(session, app.name), lines);
      const own = await lab.as({ user: app.name, password });
      await own.query("SELECT a FROM my_db.t");
      await assert.rejects(own.query("SELECT b FROM my_db.t"), { errno: 1143 });
      await own.query("CALL my_db.p()");
      await run(session, revoke(...items));
      await run(session, revoke(...items));
      assert.deepEqual(await heldBy(session, app.name), []);
    });

    it("on a table can be revoked when the table is gone", async () => {
      const { session, app } = await newLogin(lab, "grant_dangling");
      const admin = await lab.as(lab.server.superuser);
      await admin.query("CREATE TABLE my_db.gone (a INT)");
      const items = [
        item(app, { kind: "table", database: "my_db", object: "gone" }),
        item(app, { kind: "column", database: "my_db", object: "gone", column: "a", privilege: "UPDATE" }),
      ];
      await run(session, grant(...items));
      await admin.query("DROP TABLE my_db.gone");
      assert.equal((await heldBy(session, app.name)).length, 2);
      await run(session, revoke(...items));
      assert.deepEqual(await heldBy(session, app.name), []);
    });

    it("on a table leave those on its columns", async () => {
      const { session, app } = await newLogin(lab, "grant_columns");
      const table = item(app, { kind: "table", database: "my_db", object: "t" });
      await run(session, grant(table, item(app, { ...table, kind: "column", column: "a" })));
      await run(session, revoke(table));
      assert.deepEqual(await heldBy(session, app.name), ["column my_db t a SELECT"]);
    });

    it("gain and lose the grant option, which never stays alone", async () => {
      const { session, app } = await newLogin(lab, "grant_option");
      const select = item(app, { database: "my_db" });
      const withOption = { ...select, grantable: true };
      await run(session, grant(select));
      await run(session, grant(withOption));
      assert.deepEqual(await heldBy(session, app.name), ["database my_db SELECT grantable"]);
      await run(session, revokeOption(withOption));
      assert.deepEqual(await heldBy(session, app.name), ["database my_db SELECT"]);
      await run(session, grant(withOption));
      await run(session, revoke(withOption));
      await run(session, grant(select));
      assert.deepEqual(await heldBy(session, app.name), ["database my_db SELECT"]);
    });

    if (!lab.isMariaDb)
      it("of dynamic privileges really lose the grant option", async () => {
        const { session, app } = await newLogin(lab, "grant_dynamic");
        const global = (privilege: string) => item(app, { kind: "global", privilege, grantable: true });
        const both = [global("PROCESS"), global("XA_RECOVER_ADMIN")];
        await run(session, grant(...both));
        await run(session, revokeOption(...both));
        assert.deepEqual(await heldBy(session, app.name), ["global PROCESS", "global XA_RECOVER_ADMIN"]);
        await run(session, revoke(...both));
        assert.deepEqual(await heldBy(session, app.name), []);
      });

    it("of roles are active at login and gone with the role", async () => {
      const { session, app } = await newLogin(lab, "grant_member");
      const [reader, writer] = [lab.role("role_reader"), lab.role("role_writer")];
      for (const account of [reader, writer]) await run(session, { op: "createRole", account, comment: "" });
      await run(
        session,
        grant(item(reader, { database: "my_db" }), item(writer, { database: "my_db", privilege: "INSERT" })),
      );
      const member = (object: string, active: boolean) =>
        item(app, { kind: "role", object, privilege: "MEMBER", options: { default: active } });
      await run(session, grant(member("role_reader", true)));
      await run(session, grant(member("role_writer", false)));
      assert.deepEqual(await heldBy(session, app.name), ["role role_reader MEMBER default", "role role_writer MEMBER"]);
      const own = await lab.as({ user: app.name, password });
      await own.query("SELECT * FROM my_db.t");
      await assert.rejects(own.query("INSERT INTO my_db.t VALUES (1, 2)"), { errno: 1142 });

      await run(session, revoke(member("role_reader", true)));
      await run(session, grant(member("role_reader", false)));
      assert.deepEqual(await heldBy(session, app.name), ["role role_reader MEMBER", "role role_writer MEMBER"]);
      await run(session, grant({ ...member("role_reader", true), grantable: true }));
      await run(session, revokeOption(member("role_reader", true)));
      assert.ok((await heldBy(session, app.name)).includes("role role_reader MEMBER default"));
      await run(session, { op: "dropPrincipal", account: reader }, { op: "dropPrincipal", account: writer });
      assert.deepEqual(await heldBy(session, app.name), []);
    });

    it("that cannot be are refused with the reason", async () => {
      const { session, app } = await newLogin(lab, "grant_refused");
      const refused = (code: string, fields: Parameters<typeof item>[1], grantee = app) =>
        assert.rejects(run(session, grant(item(grantee, fields))), codeIs(code));
      await refused("ObjectMissing", { kind: "table", database: "my_db", object: "no_such" });
      await refused("ObjectMissing", { kind: "column", database: "my_db", object: "t", column: "no_such" });
      await refused("ObjectMissing", {
        kind: "routine",
        database: "my_db",
        object: "FUNCTION f",
        privilege: "EXECUTE",
      });
      await refused("ObjectMissing", { database: "my_db" }, everywhere("no_such_login"));
      await refused("ObjectMissing", { kind: "role", object: "no_such_role", privilege: "MEMBER" });
      await refused("UnknownPrivilege", { database: "my_db", privilege: "PROCESS" });
      await refused("UnknownPrivilege", { database: "my_db", privilege: "FLY" });
      await refused("NotAuthorized", { kind: "global", privilege: "SHUTDOWN" });
      const nobody = await session.read(readQuery({ names: ["no_such_login"] }));
      assert.equal(nobody.principals.size, 0, "GRANT created no account");
    });

    it("of several operations stop at the first that fails", async () => {
      const { session, app } = await newLogin(lab, "grant_stop");
      const operations = [
        grant(item(app, { database: "my_db" })),
        grant(item(app, { kind: "table", database: "my_db", object: "no_such" })),
        grant(item(app, { kind: "table", database: "my_db", object: "t", privilege: "DELETE" })),
      ];
      await assert.rejects(run(session, ...operations), codeIs("ObjectMissing"));
      assert.deepEqual(await heldBy(session, app.name), ["database my_db SELECT"]);
    });
  });

  describe("databases", () => {
    it("are read with their character set, tables and views", async () => {
      const session = await lab.connect();
      const state = await session.read(
        readQuery({ databases: ["my_db", "myxdb", "no_such"], schemas: [{ database: "my_db", schema: "" }] }),
      );
      assert.deepEqual([...state.databases.keys()].sort(), ["my_db", "myxdb"]);
      assert.equal(state.databases.get("my_db")?.charset, "utf8mb4");
      assert.equal(state.databases.get("myxdb")?.charset, "latin1");
      const relations = state.relations.map((each) => `${each.kind} ${each.database}.${each.name}`).sort();
      assert.deepEqual(relations, ["table my_db.t", "view my_db.v"]);
    });

    it("are created once and dropped for good", async () => {
      const session = await lab.connect();
      const create = { op: "createDatabase", database: "short_lived" } as const;
      await run(session, create);
      await assert.rejects(run(session, create), codeIs("DatabaseExists"));
      await run(session, { op: "dropDatabase", database: "short_lived" });
      await run(session, { op: "dropDatabase", database: "short_lived" });
      const admin = await lab.as(lab.server.superuser);
      assert.deepEqual(await rows(admin, "SHOW DATABASES LIKE 'short%'"), []);
    });
  });
}
