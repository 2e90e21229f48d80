import assert from "node:assert/strict";

import type { Item } from "../../../provisioner/access/item";
import { createLogin, createRole, grant, item, password, readQuery, revoke, run, type Lab } from "./server";

/** One role that holds and owns everything, and the logins that take turns in using it. */
export function sharedRoleTests(lab: Lab): void {
  describe("logins that share a role", () => {
    const member = (name: string, role: string): Item =>
      item(name, {
        kind: "role",
        object: role,
        privilege: "MEMBER",
        ...(lab.major >= 16 ? { options: { inherit: true, set: true } } : {}),
      });
    const turnOf = (name: string, role: string) => createLogin(name, { attributes: { settings: { role } } });
    const inside = (name: string) => lab.as({ user: name, password }, "turns");
    const whoami = async (name: string): Promise<[string, string]> => {
      const { rows } = await (await inside(name)).query("SELECT session_user AS login, current_user AS acts");
      return [rows[0].login, rows[0].acts];
    };

    before(() => lab.database("turns", "turns_owner"));

    it("begin as the role, have what it is granted, and make what it owns", async () => {
      const session = await lab.connect();
      await run(session, createRole("turn"), turnOf("turn_a", "turn"), turnOf("turn_b", "turn"));
      await run(session, grant(member("turn_a", "turn"), member("turn_b", "turn")));
      const { principals } = await session.read(readQuery({ names: ["turn_a"] }));
      assert.deepEqual(principals.get("turn_a")?.accounts[0].settings, { role: "turn" });
      assert.deepEqual(
        [await whoami("turn_a"), await whoami("turn_b")],
        [
          ["turn_a", "turn"],
          ["turn_b", "turn"],
        ],
      );
      const [one, two] = [await inside("turn_a"), await inside("turn_b")];
      await assert.rejects(one.query("SELECT FROM app.t"), { code: "42501" });
      const schema = { kind: "schema", database: "turns", schema: "app" } as const;
      await run(
        session,
        grant(
          item("turn", { ...schema, privilege: "USAGE" }),
          item("turn", { ...schema, privilege: "CREATE" }),
          item("turn", { database: "turns", schema: "app", object: "t" }),
        ),
      );
      await one.query("SELECT FROM app.t");
      await two.query("SELECT FROM app.t");
      await one.query("CREATE TABLE app.made (a int)");
      await two.query("ALTER TABLE app.made ADD COLUMN b int");
      const { rows } = await two.query("SELECT tableowner FROM pg_tables WHERE tablename = 'made'");
      assert.deepEqual(rows, [{ tableowner: "turn" }]);
    });

    it("are locked one by one, and are nobody without the membership", async () => {
      const session = await lab.connect();
      await run(session, { op: "lockLogin", account: { name: "turn_a" } });
      assert.equal(await session.probe({ name: "turn_a" }, password), "locked");
      assert.equal(await session.probe({ name: "turn_a" }, "wrong"), "refused");
      assert.deepEqual(await whoami("turn_b"), ["turn_b", "turn"]);
      await run(session, revoke({ ...member("turn_b", "turn"), grantor: lab.server.admin.user }));
      // The server warns, lets it in and leaves it what it is by itself.
      assert.deepEqual(await whoami("turn_b"), ["turn_b", "turn_b"]);
      await assert.rejects((await inside("turn_b")).query("SELECT FROM app.t"), { code: "42501" });
    });

    it("go on with what a login held and owned that has become the role", async () => {
      const session = await lab.connect();
      await run(session, createLogin("grown"));
      const schema = { kind: "schema", database: "turns", schema: "app" } as const;
      await run(
        session,
        grant(
          item("grown", { ...schema, privilege: "USAGE" }),
          item("grown", { ...schema, privilege: "CREATE" }),
          item("grown", { database: "turns", schema: "app", object: "u" }),
        ),
      );
      const before = await inside("grown");
      await before.query("CREATE TABLE app.grown (a int)");
      const ended = new Promise((resolve) => before.once("end", resolve));
      await run(session, turnOf("grown_a", "grown"), grant(member("grown_a", "grown")));
      await (await inside("grown_a")).query("INSERT INTO app.grown SELECT 1 FROM app.u");
      await run(
        session,
        { op: "lockLogin", account: { name: "grown" } },
        { op: "endSessions", account: { name: "grown" } },
      );
      await ended;
      assert.equal(await session.probe({ name: "grown" }, password), "locked");
      const after = await inside("grown_a");
      await after.query("INSERT INTO app.grown SELECT 1 FROM app.u");
      await after.query("ALTER TABLE app.grown ADD COLUMN b int");
      assert.deepEqual(await whoami("grown_a"), ["grown_a", "grown"]);
    });

    it("are refused a second password", async () => {
      const session = await lab.connect();
      for (const op of ["addPassword", "discardPassword"] as const)
        await assert.rejects(run(session, createLogin("second"), { op, account: { name: "second" } }), {
          code: "NotSupported",
          message: /alternating/,
        });
      const { principals } = await session.read(readQuery({ names: ["second", "grown_a"] }));
      assert.equal(principals.has("second"), false);
      const [state] = principals.get("grown_a")?.accounts ?? [];
      assert.equal(session.matches(state, password), undefined);
    });
  });
}
