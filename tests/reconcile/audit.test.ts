import assert from "node:assert/strict";
import { AwsError } from "../../local/aws";
import type { Claim, GrantClaim, LoginClaim } from "../../provisioner/protocol";
import { auditLines, functionLog } from "../support/leaks";
import { versionsToTest } from "../support/versions";
import { ask, invokeRaw, requestOf, startWorld, type Ask, type World } from "../support/world";

const role: Claim = { kind: "role", name: "shop_owner", deletion: "drop" };
const database: Claim = { kind: "database", name: "shop", owner: "shop_owner", deletion: "drop" };
const login: LoginClaim = {
  kind: "login",
  name: "api",
  auth: { kind: "password", secret: { name: "orders/api", recoveryDays: 0 } },
  passwordVersion: 1,
  deletion: "drop",
};

for (const version of versionsToTest("postgresql@17", "mysql@8.0", "mariadb@10.11")) {
  describe(`audit on ${version}`, () => {
    let world: World;
    const postgresql = version.startsWith("postgresql");
    const grant: GrantClaim = {
      kind: "grant",
      grantee: "api",
      on: { kind: "tables", database: "shop", ...(postgresql ? { schema: "public" } : {}), tables: "*" },
      privileges: ["SELECT"],
      mode: "exclusive",
    };
    /** Fails the calls as AWS may: with what was sent in the message. */
    const failing = (operation: string): (() => void) =>
      world.stack.aws.intercept((call) => {
        if (call.operation !== operation) return call.next();
        throw new AwsError("InvalidParameterException", `Bad value ${JSON.stringify(call.request)}`);
      });

    before(async () => {
      world = await startWorld(version);
    });
    after(() => world.stop());

    it("writes one audit line for each change and each refusal, and none for anything else", async () => {
      const lines = async (run: () => Promise<unknown>): Promise<string[]> => {
        const mark = functionLog(world).length;
        await run();
        return auditLines(world, mark).map((line) =>
          [line.outcome, line.action, line.kind, line.code].filter((part) => part !== undefined).join(" "),
        );
      };
      const expect = async (asked: Ask[], expected: string[], mode: "apply" | "plan" | "read" = "apply") =>
        assert.deepEqual(await lines(() => ask(world, mode, asked)), expected);
      const all: Ask[] = [role, database, login, grant].map((claim) => ({ claim }));
      await expect(all, [], "plan");
      await expect(
        all,
        ["role", "database", "login", "grant"].map((kind) => `changed ensure ${kind}`),
      );
      await expect(all, []);
      await expect(all, [], "read");
      await expect([{ claim: { ...login, passwordVersion: 2 } }], ["changed ensure login"]);
      await expect([{ claim: login, owner: "other" }], ["refused ensure login OwnedElsewhere"]);
      await expect([{ claim: login, owner: "other" }], [], "plan");
      await expect([{ claim: login, owner: "other", action: "remove" }], ["refused remove login NotOurs"]);
      await expect([{ claim: { ...login, connectionLimit: -1 } }], ["refused ensure login InvalidInput"]);
      await expect([{ claim: { ...grant, grantee: "nobody" } }], ["refused ensure grant ObjectMissing"]);
      const stop = failing("PutSecretValue");
      await expect([{ claim: { ...login, passwordVersion: 3 } }], ["failed ensure login SecretUnavailable"]);
      stop();
      await expect([{ claim: { ...login, passwordVersion: 3 } }], ["changed ensure login"]);
      const request = requestOf(world, "apply", all);
      const elsewhere = { ...request, cluster: "billing" };
      assert.deepEqual(
        await lines(() => invokeRaw(world, elsewhere)),
        ["role", "database", "login", "grant"].map((kind) => `refused ensure ${kind} WrongCluster`),
      );
      assert.deepEqual(await lines(() => invokeRaw(world, { nonsense: true })), ["refused InvalidInput"]);
      assert.deepEqual(await lines(() => invokeRaw(world, { ...request, protocols: { min: 90, max: 91 } })), [
        "refused ProtocolMismatch",
      ]);
    });

    it("says who, what and under which invocation", async () => {
      const line = auditLines(world).find((each) => each.kind === "grant" && each.outcome === "changed");
      assert.equal(line?.owner, "test");
      assert.match(line.id ?? "", /\/orders\/grant\/api\/tables\/shop\//);
      assert.match(line.changes.join(), /grant (SELECT|CONNECT) on .* to api/);
      assert.ok(functionLog(world).includes(`START RequestId: ${line.requestId} `));
    });
  });
}
