import assert from "node:assert/strict";
import * as net from "node:net";

import { postgresql } from "../../../provisioner/engines/postgresql";
import { codeIs, createLogin, password, run, useServer } from "./server";

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
  const lab = useServer("17");
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
      lab.connect({ port: 1 }),
      codeIs("NetworkPathDatabase", /localhost:1 refused the connection while connecting to database postgres/),
    );
    await assert.rejects(
      lab.connect({ host: "no-such-host.invalid" }),
      codeIs("NetworkPathDatabase", /does not resolve|did not answer/),
    );
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
