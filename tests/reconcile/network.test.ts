import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { AwsError, ConnectionLost } from "../../local/aws";
import { parseServerSpec } from "../../local/servers";
import { LocalStack, type LocalTarget } from "../../local/stack";
import { forgetAdmin, withAdmin } from "../../provisioner/credentials/admin-secret";
import { DbAccessError, type Claim, type ErrorBody } from "../../provisioner/protocol";
import { unchangedBy } from "../support/refusal";
import { loginAttempts, markOf, refusedLogins } from "../support/server-log";
import { versionsToTest } from "../support/versions";
import { apply, byHand, invokeRaw, requestOf, testDirectory, worldOf, type World } from "../support/world";

const claim: Claim = { kind: "role", name: "app_owner", deletion: "drop" };

for (const version of versionsToTest("postgresql@17", "mysql@8.0")) {
  describe(`ways that are closed, on ${version}`, () => {
    let directory: string;
    let stack: LocalStack;
    let world: World;
    const server = parseServerSpec(version);
    const postgresql = server.engine === "postgresql";

    // MySQL 9 has no switch for it and does without when it has no version of TLS left.
    const withoutTls: Record<string, string> = postgresql
      ? { ssl: "off" }
      : version.startsWith("mysql@9")
        ? { tls_version: "" }
        : { ssl: "OFF" };

    before(async () => {
      directory = testDirectory();
      const targets: LocalTarget[] = [
        { cluster: "orders", server },
        { cluster: "plain", server, serverOptions: { settings: withoutTls } },
        { cluster: "gone", unreachable: true, engine: server.engine },
      ];
      stack = await LocalStack.start({ directory, targets });
      world = worldOf(stack, "orders");
    });
    after(async () => {
      await stack.stop();
      rmSync(directory, { recursive: true, force: true });
    });

    const errorFrom = async (cluster: string, wanted: Claim = claim): Promise<ErrorBody> => {
      const reply = await invokeRaw(
        { stack, target: stack.targets[cluster] },
        requestOf({ cluster }, "apply", [{ claim: wanted }]),
      );
      assert.deepEqual(reply.results, []);
      assert.ok(reply.error !== undefined);
      return reply.error;
    };
    const setAdminSecret = (password: string): Promise<unknown> =>
      stack.aws.direct("secretsmanager", "PutSecretValue", {
        SecretId: world.target.adminSecretArn,
        SecretString: JSON.stringify({ username: world.server.admin.user, password }),
      });
    const setAdminPassword = (password: string): Promise<unknown> =>
      byHand(
        world,
        undefined,
        postgresql
          ? `ALTER ROLE ${world.server.admin.user} PASSWORD '${password}'`
          : `ALTER USER '${world.server.admin.user}'@'%' IDENTIFIED BY '${password}'`,
      );
    const coldStart = (): Promise<void> => stack.lambda.recycle(world.target.functionName);

    it("an unreachable server: says where", async () => {
      const error = await errorFrom("gone");
      const { host, port } = stack.targets.gone.ref.database;
      assert.deepEqual([error.code, error.transient], ["NetworkPathDatabase", true]);
      assert.ok(error.message.includes(`${host}:${port}`), error.message);
      assert.match(error.message, /security groups/);
    });

    it("a server whose certificate another authority signed", async () => {
      const { server: other } = stack.targets.plain;
      const { functionName } = world.target;
      const { env } = stack.lambda.get(functionName).spec;
      await stack.lambda.updateFunction(functionName, { env: { ...env, DB_ACCESS_CA_FILE: other?.caFile ?? "" } });
      const error = await unchangedBy(world, () => errorFrom("orders"));
      await stack.lambda.updateFunction(functionName, { env });
      assert.equal(error.code, "TlsUntrusted");
      assert.match(error.message, /not signed by a trusted authority.*CA bundle/);
    });

    it("a server without TLS gets neither password nor statement", async () => {
      const mark = markOf(worldOf(stack, "plain").server);
      const error = await errorFrom("plain");
      assert.equal(error.code, "TlsUnavailable");
      assert.match(error.message, /does not offer TLS/);
      assert.equal(refusedLogins(worldOf(stack, "plain").server, mark), 0);
    });

    it("a wrong admin password is tried once, and then not again for a minute", async () => {
      await coldStart();
      await setAdminSecret("wrong");
      const mark = markOf(world.server);
      const error = await errorFrom("orders");
      assert.equal(error.code, "AdminLoginRefused");
      assert.match(error.message, /correct the admin secret/);
      assert.equal(refusedLogins(world.server, mark), 1);
      const quiet = markOf(world.server);
      for (let count = 0; count < 3; count += 1) assert.equal((await errorFrom("orders")).code, "AdminLoginRefused");
      assert.equal(loginAttempts(world.server, quiet), 0);
    });

    it("another wrong value gets one attempt of its own, the right one works at once", async () => {
      await setAdminSecret("wrong as well");
      const mark = markOf(world.server);
      for (let count = 0; count < 3; count += 1) assert.equal((await errorFrom("orders")).code, "AdminLoginRefused");
      assert.equal(refusedLogins(world.server, mark), 1);
      await setAdminSecret(world.server.admin.password);
      await apply(world, { claim });
      assert.equal(refusedLogins(world.server, mark), 1);
    });

    it("an admin password rotated since it was read: one refusal, a fresh read, and the same invocation goes on", async () => {
      await apply(world, { claim });
      const rotated = "rotated-Password-1";
      await setAdminPassword(rotated);
      await setAdminSecret(rotated);
      const mark = markOf(world.server);
      await apply(world, { claim });
      assert.equal(refusedLogins(world.server, mark), 1);
      await setAdminPassword(world.server.admin.password);
      await setAdminSecret(world.server.admin.password);
      await apply(world, { claim });
    });

    it("Secrets Manager that does not answer, throttles, or refuses", async () => {
      const failing = async (error: Error): Promise<ErrorBody> => {
        await coldStart();
        const stop = stack.aws.intercept((call) => {
          if (call.operation === "GetSecretValue") throw error;
          return call.next();
        });
        try {
          return await unchangedBy(world, () => errorFrom("orders"));
        } finally {
          stop();
        }
      };
      const lost = await failing(new ConnectionLost());
      assert.deepEqual([lost.code, lost.transient], ["NetworkPathSecrets", true]);
      assert.match(lost.message, /interface endpoint/);
      const throttled = await failing(new AwsError("ThrottlingException", "Rate exceeded"));
      assert.deepEqual([throttled.code, throttled.transient], ["Throttled", true]);
      const denied = await failing(new AwsError("AccessDeniedException", "User is not authorized"));
      assert.deepEqual([denied.code, denied.transient], ["AdminSecretUnavailable", undefined]);
      assert.match(denied.message, /secretsmanager:GetSecretValue.*admin secret/);
    });

    it("a secret that one login may not have is that login's failure alone", async () => {
      const login = (name: string): Claim => ({
        kind: "login",
        name,
        auth: { kind: "password", secret: { name: `orders/${name}` } },
        deletion: "drop",
      });
      const stop = stack.aws.intercept((call) => {
        if (call.operation === "CreateSecret" && call.request.Name === "orders/denied")
          throw new AwsError("AccessDeniedException", "User is not authorized");
        return call.next();
      });
      const asked = [{ claim: login("denied") }, { claim: login("granted") }];
      const reply = await invokeRaw(world, requestOf(world, "apply", asked));
      stop();
      assert.deepEqual(
        reply.results.map((result) => [result.status, result.error?.code]),
        [
          ["failed", "SecretUnavailable"],
          ["done", undefined],
        ],
      );
      // What failed has left nothing: another owner may have the name.
      await apply(world, { claim: login("denied"), owner: "other" });
    });

    it("a server that may not be written", async () => {
      const admin = world.server.admin.user;
      await byHand(
        world,
        undefined,
        postgresql ? `ALTER ROLE ${admin} SET default_transaction_read_only = on` : "SET GLOBAL read_only = ON",
      );
      const error = await errorFrom("orders", { ...claim, name: "late" });
      assert.deepEqual([error.code, error.transient], ["ServerReadOnly", true]);
      assert.match(error.message, /writer endpoint/);
    });
  });
}

describe("the admin's password after a refusal", () => {
  it("is tried again when a minute has passed", async () => {
    const directory = testDirectory();
    const stack = await LocalStack.start({
      directory,
      targets: [{ cluster: "gone", unreachable: true, engine: "mysql" }],
    });
    const environment = { ...process.env };
    Object.assign(process.env, stack.env());
    try {
      forgetAdmin();
      let now = 0;
      let attempts = 0;
      const connect = (): Promise<never> => {
        attempts += 1;
        return Promise.reject(new DbAccessError("AdminLoginRefused", "refused"));
      };
      const failed = (): Promise<void> =>
        assert.rejects(
          withAdmin(stack.targets.gone.adminSecretArn, connect, () => now),
          { code: "AdminLoginRefused" },
        );
      for (const [at, expected] of [
        [0, 1],
        [59_000, 1],
        [61_000, 2],
        [62_000, 2],
      ]) {
        now = at;
        await failed();
        assert.equal(attempts, expected, `after ${at} ms`);
      }
    } finally {
      process.env = environment;
      forgetAdmin();
      await stack.stop();
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
