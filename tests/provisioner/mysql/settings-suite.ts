import * as assert from "node:assert/strict";
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
  rows,
  run,
  type Lab,
} from "./server";

/** What a parameter group may have set. Each test puts the server back as it was. */
export function settingsTests(lab: Lab): void {
  describe("server settings", () => {
    async function withSetting(name: string, value: string | number, test: () => Promise<void>): Promise<void> {
      const admin = await lab.as(lab.server.superuser);
      const [before] = await rows(admin, `SELECT @@GLOBAL.${name} AS value`);
      await admin.query(`SET GLOBAL ${name} = ?`, [value]);
      try {
        await test();
      } finally {
        await admin.query(`SET GLOBAL ${name} = ?`, [before?.value]);
      }
    }

    it("that change how literals are read change nothing", async () => {
      await withSetting("sql_mode", "ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT", async () => {
        const session = await lab.connect();
        const app = everywhere("settings_quotes");
        const database = 'it\'s \\ a "db" `x_y%';
        await run(session, { op: "createDatabase", database }, createLogin(app, { comment: 'it\'s \\ "mine"' }));
        await run(session, grant(item(app, { database })));
        assert.deepEqual(await heldBy(session, app.name), [`database ${database} SELECT`]);
        assert.equal(await session.probe(app, password), "accepted");
        await run(session, { op: "dropDatabase", database });
      });
    });

    it("that make the server read only are named, and waited for", async () => {
      await withSetting("read_only", 1, async () => {
        await assert.rejects(lab.connect({ deadline: Date.now() + 600 }), codeIs("ServerReadOnly", /writer/));
        const session = lab.connect();
        await new Promise((resolve) => setTimeout(resolve, 600));
        await (await lab.as(lab.server.superuser)).query("SET GLOBAL read_only = 0");
        assert.equal((await session).facts.version, lab.server.version);
      });
    });

    it("that leave no connection free are waited for", async () => {
      // The admin may not use the connection that is kept for those who could make room.
      const admin = await lab.as(lab.server.superuser);
      const holders = await Promise.all(Array.from({ length: 12 }, () => lab.as(lab.server.superuser)));
      const probing = await lab.connect({ deadline: Date.now() + 1500 });
      const [count] = await rows(admin, "SELECT COUNT(*) AS n FROM information_schema.PROCESSLIST");
      await withSetting("max_connections", Math.max(10, Number(count?.n) - 2), async () => {
        assert.equal(await probing.probe(everywhere("anybody"), password), "full");
        await assert.rejects(lab.connect({ deadline: Date.now() + 600 }), codeIs("Throttled"));
        const session = lab.connect();
        await new Promise((resolve) => setTimeout(resolve, 400));
        await Promise.all(holders.map((holder) => holder.end()));
        await session;
      });
    });

    it("that turn the server read only in between stop a change, which can be run again", async () => {
      const session = await lab.connect();
      const app = everywhere("settings_readonly");
      await run(session, { op: "createDatabase", database: "read_only_db" }, createLogin(app));
      await withSetting("read_only", 1, async () => {
        await assert.rejects(
          run(session, grant(item(app, { database: "read_only_db" }))),
          (error: Error & { code?: string; transient?: boolean }) =>
            error.code === "ServerReadOnly" && error.transient === true,
        );
      });
      assert.deepEqual(await heldBy(session, app.name), []);
      await run(session, grant(item(app, { database: "read_only_db" })));
      assert.deepEqual(await heldBy(session, app.name), ["database read_only_db SELECT"]);
    });

    it("that force TLS are known", async () => {
      assert.equal((await lab.connect()).facts.forcesTls, false);
      await withSetting("require_secure_transport", 1, async () => {
        assert.equal((await lab.connect()).facts.forcesTls, true);
      });
    });

    if (lab.isMariaDb) return;
    it("that allow partial revokes make database names literal", async () => {
      await withSetting("partial_revokes", 1, async () => {
        const session = await lab.connect();
        assert.equal(session.facts.partialRevokes, true);
        const app = everywhere("settings_literal");
        await run(session, { op: "createDatabase", database: "part_ial" }, createLogin(app));
        await run(session, grant(item(app, { database: "part_ial", privilege: "CREATE" })));
        assert.deepEqual(await heldBy(session, app.name), ["database part_ial CREATE"]);
        const own = await lab.as({ user: app.name, password });
        await own.query("CREATE TABLE part_ial.t (a INT)");
        await run(session, revoke(item(app, { database: "part_ial", privilege: "CREATE" })));
        assert.deepEqual(await heldBy(session, app.name), []);
      });
    });

    it("that allow partial revokes take one database out of what is held everywhere", async () => {
      await withSetting("partial_revokes", 1, async () => {
        const session = await lab.connect();
        const app = everywhere("settings_partial");
        const admin = await lab.as(lab.server.superuser);
        for (const database of ["cut_out", "cutXout"]) {
          await run(session, { op: "createDatabase", database });
          await admin.query(`CREATE TABLE ${database}.t (a INT)`);
        }
        const everywhereSelect = item(app, { kind: "global" });
        const select = item(app, { database: "cut_out" });
        await run(session, createLogin(app), grant(everywhereSelect));
        await run(session, revoke(select));
        const cut = ["database cut_out SELECT absent", "global SELECT"];
        assert.deepEqual(await heldBy(session, app.name), cut);
        const own = await lab.as({ user: app.name, password });
        await assert.rejects(own.query("SELECT * FROM cut_out.t"), { errno: 1142 });
        await own.query("SELECT * FROM cutXout.t");

        await run(session, grant(select));
        assert.deepEqual(await heldBy(session, app.name), ["global SELECT"], "no row of the database's own is left");
        await (await lab.as({ user: app.name, password })).query("SELECT * FROM cut_out.t");

        // A row of its own is what the first REVOKE takes.
        await session.lock(Date.now() + 5000);
        await session.read(readQuery({ names: [app.name] }));
        await run(session, grant(select), grant(item(app, { database: "cut_out", privilege: "INSERT" })));
        assert.deepEqual(await heldBy(session, app.name), [
          "database cut_out INSERT",
          "database cut_out SELECT",
          "global SELECT",
        ]);
        await run(session, revoke(select));
        assert.deepEqual(await heldBy(session, app.name), ["database cut_out INSERT", "global SELECT"]);
        await run(session, grant(select));
        await run(session, revoke(select), revoke(select));
        assert.deepEqual(await heldBy(session, app.name), [cut[0], "database cut_out INSERT", "global SELECT"].sort());
        await assert.rejects((await lab.as({ user: app.name, password })).query("SELECT * FROM cut_out.t"), {
          errno: 1142,
        });
        await admin.query(`GRANT INSERT ON *.* TO '${app.name}'@'%' WITH GRANT OPTION`);
        await admin.query(`REVOKE GRANT OPTION ON cutXout.* FROM '${app.name}'@'%'`);
        const absent = (await heldBy(session, app.name)).filter((line) => line.endsWith("absent"));
        assert.deepEqual(absent, [cut[0]], "the option is no privilege");
        await run(session, { op: "dropPrincipal", account: app });
      });
    });
  });
}
