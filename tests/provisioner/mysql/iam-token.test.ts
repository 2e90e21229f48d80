import * as assert from "node:assert/strict";
import type { ConnectOptions } from "../../../provisioner/engines/engine";
import { mysql } from "../../../provisioner/engines/mysql";
import { probeLogin } from "../../../provisioner/engines/mysql/probe";
import { startClearPasswordServer, type ClearPasswordServer } from "./clear-password-server";
import { codeIs } from "./server";

const token = "db.example.com:3306/?Action=connect&DBUser=provisioner&X-Amz-Signature=0123456789abcdef";

/** Nobody here could check a token: what is proven is when it leaves the provisioner, and when it does not. */
describe("the provisioner's IAM token on MySQL", () => {
  let server: ClearPasswordServer | undefined;
  const start = async (options: Parameters<typeof startClearPasswordServer>[0] = {}): Promise<ClearPasswordServer> =>
    (server = await startClearPasswordServer(options));
  const login = (to: ClearPasswordServer, fields: Partial<ConnectOptions> = {}): ConnectOptions => ({
    host: "localhost",
    port: to.port,
    username: "provisioner",
    password: token,
    iam: true,
    adminDatabase: "",
    ca: [to.ca],
    cluster: "lab",
    applicationName: "db-access/test",
    deadline: Date.now() + 5000,
    ...fields,
  });
  const heardInside = ({ heard }: ClearPasswordServer): string => Buffer.concat(heard.inside).toString("latin1");
  const heardInClear = ({ heard }: ClearPasswordServer): string => Buffer.concat(heard.plain).toString("latin1");

  afterEach(() => server?.stop());

  for (const plugin of ["caching_sha2_password", "mysql_clear_password"]) {
    it(`is sent as it is, inside TLS only, to a server that greets with ${plugin}`, async () => {
      const to = await start({ plugin });
      await assert.rejects(mysql.connect(login(to)), codeIs("AdminLoginRefused", /refuses the provisioner's login/));
      assert.ok(heardInside(to).includes(`${token}\0`));
      assert.ok(!heardInClear(to).includes("X-Amz"));
    });

    it(`is a password without the word for it, and no password is sent to a server that greets with ${plugin}`, async () => {
      const to = await start({ plugin });
      await assert.rejects(mysql.connect(login(to, { iam: undefined })), codeIs("AdminLoginRefused"));
      assert.ok(!`${heardInside(to)}${heardInClear(to)}`.includes("X-Amz"));
    });
  }

  it("is not sent to a server without TLS, with another name or of another authority", async () => {
    const bare = await start({ tls: false });
    await assert.rejects(mysql.connect(login(bare)), codeIs("TlsUnavailable"));
    assert.equal(heardInClear(bare), "");
    await bare.stop();
    const to = await start();
    await assert.rejects(mysql.connect(login(to, { tlsServerName: "db.example.com" })), codeIs("TlsUntrusted"));
    await assert.rejects(mysql.connect(login(to, { ca: [bare.ca] })), codeIs("TlsUntrusted"));
    assert.ok(!`${heardInside(to)}${heardInClear(to)}`.includes("X-Amz"));
  });

  it("makes no probe send a password in clear", async () => {
    const to = await start();
    const { host, port, ca, applicationName, deadline } = login(to);
    const probe = { host, port, ca, applicationName, deadline, username: "app", password: token, iam: false };
    assert.equal(await probeLogin(probe), "refused");
    assert.ok(!heardInside(to).includes("X-Amz"));
  });
});
