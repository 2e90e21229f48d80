import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import path from "node:path";
import { parseServerSpec, startServer } from "../../local/servers";
import { mysql } from "../../provisioner/engines/mysql";
import { loginAttempts, markOf } from "../support/server-log";
import { versionsToTest } from "../support/versions";
import { testDirectory } from "../support/world";

// PostgreSQL and MySQL without TLS: tests/reconcile/network.test.ts, through the function.
for (const version of versionsToTest("mariadb@10.11"))
  describe(`a server without TLS, ${version}`, () => {
    it("gets neither user name nor password", async () => {
      const directory = testDirectory();
      const spec = parseServerSpec(version);
      const server = await startServer(spec, {
        directory: path.join(directory, "server"),
        settings: { ssl: "OFF" },
      });
      try {
        const mark = markOf(server);
        const connecting = mysql.connect({
          host: server.host,
          port: server.port,
          username: server.admin.user,
          password: server.admin.password,
          adminDatabase: "",
          ca: [server.ca],
          cluster: "lab",
          applicationName: "db-access/test",
          deadline: Date.now() + 10_000,
        });
        await assert.rejects(connecting, { code: "TlsUnavailable" });
        assert.equal(loginAttempts(server, mark), 0);
      } finally {
        await server.stop();
        rmSync(directory, { recursive: true, force: true });
      }
    });
  });
