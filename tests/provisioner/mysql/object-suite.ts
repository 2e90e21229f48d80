import * as assert from "node:assert/strict";
import type { Connection } from "mysql2/promise";
import {
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

/** What a login may do is tried, before, while and after. */
export function objectTests(lab: Lab): void {
  describe("privileges below and above a database", () => {
    before(async () => {
      const session = await lab.connect();
      await run(session, { op: "createDatabase", database: "below" });
      const admin = await lab.as(lab.server.superuser);
      await admin.query("CREATE TABLE below.t (a INT, Mixed INT, c INT)");
      await admin.query("INSERT INTO below.t VALUES (1, 2, 3)");
      await admin.query("CREATE VIEW below.v AS SELECT a FROM below.t");
      await admin.query("CREATE FUNCTION below.Total() RETURNS INT DETERMINISTIC RETURN 7");
      await admin.query("CREATE PROCEDURE below.Total() SELECT 7 AS seven");
    });

    const refusedBy = (own: Connection, sql: string, errno: number) => assert.rejects(own.query(sql), { errno });

    it("on the whole server are used, read and revoked", async () => {
      const session = await lab.connect();
      const app = everywhere("object_global");
      await run(session, createLogin(app));
      const status = "SHOW ENGINE INNODB STATUS";
      await refusedBy(await lab.as({ user: app.name, password }), status, 1227);
      const privileges = ["PROCESS", "SHOW DATABASES", "REPLICATION SLAVE", "RELOAD"];
      const monitor = lab.isMariaDb ? "BINLOG MONITOR" : "REPLICATION CLIENT";
      const items = [...privileges, monitor].map((privilege) => item(app, { kind: "global", privilege }));
      await run(session, grant(...items));
      assert.deepEqual(
        await heldBy(session, app.name),
        [...privileges, monitor].map((privilege) => `global ${privilege}`).sort(),
      );
      await (await lab.as({ user: app.name, password })).query(status);
      await run(session, revoke(...items));
      assert.deepEqual(await heldBy(session, app.name), []);
      await refusedBy(await lab.as({ user: app.name, password }), status, 1227);
    });

    if (!lab.isMariaDb)
      it("on the whole server may be dynamic", async () => {
        const session = await lab.connect();
        const app = everywhere("object_dynamic");
        await run(session, createLogin(app));
        const recover = item(app, { kind: "global", privilege: "XA_RECOVER_ADMIN" });
        const own = await lab.as({ user: app.name, password });
        await refusedBy(own, "XA RECOVER", 1401);
        await run(session, grant(recover));
        assert.deepEqual(await heldBy(session, app.name), ["global XA_RECOVER_ADMIN"]);
        await (await lab.as({ user: app.name, password })).query("XA RECOVER");
        await run(session, revoke(recover));
        assert.deepEqual(await heldBy(session, app.name), []);
        await refusedBy(await lab.as({ user: app.name, password }), "XA RECOVER", 1401);
      });

    if (lab.isMariaDb)
      it("on the whole server are read of a role, which the server's own list leaves out", async () => {
        const session = await lab.connect();
        const role = { name: "object_role", host: "" };
        await run(session, { op: "createRole", account: role, comment: "" });
        const { grantableGlobals = [] } = await session.read(readQuery({ globals: true }));
        const held = async (): Promise<string[]> => (await heldBy(session, role.name)).sort();
        for (const privilege of grantableGlobals) {
          const one = item(role, { kind: "global", privilege });
          await run(session, grant(one));
          assert.deepEqual(await held(), [`global ${privilege}`]);
          await run(session, revoke(one));
          assert.deepEqual(await held(), []);
        }
        assert.ok(grantableGlobals.length > 20, "the admin has something to give");
      });

    it("that the provisioner's login may pass on are told when asked", async () => {
      assert.equal((await (await lab.connect()).read(readQuery({}))).grantableGlobals, undefined);
      const superuser = await lab.as(lab.server.superuser);
      const admin = `'${lab.server.admin.user}'@'%'`;
      // Static privileges share the option that a role of the admin has; a dynamic one comes without.
      const further = lab.isMariaDb ? ["SHUTDOWN"] : ["SHUTDOWN", "BACKUP_ADMIN"];
      await superuser.query(`GRANT ${further.join(", ")} ON *.* TO ${admin}`);
      try {
        const session = await lab.connect();
        const { grantableGlobals = [] } = await session.read(readQuery({ globals: true }));
        const own = lab.isMariaDb ? "BINLOG MONITOR" : "XA_RECOVER_ADMIN";
        for (const privilege of ["PROCESS", "RELOAD", "SELECT", "SHUTDOWN", own])
          assert.ok(grantableGlobals.includes(privilege), privilege);
        for (const privilege of ["SUPER", "FILE", "SYSTEM_USER", "USAGE", "BACKUP_ADMIN"])
          assert.ok(!grantableGlobals.includes(privilege), privilege);
        const app = everywhere("object_grantable");
        await run(session, createLogin(app));
        await run(session, grant(...grantableGlobals.map((privilege) => item(app, { kind: "global", privilege }))));
        assert.equal((await heldBy(session, app.name)).length, grantableGlobals.length, "each of them really can be");
        await run(session, { op: "dropPrincipal", account: app });
      } finally {
        await superuser.query(`REVOKE ${further.join(", ")} ON *.* FROM ${admin}`);
      }
    });

    it("on columns are used, read and revoked one by one", async () => {
      const session = await lab.connect();
      const app = everywhere("object_column");
      await run(session, createLogin(app));
      const column = (name: string, privilege: string) =>
        item(app, { kind: "column", database: "below", object: "t", column: name, privilege });
      const all = [column("a", "SELECT"), column("Mixed", "SELECT"), column("Mixed", "UPDATE")];
      await run(session, grant(...all));
      assert.deepEqual(await heldBy(session, app.name), [
        "column below t Mixed SELECT",
        "column below t Mixed UPDATE",
        "column below t a SELECT",
      ]);
      const own = await lab.as({ user: app.name, password });
      await own.query("UPDATE below.t SET Mixed = a + 1");
      await refusedBy(own, "SELECT c FROM below.t", 1143);
      await refusedBy(own, "UPDATE below.t SET a = 2", 1143);
      await run(session, revoke(column("Mixed", "UPDATE")));
      await refusedBy(await lab.as({ user: app.name, password }), "UPDATE below.t SET Mixed = 3", 1142);
      assert.deepEqual(await heldBy(session, app.name), ["column below t Mixed SELECT", "column below t a SELECT"]);
      await (await lab.as({ user: app.name, password })).query("SELECT a, mixed FROM below.t");
      await run(session, revoke(column("a", "SELECT"), column("Mixed", "SELECT")));
      assert.deepEqual(await heldBy(session, app.name), []);
    });

    it("on routines tell functions from procedures, whatever the case of their names", async () => {
      const session = await lab.connect();
      const app = everywhere("object_routine");
      await run(session, createLogin(app));
      const execute = (object: string) =>
        item(app, { kind: "routine", database: "below", object, privilege: "EXECUTE" });
      const admin = await lab.as(lab.server.superuser);
      await admin.query(`GRANT EXECUTE ON FUNCTION below.TOTAL TO '${app.name}'@'%'`);
      assert.deepEqual(await heldBy(session, app.name), ["routine below FUNCTION total EXECUTE"]);
      const own = await lab.as({ user: app.name, password });
      assert.equal((await rows(own, "SELECT below.total() AS seven"))[0]?.seven, 7);
      await refusedBy(own, "CALL below.total()", 1370);
      await run(session, grant(execute("PROCEDURE Total")));
      await (await lab.as({ user: app.name, password })).query("CALL below.total()");
      await run(session, revoke(execute("FUNCTION total")));
      assert.deepEqual(await heldBy(session, app.name), ["routine below PROCEDURE total EXECUTE"]);
      await refusedBy(await lab.as({ user: app.name, password }), "SELECT below.total()", 1370);

      const withOption = { ...execute("PROCEDURE total"), grantable: true };
      await run(session, grant(withOption));
      assert.deepEqual(await heldBy(session, app.name), ["routine below PROCEDURE total EXECUTE grantable"]);
      await run(session, revokeOption(withOption));
      assert.deepEqual(await heldBy(session, app.name), ["routine below PROCEDURE total EXECUTE"]);
      await run(session, revoke(withOption));
      assert.deepEqual(await heldBy(session, app.name), []);
    });

    it("on a routine can be revoked when the routine is gone", async () => {
      const session = await lab.connect();
      const app = everywhere("object_gone");
      const admin = await lab.as(lab.server.superuser);
      await admin.query("CREATE PROCEDURE below.gone() SELECT 1");
      await run(session, createLogin(app));
      const execute = item(app, { kind: "routine", database: "below", object: "PROCEDURE gone", privilege: "EXECUTE" });
      await run(session, grant(execute));
      await admin.query("SET GLOBAL automatic_sp_privileges = 0");
      await admin.query("DROP PROCEDURE below.gone");
      await admin.query("SET GLOBAL automatic_sp_privileges = 1");
      await run(session, revoke(execute));
      assert.deepEqual(await heldBy(session, app.name), []);
    });

    it("name routines and columns that are there", async () => {
      const session = await lab.connect();
      const read = (fields: Parameters<typeof readQuery>[0]) => session.read(readQuery(fields));
      const whole = await read({ schemas: [{ database: "below", schema: "", routines: true }] });
      assert.deepEqual(whole.relations.map((each) => `${each.kind} ${each.name}`).sort(), [
        "routine FUNCTION total",
        "routine PROCEDURE total",
        "table t",
        "view v",
      ]);
      const tables = await read({ schemas: [{ database: "below", schema: "" }] });
      assert.deepEqual(tables.relations.map((each) => each.kind).sort(), ["table", "view"]);
      const of = (table: string) => ({ database: "below", schema: "", table });
      const some = await read({ columnsOf: [of("t"), of("v"), of("no_such")] });
      const found = some.relations.map((each) => `${each.kind} ${each.name} (${each.columns?.join(", ") ?? ""})`);
      assert.deepEqual(found.sort(), ["table t (a, Mixed, c)", "view v (a)"]);
      const both = await read({ schemas: [{ database: "below", schema: "" }], columnsOf: [of("t")] });
      const columns = new Map(both.relations.map((each) => [each.name, each.columns]));
      assert.deepEqual([columns.get("t"), columns.get("v")], [["a", "Mixed", "c"], undefined]);
      assert.equal(both.relations.length, 2);
    });
  });
}
