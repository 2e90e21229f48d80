import * as assert from "node:assert/strict";
import type { Account } from "../../../provisioner/access/account";
import { findAccount } from "../../../provisioner/access/server";
import {
  codeIs,
  createLogin,
  everywhere,
  grant,
  heldAt,
  heldBy,
  item,
  password,
  readQuery,
  revoke,
  rows,
  run,
  type Lab,
} from "./server";

/** Where the tests' connections come from. */
const here = "127.0.0.%";

export function hostTests(lab: Lab): void {
  describe("accounts of one login", () => {
    before(async () => {
      const session = await lab.connect();
      await run(session, { op: "createDatabase", database: "hosted" });
      const admin = await lab.as(lab.server.superuser);
      await admin.query("CREATE TABLE hosted.t (a INT, b INT)");
      await admin.query("CREATE FUNCTION hosted.f() RETURNS INT DETERMINISTIC RETURN 1");
    });

    const createRoles = async (...names: string[]): Promise<Account[]> => {
      const session = await lab.connect();
      const roles = names.map((name) => lab.role(name));
      await run(session, ...roles.map((account) => ({ op: "createRole", account, comment: "" }) as const));
      return roles;
    };

    it("at different hosts have their own privileges", async () => {
      const session = await lab.connect();
      const [near, far] = [
        { name: "host_two", host: here },
        { name: "host_two", host: "10.%" },
      ];
      await run(session, createLogin(near), createLogin(far));
      const select = (account: Account) => item(account, { database: "hosted" });
      await run(session, grant(select(near), select(far)));
      await run(session, revoke(select(far)));
      assert.deepEqual(await heldAt(session, near), ["database hosted SELECT"]);
      assert.deepEqual(await heldAt(session, far), []);
      await (await lab.as({ user: near.name, password })).query("SELECT * FROM hosted.t");
    });

    it("are renamed with everything they have", async () => {
      const session = await lab.connect();
      const [from, to] = [
        { name: "host_moving", host: "10.9.%" },
        { name: "host_moving", host: here },
      ];
      const attributes = { requireTls: true, connectionLimit: 5, passwordExpires: 30 };
      const limits = { queriesPerHour: 100, updatesPerHour: 90, connectionsPerHour: 80 };
      await createRoles("host_role_a", "host_role_b");
      await run(
        session,
        createLogin(from, { attributes: { ...attributes, limits } }),
        grant(
          item(from, { kind: "global", privilege: "PROCESS" }),
          item(from, { database: "hosted" }),
          item(from, { kind: "table", database: "hosted", object: "t", privilege: "INSERT", grantable: true }),
          item(from, { kind: "column", database: "hosted", object: "t", column: "a", privilege: "UPDATE" }),
          item(from, { kind: "routine", database: "hosted", object: "FUNCTION f", privilege: "EXECUTE" }),
          item(from, { kind: "role", object: "host_role_a", privilege: "MEMBER", grantable: true, options: on }),
          item(from, { kind: "role", object: "host_role_b", privilege: "MEMBER", options: off }),
        ),
      );
      const held = await heldAt(session, from);
      assert.equal(held.length, 7);
      const read = async (account: Account) =>
        findAccount(await session.read(readQuery({ names: [from.name] })), account);
      const before = await read(from);
      assert.equal(await session.probe(from, password), "refused");

      await run(session, { op: "renameAccount", account: from, to });
      assert.deepEqual(await heldAt(session, to), held);
      assert.deepEqual(await heldAt(session, from), []);
      assert.equal(await read(from), undefined);
      assert.deepEqual(await read(to), { ...before, account: to });

      const own = await lab.as({ user: to.name, password });
      await own.query("SELECT * FROM hosted.t");
      await own.query("INSERT INTO hosted.t VALUES (1, 2)");
      await own.query("UPDATE hosted.t SET a = 3");
      await assert.rejects(own.query("UPDATE hosted.t SET b = 3"), { errno: 1143 });
      await own.query("SELECT hosted.f()");
      const [{ role }] = await rows(own, "SELECT CURRENT_ROLE() AS role");
      assert.match(String(role), /host_role_a/);
      // What the server keeps in memory counts, not only its tables.
      const other = everywhere("host_other");
      await run(session, createLogin(other));
      await own.query(`GRANT ${lab.isMariaDb ? "host_role_a" : "'host_role_a'@'%'"} TO '${other.name}'@'%'`);
      assert.deepEqual(await heldBy(session, other.name), ["role host_role_a MEMBER"]);

      const items = (await session.read(readQuery({ names: [to.name] }))).items;
      await run(session, revoke(...items));
      assert.deepEqual(await heldAt(session, to), []);
    });

    it("are not renamed over another, nor when they are gone", async () => {
      const session = await lab.connect();
      const [one, two] = [everywhere("host_one"), { name: "host_one", host: here }];
      await run(session, createLogin(one), createLogin(two));
      await assert.rejects(run(session, { op: "renameAccount", account: one, to: two }), codeIs("UserExists"));
      const gone = { name: "host_gone", host: "10.1.%" };
      await assert.rejects(
        run(session, { op: "renameAccount", account: gone, to: { ...gone, host: here } }),
        codeIs("UserExists", /gone/),
      );
      assert.equal(
        (await session.read(readQuery({ names: ["host_one"] }))).principals.get("host_one")?.accounts.length,
        2,
      );
    });

    it("keep default roles that are not ours to name", async () => {
      if (lab.isMariaDb) return;
      const session = await lab.connect();
      const app = everywhere("host_defaults");
      await createRoles("host_role_c");
      await run(session, createLogin(app));
      const admin = await lab.as(lab.server.superuser);
      await admin.query("CREATE ROLE 'host_role_c'@'10.%', 'host_mandatory'@'%'");
      await admin.query("SET GLOBAL mandatory_roles = 'host_mandatory'");
      try {
        await admin.query(`GRANT 'host_role_c'@'10.%' TO '${app.name}'@'%'`);
        await admin.query(`SET DEFAULT ROLE 'host_role_c'@'10.%', 'host_mandatory'@'%' TO '${app.name}'@'%'`);
        await run(session, grant(item(app, { kind: "role", object: "host_role_c", privilege: "MEMBER", options: on })));
        const defaults = await rows(
          admin,
          "SELECT CONCAT(DEFAULT_ROLE_USER, '@', DEFAULT_ROLE_HOST) AS role FROM mysql.default_roles WHERE USER = ? ORDER BY 1",
          [app.name],
        );
        assert.deepEqual(
          defaults.map((row) => String(row.role)),
          ["host_mandatory@%", "host_role_c@%", "host_role_c@10.%"],
        );
        assert.deepEqual(await heldBy(session, app.name), [
          "role host_role_c MEMBER default",
          "role host_role_c@10.% MEMBER default",
        ]);
      } finally {
        await admin.query("SET GLOBAL mandatory_roles = ''");
      }
    });
  });
}

const on = { default: true };
const off = { default: false };
