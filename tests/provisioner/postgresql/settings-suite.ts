import assert from "node:assert/strict";

import { codeIs, createLogin, password, readQuery, run, type Lab } from "./server";

export function settingsTests(lab: Lab): void {
  describe("settings of a login", () => {
    const settingsOf = async (name: string): Promise<Record<string, string> | undefined> => {
      const session = await lab.connect();
      return (await session.read(readQuery({ names: [name] }))).principals.get(name)?.accounts[0].settings;
    };

    it("are what its sessions begin with, and read as they were set", async () => {
      const session = await lab.connect();
      const settings = {
        search_path: 'app, "My, ""Schema""", "$user", user',
        statement_timeout: "5s",
        datestyle: "SQL, DMY",
        application_name: "it's \\ here = there",
      };
      await run(session, createLogin("set_up", { attributes: { settings } }));
      assert.deepEqual(await settingsOf("set_up"), settings);
      const client = await lab.as({ user: "set_up", password });
      const { rows } = await client.query(
        "SELECT current_setting('search_path') AS path, current_setting('statement_timeout') AS timeout, current_setting('DateStyle') AS style, current_setting('application_name') AS name",
      );
      assert.deepEqual(rows, [
        {
          path: 'app, "My, ""Schema""", "$user", "user"',
          timeout: "5s",
          style: "SQL, DMY",
          name: "it's \\ here = there",
        },
      ]);
    });

    it("change one by one and go away", async () => {
      const session = await lab.connect();
      const account = { name: "set_over" };
      await run(session, createLogin("set_over", { attributes: { settings: { work_mem: "1MB", search_path: "" } } }));
      assert.deepEqual(await settingsOf("set_over"), { work_mem: "1MB", search_path: "" });
      const superuser = await lab.superuser();
      await superuser.query(`ALTER ROLE set_over SET "TimeZone" TO 'UTC'`);
      await run(session, {
        op: "alterLogin",
        account,
        attributes: { connectionLimit: 2, settings: { work_mem: null, timezone: "Europe/Berlin" } },
      });
      assert.deepEqual(await settingsOf("set_over"), { search_path: "", timezone: "Europe/Berlin" });
      await run(session, {
        op: "alterLogin",
        account,
        attributes: { settings: { timezone: null, search_path: null } },
      });
      assert.deepEqual(await settingsOf("set_over"), {});
    });

    it("that the server refuses are named, and nothing else is done", async () => {
      const session = await lab.connect();
      const refused: [Record<string, string>, string, RegExp][] = [
        [{ log_statement: "none" }, "NotAuthorized", /log_statement/],
        [{ no_such_setting: "1" }, "ObjectMissing", /no_such_setting/],
        [{ work_mem: "plenty" }, "InvalidInput", /work_mem/],
        [{ search_path: 'a "b' }, "InvalidInput", /search_path/],
        [{ search_path: "a,,b" }, "InvalidInput", /search_path/],
      ];
      for (const [settings, code, pattern] of refused)
        await assert.rejects(
          run(
            session,
            createLogin("set_wrong", { attributes: { settings: { statement_timeout: "1s", ...settings } } }),
          ),
          codeIs(code, pattern),
        );
      assert.equal((await session.read(readQuery({ names: ["set_wrong"] }))).principals.size, 0);
    });
  });
}
