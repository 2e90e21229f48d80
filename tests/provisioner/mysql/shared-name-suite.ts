import * as assert from "node:assert/strict";
import type { Account } from "../../../provisioner/access/account";
import type { Item } from "../../../provisioner/access/item";
import { findAccount } from "../../../provisioner/access/server";
import type { EngineSession } from "../../../provisioner/engines/engine";
import {
  codeIs,
  createLogin,
  everywhere,
  grant,
  heldAt,
  item,
  password,
  readQuery,
  revoke,
  rows,
  run,
  type Lab,
} from "./server";

const member = (of: string, account: Account): Item =>
  item(account, { kind: "role", object: of, privilege: "MEMBER", options: { default: true } });

/** One role that holds everything, and the logins that take turns in using it. */
export function sharedNameTests(lab: Lab): void {
  describe("logins that share a role", () => {
    const [one, two] = [everywhere("turn_a"), everywhere("turn_b")];
    const reads = async (login: Account): Promise<boolean> => {
      const own = await lab.as({ user: login.name, password });
      const result = await own.query("SELECT * FROM turns.t").then(
        () => true,
        (error: { errno: number }) => assert.ok([1142, 1044].includes(error.errno)) ?? false,
      );
      await own.end();
      return result;
    };

    it("have what it is granted, while both are there and when one is locked", async () => {
      const session = await lab.connect();
      const role = lab.role("turn_role");
      await run(session, { op: "createDatabase", database: "turns" }, createLogin(one), createLogin(two));
      await (await lab.as(lab.server.superuser)).query("CREATE TABLE turns.t (a INT)");
      await run(session, { op: "createRole", account: role, comment: "" });
      await run(session, grant(member(role.name, one), member(role.name, two)));
      assert.deepEqual([await reads(one), await reads(two)], [false, false]);
      await run(session, grant(item(role, { database: "turns" })));
      assert.deepEqual([await reads(one), await reads(two)], [true, true]);
      await run(session, { op: "lockLogin", account: one }, { op: "endSessions", account: one });
      assert.equal(await session.probe(one, password), "locked");
      assert.equal(await reads(two), true);
      await run(session, revoke(item(role, { database: "turns" })));
      assert.equal(await reads(two), false);
      await run(session, { op: "dropPrincipal", account: role });
    });

    if (lab.isMariaDb) mariadbTests(lab, one, reads);
  });
}

function mariadbTests(lab: Lab, one: Account, reads: (login: Account) => Promise<boolean>): void {
  const login = everywhere("turn");
  const role = lab.role("turn");
  const bothOf = async (session: EngineSession) => [await heldAt(session, login), await heldAt(session, role)];

  it("are told from a login that has the role's name", async () => {
    const session = await lab.connect();
    await session.lock(Date.now() + 5000);
    await run(session, createLogin(login), grant(item(login, { database: "turns" })));
    await run(
      session,
      { op: "createRole", account: role, comment: "" },
      { op: "alterLogin", account: one, attributes: { locked: false } },
    );
    await run(session, grant(item(role, { database: "turns", privilege: "INSERT" }), member("turn", one)));
    assert.deepEqual(await bothOf(session), [["database turns SELECT"], ["database turns INSERT"]]);
    const state = await session.read(readQuery({ names: ["turn"] }));
    const kinds = [login, role].map((account) => findAccount(state, account)?.login);
    assert.deepEqual(kinds, [true, false]);
    assert.equal(await reads(one), false);

    // What the login holds moves to the role; then the login goes, and the role and its members stay.
    await run(session, grant(item(role, { database: "turns" })));
    await run(session, revoke(item(login, { database: "turns" })));
    assert.deepEqual(await bothOf(session), [[], ["database turns INSERT", "database turns SELECT"]]);
    const own = await lab.as({ user: "turn", password });
    await run(session, { op: "endSessions", account: role });
    await own.query("SELECT 1");
    await run(session, { op: "lockLogin", account: login }, { op: "endSessions", account: login });
    await assert.rejects(own.query("SELECT 1"));
    await run(session, { op: "dropPrincipal", account: login });
    assert.equal(await session.probe(login, password), "refused");
    assert.equal(await reads(one), true);

    // Also what the session remembers: a membership that ends takes its place as default role along.
    await run(session, revoke(member("turn", one)));
    const admin = await lab.as(lab.server.superuser);
    const defaults = await rows(
      admin,
      "SELECT JSON_VALUE(Priv, '$.default_role') AS name FROM mysql.global_priv WHERE User = ?",
      [one.name],
    );
    assert.equal(defaults[0]?.name ?? "", "");
    assert.equal(await reads(one), false);
    await session.unlock();
  });

  it("leave a login that has the role's name when the role goes", async () => {
    const session = await lab.connect();
    await run(session, createLogin(login), grant(item(login, { database: "turns" })));
    await run(session, { op: "dropPrincipal", account: role });
    const { principals } = await session.read(readQuery({ names: ["turn"] }));
    assert.deepEqual(
      principals.get("turn")?.accounts.map((each) => each.account),
      [login],
    );
    assert.equal(await reads(login), true);
  });

  const setsDefaultRoles = async (session: EngineSession): Promise<boolean | undefined> =>
    (await session.read({ ...readQuery({ names: [] }), defaultRoles: true })).setsDefaultRoles;

  it("need an admin who may say which role is active at login", async () => {
    const session = await lab.connect();
    assert.equal(await setsDefaultRoles(session), true);
    await run(session, { op: "createRole", account: role, comment: "" });
    const admin = await lab.as(lab.server.superuser);
    const poor = { username: "turn_admin", password };
    await admin.query(`CREATE USER turn_admin IDENTIFIED BY '${password}'`);
    await admin.query("GRANT CREATE USER, SELECT ON *.* TO turn_admin");
    await (await lab.as(lab.server.admin)).query("GRANT turn TO turn_admin WITH ADMIN OPTION");
    const without = await lab.connect(poor);
    assert.equal(await setsDefaultRoles(without), false);
    await assert.rejects(
      run(without, grant(member("turn", one))),
      codeIs("NotAuthorized", /setting the default roles of turn_a/),
    );
    for (const [given, able, taken] of [
      ["GRANT UPDATE ON mysql.global_priv TO turn_admin", false],
      ["GRANT UPDATE ON mysql.* TO turn_admin", true, "REVOKE UPDATE ON mysql.* FROM turn_admin"],
      ["GRANT UPDATE ON *.* TO turn_admin", true, "REVOKE UPDATE ON *.* FROM turn_admin"],
      ["GRANT UPDATE ON mysql.* TO turn", false],
      ["SET DEFAULT ROLE turn FOR turn_admin", true],
    ] as const) {
      await admin.query(given);
      const again = await lab.connect(poor);
      assert.equal(await setsDefaultRoles(again), able, given);
      const granted = run(again, grant(member("turn", one)));
      await (able ? granted : assert.rejects(granted, codeIs("NotAuthorized")));
      await run(session, revoke(member("turn", one)));
      if (taken !== undefined) await admin.query(taken);
    }
  });
}
