import assert from "node:assert/strict";
import * as net from "node:net";

import type { ServerState } from "../../../provisioner/access/server";
import type { EngineSession } from "../../../provisioner/engines/engine";
import { postgresql } from "../../../provisioner/engines/postgresql";
import { Connection } from "../../../provisioner/engines/postgresql/connection";
import { patiently } from "../../../provisioner/engines/postgresql/patience";
import { runTransaction } from "../../../provisioner/engines/postgresql/transaction";
import { DbAccessError, type ErrorCode } from "../../../provisioner/errors";
import { codeIs, createLogin, password, readQuery, run, useServer } from "./server";

/** A well-formed certificate of an authority that signed nothing here. */
const foreignAuthority = `-----BEGIN CERTIFICATE-----
MIIBmTCCAT+gAwIBAgIUCKHvhDQhtOPFvurdIjreIIODfRgwCgYIKoZIzj0EAwIw
ITEfMB0GA1UEAwwWRm9yZWlnbiB0ZXN0IGF1dGhvcml0eTAgFw0yNjExMjAxMjEx
MDJaGA8yMTI2MTAyNzEyMTEwMlowITEfMB0GA1UEAwwWRm9yZWlnbiB0ZXN0IGF1
dGhvcml0eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABFW0KSp1KwGrzKpZALLp
lNGcsCNmJKEzyH7MCAwq+8BQsQYoKYNFYggekRpmETgP+Lz9dmHOCgGAdi0Jrey4
VUajUzBRMB0GA1UdDgQWBBRiofsG+VE9d/lyXiuq1ea7dRkGzDAfBgNVHSMEGDAW
gBRiofsG+VE9d/lyXiuq1ea7dRkGzDAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49
BAMCA0gAMEUCIF0EOV7XhbnLZ8fzKhl+huFDctACtZpNyRi2TyiNBsPeAiEAr/No
gxmBRNUpPxoUJsG9mISBkaTY1T7wc9Vw0nYCFSE=
-----END CERTIFICATE-----
`;

describe("connecting to PostgreSQL", () => {
  const lab = useServer("17", { settings: { max_connections: "24" } });
  const plain = useServer("17", { settings: { ssl: "off" } });

  it("learns what the server is", async () => {
    const { facts } = await lab.connect();
    assert.deepEqual(
      [facts.family, facts.product, facts.admin, facts.adminDatabase, facts.iamAvailable, facts.maxNameLength],
      ["postgresql", "postgresql", { name: "dbadmin" }, "postgres", true, 63],
    );
    assert.match(facts.version, /^17\.\d+$/);
    assert.ok(facts.versionNumber >= 170000 && facts.versionNumber < 180000);
  });

  it("is refused without a trusted certificate", async () => {
    await assert.rejects(lab.connect({ ca: [foreignAuthority] }), codeIs("TlsUntrusted", /CA bundle/));
    await assert.rejects(lab.connect({ ca: [] }), codeIs("TlsUntrusted", /CA bundle/));
  });

  it("is refused when the certificate is for another name, and takes the name it is told", async () => {
    await assert.rejects(
      lab.connect({ tlsServerName: "db.example.com" }),
      codeIs("TlsUntrusted", /another name.*tlsServerName/),
    );
    const session = await lab.connect({ host: "127.0.0.1", tlsServerName: "localhost" });
    assert.equal(session.facts.product, "postgresql");
  });

  it("is refused without TLS", async () => {
    await assert.rejects(plain.connect(), codeIs("TlsUnavailable", /does not offer TLS/));
  });

  it("names a wrong login, database, port and host", async () => {
    await assert.rejects(lab.connect({ password: "wrong" }), codeIs("AdminLoginRefused", /admin secret/));
    await assert.rejects(lab.connect({ password: "" }), codeIs("AdminLoginRefused"));
    await assert.rejects(lab.connect({ adminDatabase: "nowhere" }), codeIs("ObjectMissing", /nowhere/));
    await assert.rejects(lab.connect({ adminDatabase: "rdsadmin" }), codeIs("NotAuthorized", /rdsadmin/));
    await assert.rejects(
      lab.connect({ port: 1, deadline: Date.now() + 1000 }),
      codeIs("NetworkPathDatabase", /localhost:1 refused the connection while connecting to database postgres/),
    );
    await assert.rejects(
      lab.connect({ host: "no-such-host.invalid" }),
      codeIs("NetworkPathDatabase", /does not resolve|did not answer/),
    );
  });

  it("waits for a server that is on its way back, and for a place on a full one", async () => {
    const free = net.createServer();
    await new Promise<void>((resolve) => free.listen(0, "127.0.0.1", resolve));
    const { port } = free.address() as net.AddressInfo;
    await new Promise((resolve) => free.close(resolve));
    const back = net.createServer((socket) => {
      const forward = net.connect(lab.server.port, "127.0.0.1");
      socket.pipe(forward).pipe(socket);
      for (const side of [socket, forward]) side.on("error", () => side.destroy());
    });
    const late = lab.connect({ host: "127.0.0.1", tlsServerName: "localhost", port });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await new Promise<void>((resolve) => back.listen(port, "127.0.0.1", resolve));
    await (await late).close();
    await new Promise((resolve) => back.close(resolve));

    const superuser = await lab.superuser();
    await superuser.query("ALTER ROLE dbadmin CONNECTION LIMIT 1");
    try {
      const first = await lab.connect();
      await assert.rejects(
        lab.connect({ deadline: Date.now() + 300 }),
        codeIs("Throttled", /no connection left while connecting to database postgres/),
      );
      const second = lab.connect();
      await new Promise((resolve) => setTimeout(resolve, 300));
      await first.close();
      await (await second).close();
    } finally {
      await superuser.query("ALTER ROLE dbadmin CONNECTION LIMIT -1");
    }
  });

  it("tells by a probe that a full server has not looked at the password", async () => {
    const session = await lab.connect();
    await run(session, createLogin("squeezed"));
    const fill = async (): Promise<void> => {
      for (;;) await lab.superuser();
    };
    await assert.rejects(fill(), { code: "53300" });
    assert.equal(await session.probe({ name: "squeezed" }, password), "full");
    assert.equal(await session.probe({ name: "squeezed" }, "wrong"), "full");
  });

  it("repeats a reading whose connection was lost, but not under a lock that was lost with it", async () => {
    const superuser = await lab.superuser();
    const end = (): Promise<unknown> =>
      superuser.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'db-access/lost' AND wait_event_type = 'Lock'",
      );
    const blocked = async (session: EngineSession): Promise<ServerState> => {
      await superuser.query("BEGIN; LOCK TABLE pg_catalog.pg_auth_members IN ACCESS EXCLUSIVE MODE");
      const reading = session.read(readQuery({ names: ["dbadmin"] }));
      const settled = reading.then(
        () => true,
        () => true,
      );
      const waits = `SELECT FROM pg_stat_activity WHERE application_name = 'db-access/lost' AND wait_event_type = 'Lock'`;
      while ((await superuser.query(waits)).rowCount === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      await end();
      await superuser.query("COMMIT");
      await settled;
      return reading;
    };
    const session = await lab.connect({ applicationName: "db-access/lost" });
    assert.ok((await blocked(session)).principals.has("dbadmin"));
    await session.lock(Date.now() + 1000);
    await assert.rejects(blocked(session), codeIs("NetworkPathDatabase", /terminat|shutting down|lost/));
  });

  it("tells what was committed from the reading after it", async () => {
    const { host, port, ca, username, password: secret } = lab.options();
    const reach = { host, port, ca, applicationName: "db-access/test", deadline: Date.now() + 60_000 };
    const connection = await Connection.open(reach, { username, password: secret }, "postgres");
    try {
      const superuser = await lab.superuser();
      await superuser.query("CREATE SEQUENCE public.tries; GRANT USAGE ON SEQUENCE public.tries TO dbadmin");
      const statements = [{ text: "CREATE ROLE committed_once" }];
      const answers: unknown[] = [];
      // The first time it divides by zero. Were the transaction repeated, the role would be there already.
      const text = "SELECT 1 / (nextval('public.tries') - 1)::int AS one";
      const reading = { text, answer: (rows: unknown[]) => void answers.push(...rows) };
      await runTransaction(connection, statements, "testing", { afterwards: [reading] });
      assert.deepEqual(answers, [{ one: 1 }]);
      // What fails before COMMIT is no such case, and neither is what the server cannot read at all.
      for (const wrong of ["CREATE ROLE committed_once", "CREATE NOTHING"])
        await assert.rejects(runTransaction(connection, [{ text: wrong }], "testing", { afterwards: [reading] }));
      assert.equal(answers.length, 1);
    } finally {
      await connection.close();
    }
  });

  it("is patient with what passes, and with nothing else", async () => {
    const failure = (code: ErrorCode, serverCode?: string, transient = true): DbAccessError =>
      new DbAccessError(code, "no", { serverCode, transient });
    const tries = async (error: DbAccessError, deadline: number, mayRepeat = true): Promise<number> => {
      let count = 0;
      const work = (): Promise<void> => Promise.reject((count++, error));
      await assert.rejects(
        patiently(deadline, work, () => mayRepeat),
        (thrown) => thrown === error,
      );
      return count;
    };
    const soon = (): number => Date.now() + 400;
    for (const passing of [
      failure("NetworkPathDatabase"),
      failure("NetworkPathDatabase", "57P03"),
      failure("Throttled", "53300"),
      failure("ServerReadOnly"),
    ]) {
      assert.equal(await tries(passing, soon(), false), 1);
      assert.ok((await tries(passing, soon())) > 1, passing.code);
      assert.equal(await tries(passing, soon()), 1, "what was waited for in vain is not waited for again");
    }
    for (const lasting of [
      failure("NetworkPathDatabase", undefined, false),
      failure("AdminLoginRefused", "28P01", false),
      failure("DeadlineExceeded"),
      failure("LockTimeout"),
      failure("Throttled", "40001"),
    ])
      assert.equal(await tries(lasting, soon()), 1, lasting.code);
  });

  it("gives up on a server that does not answer", async () => {
    const silent = net.createServer();
    const sockets: net.Socket[] = [];
    silent.on("connection", (socket) => sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as net.AddressInfo;
    await assert.rejects(
      lab.connect({ port, deadline: Date.now() + 300 }),
      codeIs("NetworkPathDatabase", /did not answer/),
    );
    sockets.forEach((socket) => socket.destroy());
    await new Promise((resolve) => silent.close(resolve));
  });

  it("does not begin after the deadline", async () => {
    await assert.rejects(postgresql.connect(lab.options({ deadline: Date.now() - 1 })), codeIs("DeadlineExceeded"));
  });

  it("survives the end of the server's process for it", async () => {
    const session = await lab.connect({ applicationName: "db-access/ended" });
    const superuser = await lab.superuser();
    await superuser.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'db-access/ended'",
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    await run(session, createLogin("after_the_end"));
    assert.equal(await session.probe({ name: "after_the_end" }, password), "accepted");
  });

  it("does not depend on settings of the login or the database", async () => {
    const superuser = await lab.superuser();
    await superuser.query(
      "CREATE SCHEMA trap; CREATE VIEW trap.pg_roles AS SELECT 1 AS trapped; GRANT USAGE ON SCHEMA trap TO PUBLIC",
    );
    for (const setting of [
      "search_path = trap, pg_catalog",
      "role = rds_password",
      "statement_timeout = 1",
      "standard_conforming_strings = off",
    ])
      await superuser.query(`ALTER ROLE dbadmin SET ${setting}`);
    try {
      const session = await lab.connect();
      assert.deepEqual(session.facts.admin, { name: "dbadmin" });
      await run(session, createLogin("untrapped", { comment: "back\\slash" }));
    } finally {
      await superuser.query("ALTER ROLE dbadmin RESET ALL");
    }
  });
});
