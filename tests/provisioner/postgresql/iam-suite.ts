import assert from "node:assert/strict";
import * as fs from "node:fs";

import { codeIs, createLogin, createRole, drop, grant, item, password, readQuery, run, type Lab } from "./server";

const noRoles = async (lab: Lab, ...names: string[]): Promise<void> => {
  const client = await lab.superuser();
  const { rows } = await client.query("SELECT rolname FROM pg_roles WHERE rolname = ANY ($1)", [names]);
  assert.deepEqual(rows, []);
};

/** Needs a server without IAM users. */
export function iamTests(lab: Lab): void {
  const authOf = async (name: string): Promise<unknown[]> => {
    const session = await lab.connect();
    const [state] = (await session.read(readQuery({ names: [name] }))).principals.get(name)?.accounts ?? [];
    return [state.auth, state.login];
  };

  describe("IAM logins", () => {
    it("are taken back when the provisioner could not log in any more", async () => {
      const session = await lab.connect();
      await run(session, createLogin("converted"), createRole("in_group"));
      const superuser = await lab.superuser();
      const { user } = lab.server.admin;
      await superuser.query(`ALTER ROLE ${user} NOLOGIN`);
      try {
        const membership = grant(item("first_iam", { kind: "role", object: "in_group", privilege: "MEMBER" }));
        await assert.rejects(
          run(session, createLogin("first_iam", { auth: "iam" }), membership),
          codeIs("IamUnavailable", /could no longer log in.*taken back/),
        );
        await noRoles(lab, "first_iam");
        await assert.rejects(
          run(session, { op: "setAuth", account: { name: "converted" }, auth: "iam" }),
          codeIs("IamUnavailable", /password of converted is gone/),
        );
      } finally {
        await superuser.query(`ALTER ROLE ${user} LOGIN`);
      }
      assert.deepEqual(await authOf("converted"), ["password", true]);
      await run(session, drop("converted"), drop("in_group"));
    });

    if (lab.major >= 16)
      it("are taken back when the server's order of login rules shuts the provisioner out", async () => {
        const session = await lab.connect();
        const superuser = await lab.superuser();
        const { rows } = await superuser.query<{ hba_file: string }>("SHOW hba_file");
        const rules = fs.readFileSync(rows[0].hba_file, "utf8");
        const reload = async (text: string): Promise<void> => {
          fs.writeFileSync(rows[0].hba_file, text);
          await superuser.query("SELECT pg_reload_conf()");
          await new Promise((resolve) => setTimeout(resolve, 100));
        };
        await reload(
          rules
            .split("\n")
            .filter((line) => !line.includes(lab.server.admin.user))
            .join("\n"),
        );
        try {
          await assert.rejects(
            run(session, createLogin("shut_out", { auth: "iam" })),
            codeIs("IamUnavailable", /pg_hba\.conf/),
          );
        } finally {
          await reload(rules);
        }
        await noRoles(lab, "shut_out");
      });

    it("that would make the provisioner one of them are refused before anything happens", async () => {
      const session = await lab.connect();
      await run(session, createLogin("shared"));
      const { user } = lab.server.admin;
      const client = await lab.as(lab.server.admin);
      await client.query(`GRANT shared TO ${user}`);
      await assert.rejects(
        run(session, { op: "setAuth", account: { name: "shared" }, auth: "iam" }),
        codeIs("IamUnavailable", /lock it out/),
      );
      assert.deepEqual(await authOf("shared"), ["password", true]);
      assert.equal(await session.probe({ name: "shared" }, password), "accepted");
      // Nor by a membership: a role that the provisioner has may not become one either.
      await assert.rejects(
        run(session, grant(item("shared", { kind: "role", object: "rds_iam", privilege: "MEMBER" }))),
        codeIs("IamUnavailable", /lock it out/),
      );
      assert.deepEqual(await authOf("shared"), ["password", true]);

      // One that logs in by IAM itself has nothing to lose.
      const byIam = await lab.connect({ iam: true });
      await run(byIam, { op: "setAuth", account: { name: "shared" }, auth: "iam" });
      assert.deepEqual(await authOf("shared"), ["iam", true]);
      await client.query(`REVOKE shared FROM ${user}`);
      await run(session, drop("shared"));
    });

    it("are made, and go to a password and back", async () => {
      const session = await lab.connect();
      await run(session, createLogin("by_iam", { auth: "iam", attributes: { connectionLimit: 2 } }));
      assert.deepEqual(await authOf("by_iam"), ["iam", true]);
      assert.equal(await session.probe({ name: "by_iam" }, password), "refused");
      await run(session, { op: "setAuth", account: { name: "by_iam" }, auth: "password" });
      assert.deepEqual(await authOf("by_iam"), ["password", true]);
      assert.equal(await session.probe({ name: "by_iam" }, password), "accepted");
      await run(session, { op: "setAuth", account: { name: "by_iam" }, auth: "iam" });
      assert.deepEqual(await authOf("by_iam"), ["iam", true]);
      const superuser = await lab.superuser();
      const { rows } = await superuser.query("SELECT rolpassword FROM pg_authid WHERE rolname = 'by_iam'");
      assert.deepEqual(rows, [{ rolpassword: null }]);
      const again = await lab.connect();
      await run(again, createLogin("by_iam_too", { auth: "iam" }));
      await run(again, drop("by_iam"), drop("by_iam_too"));
    });

    it("need a server that knows them", async () => {
      const superuser = await lab.superuser();
      await superuser.query("ALTER ROLE rds_iam RENAME TO no_iam");
      try {
        const session = await lab.connect();
        assert.equal(session.facts.iamAvailable, false);
        await assert.rejects(
          run(session, createLogin("no_iam_here", { auth: "iam" })),
          codeIs("IamUnavailable", /switch on IAM database authentication/),
        );
        await run(session, createLogin("plain_here"), drop("plain_here"));
      } finally {
        await superuser.query("ALTER ROLE no_iam RENAME TO rds_iam");
      }
    });
  });
}
