import assert from "node:assert/strict";

import type { Item } from "../../../provisioner/access/item";
import type { EngineSession } from "../../../provisioner/engines/engine";
import { assertNothingBorrowed } from "./privileges";
import { codeIs, createLogin, drop, grant, item, lines, password, readQuery, revoke, run, type Lab } from "./server";

export function parameterTests(lab: Lab): void {
  describe("parameters", () => {
    afterEach(() => assertNothingBorrowed(lab));

    it("may be set as far as the provisioner may pass that on", async () => {
      const session = await lab.connect();
      await run(session, createLogin("k_parameters"));
      const client = await lab.as({ user: "k_parameters", password });
      const parameter = (object: string, privilege: string, grantee = "k_parameters"): Item =>
        item(grantee, { kind: "parameter", object, privilege });
      const asked = ["log_statement", "log_duration", "app.tenant"];
      const reading = (): ReturnType<EngineSession["read"]> =>
        session.read(readQuery({ names: ["k_parameters"], parameters: asked }));
      if (lab.major < 15) {
        await assert.rejects(
          run(session, grant(parameter("log_statement", "SET"))),
          codeIs("NotSupported", /log_statement.*PostgreSQL 15/),
        );
        assert.equal((await reading()).parameters, undefined);
        return;
      }
      const superuser = await lab.superuser();
      const { user } = lab.server.admin;
      await superuser.query(
        `GRANT SET ON PARAMETER log_statement, app.tenant TO ${user} WITH GRANT OPTION;
         GRANT SET, ALTER SYSTEM ON PARAMETER log_duration TO rds_superuser WITH GRANT OPTION;
         GRANT ALTER SYSTEM ON PARAMETER log_statement TO ${user}`,
      );
      assert.deepEqual(
        [...((await reading()).parameters ?? [])],
        [
          ["log_statement", ["SET"]],
          ["log_duration", ["SET", "ALTER SYSTEM"]],
          ["app.tenant", ["SET"]],
        ],
      );
      const wanted = [
        parameter("log_statement", "SET"),
        parameter("app.tenant", "SET"),
        parameter("log_duration", "ALTER SYSTEM"),
      ];
      await assert.rejects(client.query("SET log_statement = 'none'"), { code: "42501" });
      await run(session, grant(...wanted));
      await client.query("SET log_statement = 'none'");
      await client.query("ALTER SYSTEM RESET log_duration");
      const { items } = await reading();
      assert.deepEqual(lines(items.filter((each) => each.kind === "parameter")), [
        `parameter app.tenant SET by ${user}`,
        "parameter log_duration ALTER SYSTEM by rds_superuser",
        `parameter log_statement SET by ${user}`,
      ]);
      await assert.rejects(
        run(session, grant(parameter("log_duration", "SET"), parameter("log_statement", "ALTER SYSTEM"))),
        codeIs("NotAuthorized", /ALTER SYSTEM on parameter log_statement.*WITH GRANT OPTION/),
      );
      await superuser.query("GRANT SET ON PARAMETER log_duration TO k_parameters");
      await assert.rejects(
        run(session, revoke(...(await reading()).items.filter((each) => each.kind === "parameter"))),
        codeIs("NotApplied", /log_duration.*granted by rdsadmin.*is a superuser/),
      );
      await superuser.query("REVOKE SET ON PARAMETER log_duration FROM k_parameters");
      await run(session, revoke(...(await reading()).items.filter((each) => each.kind === "parameter")));
      assert.deepEqual(
        (await reading()).items.filter((each) => each.kind === "parameter"),
        [],
      );
      await assert.rejects(client.query("SET log_statement = 'none'"), { code: "42501" });
      const passing = { ...wanted[0], grantable: true };
      await run(session, createLogin("k_after"), grant(passing, ...wanted.slice(1)));
      await client.query("GRANT SET ON PARAMETER log_statement TO k_after");
      await client.end();
      assert.match(
        (await run(session, drop("k_parameters"))).join(),
        /Granted by k_parameters, gone with it: revoke SET on parameter log_statement from k_after/,
      );
      assert.equal((await reading()).principals.size, 0);
      await superuser.query(
        `REVOKE ALL ON PARAMETER log_statement, log_duration, app.tenant FROM ${user}, rds_superuser`,
      );
    });
  });
}
