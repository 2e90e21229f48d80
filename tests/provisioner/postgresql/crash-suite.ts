import assert from "node:assert/strict";

import { codeIs, createLogin, grant, heldBy, item, run, standingMemberships, type Lab } from "./server";

/** A transaction that waits for a row another session has changed, and meets its end there. */
export function crashTests(lab: Lab): void {
  const wanted = (grantee: string) => item(grantee, { database: "crash", schema: "app", object: "t" });
  const until = async (holds: () => Promise<boolean>): Promise<void> => {
    while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
  };

  describe("a session that ends in the middle", () => {
    before(() => lab.database("crash", "crash_owner"));

    it("leaves nothing behind when its backend is killed", async () => {
      const session = await lab.connect({ applicationName: "db-access/killed" });
      await run(session, createLogin("unlucky"));
      const superuser = await lab.superuser("crash");
      await superuser.query("BEGIN; GRANT SELECT ON app.t TO rds_password");
      const observer = await lab.superuser("crash");
      const failed = assert.rejects(run(session, grant(wanted("unlucky"))), codeIs("NetworkPathDatabase"));
      const waiting = "FROM pg_stat_activity WHERE application_name = 'db-access/killed' AND wait_event_type = 'Lock'";
      await until(async () => (await observer.query(`SELECT ${waiting}`)).rowCount === 1);
      await observer.query(`SELECT pg_terminate_backend(pid) ${waiting}`);
      await failed;
      await superuser.query("ROLLBACK");
      assert.deepEqual(await standingMemberships(observer, lab.server.admin.user), []);
      const after = await lab.connect();
      assert.deepEqual(await heldBy(after, "unlucky", "crash"), []);
      await run(after, grant(wanted("unlucky")));
    });

    it("stops at its deadline, and so does the server", async () => {
      const setUp = await lab.connect();
      await run(setUp, createLogin("late"));
      const session = await lab.connect({ deadline: Date.now() + 700, applicationName: "db-access/late" });
      const superuser = await lab.superuser("crash");
      await superuser.query("BEGIN; GRANT SELECT ON app.t TO rds_password");
      await assert.rejects(run(session, grant(wanted("late"))), codeIs("DeadlineExceeded"));
      await superuser.query("ROLLBACK");
      await assert.rejects(session.lock(Date.now() + 1000), codeIs("DeadlineExceeded"));
      const running = "SELECT FROM pg_stat_activity WHERE application_name = 'db-access/late' AND datname = 'crash'";
      await until(async () => (await superuser.query(running)).rowCount === 0);
      assert.deepEqual(await heldBy(setUp, "late", "crash"), []);
    });
  });
}
