import * as assert from "node:assert/strict";
import * as net from "node:net";
import type { AddressInfo } from "node:net";
import { mysql } from "../../../provisioner/engines/mysql";
import { factsOf, parseAccount, parseVersion, type MySqlFacts } from "../../../provisioner/engines/mysql/facts";
import { connectError, statementError } from "../../../provisioner/engines/mysql/errors";
import { parseDatabaseRow } from "../../../provisioner/engines/mysql/names";
import { codeIs } from "./server";

describe("what MySQL writes", () => {
  it("is split into account and version", () => {
    assert.deepEqual(parseAccount("a@b@10.0.%"), { name: "a@b", host: "10.0.%" });
    assert.deepEqual(parseVersion("8.0.31"), { product: "mysql", version: "8.0.31", number: 80031 });
    assert.deepEqual(parseVersion("10.11.14-MariaDB-log"), { product: "mariadb", version: "10.11.14", number: 101114 });
  });

  it("names one database or a pattern", () => {
    const facts = { partialRevokes: false } as MySqlFacts;
    assert.deepEqual(parseDatabaseRow("my\\_db\\\\", facts), { database: "my_db\\" });
    assert.deepEqual(parseDatabaseRow("orders", facts), { database: "orders" });
    assert.deepEqual(parseDatabaseRow("my_db", facts), { pattern: "my_db" });
    assert.deepEqual(parseDatabaseRow("my\\_d%", facts), { pattern: "my\\_d%" });
    assert.deepEqual(parseDatabaseRow("my_db", { partialRevokes: true } as MySqlFacts), { database: "my_db" });
  });
});

/** A server's first packet, protocol 10, that offers everything but TLS. */
function greetingWithoutTls(): Buffer {
  const capabilities = Buffer.alloc(4);
  capabilities.writeUInt32LE((0x00ffffff & ~0x800) >>> 0);
  const body = Buffer.concat([
    Buffer.from("\n8.0.36\0", "latin1"),
    Buffer.alloc(4, 1),
    Buffer.alloc(8, "a"),
    Buffer.alloc(1),
    capabilities.subarray(0, 2),
    Buffer.from([45, 2, 0]),
    capabilities.subarray(2),
    Buffer.from([21]),
    Buffer.alloc(10),
    Buffer.alloc(12, "b"),
    Buffer.from("\0caching_sha2_password\0", "latin1"),
  ]);
  return Buffer.concat([Buffer.from([body.length, 0, 0, 0]), body]);
}

describe("MySQL servers", () => {
  const row = (version: string) => ({
    version,
    admin: "dbadmin@%",
    readOnly: 0,
    storageReadOnly: 0,
    lowerCase: 0,
    forcesTls: 1,
    partialRevokes: 0,
    plugins: "caching_sha2_password,AWSAuthenticationPlugin",
  });

  it("of supported versions are accepted and older ones refused by name", () => {
    for (const version of ["8.0.21", "8.0.36", "8.4.6", "9.7.4", "10.11.6-MariaDB-log", "11.8.3-MariaDB"])
      assert.equal(factsOf(row(version)).iamAvailable, true, version);
    for (const version of ["5.7.44-log", "5.7.mysql_aurora.2.11.4", "8.0.20", "10.6.18-MariaDB", "10.5.25-MariaDB-log"])
      assert.throws(() => factsOf(row(version)), codeIs("NotSupported", /too old/), version);
    assert.equal(factsOf(row("10.11.6-MariaDB")).cachingSha2, false);
    assert.deepEqual(
      [row("8.0.36"), { ...row("8.0.36"), plugins: "" }, row("10.11.6-MariaDB")].map(
        (each) => factsOf(each).dualPasswords,
      ),
      [true, false, false],
    );
  });

  it("that are readers of an Aurora cluster are refused", () => {
    assert.throws(() => factsOf({ ...row("8.0.36"), storageReadOnly: 1 }), codeIs("ServerReadOnly"));
  });

  it("without TLS get no password", async () => {
    const heard: Buffer[] = [];
    const server = net.createServer((socket) => {
      socket.on("error", () => undefined).on("data", (data) => heard.push(data));
      socket.write(greetingWithoutTls());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const options = {
      host: "localhost",
      port,
      username: "dbadmin",
      password: "secret-of-the-admin",
      adminDatabase: "",
      ca: [],
      cluster: "lab",
      applicationName: "db-access/test",
      deadline: Date.now() + 5000,
    };
    await assert.rejects(mysql.connect(options), codeIs("TlsUnavailable"));
    await new Promise((resolve) => server.close(resolve));
    assert.equal(Buffer.concat(heard).length, 0);
  });
});

describe("MySQL errors", () => {
  const to = { host: "db.example.com", port: 3306, username: "dbadmin" };
  const driver = (fields: object): Error =>
    Object.assign(new Error("text with 0xSECRET"), { sql: "AS 0xSECRET" }, fields);
  const codeOf = (errno: number): [string, boolean] => {
    const error = statementError(driver({ errno }), "granting SELECT", to);
    return [error.code, error.transient];
  };

  it("have a code of ours, and never the statement's text", () => {
    const expected: [number, string, boolean][] = [
      [1142, "NotAuthorized", false],
      [1044, "NotAuthorized", false],
      [1227, "NotAuthorized", false],
      [1290, "ServerReadOnly", true],
      [1836, "ServerReadOnly", true],
      [1040, "Throttled", true],
      [1203, "Throttled", true],
      [1524, "IamUnavailable", false],
      [4006, "OwnsObjects", false],
      [1410, "ObjectMissing", false],
      [1470, "NameTooLong", false],
      [1205, "Unexpected", true],
      [9999, "Unexpected", false],
    ];
    for (const [errno, code, transient] of expected) assert.deepEqual(codeOf(errno), [code, transient], String(errno));
    for (const fields of [{ errno: 9999 }, { code: "ECONNRESET" }, { code: "ODD" }, {}])
      for (const error of [statementError(driver(fields), "granting SELECT", to), connectError(driver(fields), to)])
        assert.ok(!JSON.stringify([error.message, error.toBody(), error]).includes("SECRET"));
  });

  it("of the way name host, port and step", () => {
    const timeout = connectError(driver({ code: "ETIMEDOUT", errno: -110 }), to);
    assert.equal(timeout.code, "NetworkPathDatabase");
    assert.match(timeout.message, /db\.example\.com:3306.*in time.*security group/);
    assert.equal(connectError(driver({ errno: 1040 }), to).code, "Throttled");
    assert.equal(statementError(driver({ code: "PROTOCOL_SEQUENCE_TIMEOUT" }), "x", to).code, "DeadlineExceeded");
    const cut = Object.assign(new Error("Client network socket disconnected"), { code: "HANDSHAKE_SSL_ERROR" });
    assert.equal(connectError(cut, to).code, "NetworkPathDatabase");
  });
});
