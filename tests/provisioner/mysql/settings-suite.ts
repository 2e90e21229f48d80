import * as assert from "node:assert/strict";
import { codeIs, createLogin, everywhere, grant, heldBy, item, password, revoke, rows, run, type Lab } from "./server";

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

    it("that make the server read only are found at once", async () => {
      await withSetting("read_only", 1, async () => {
        await assert.rejects(lab.connect(), codeIs("ServerReadOnly", /writer/));
      });
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
  });
}
