import assert from "node:assert/strict";
import { AwsError } from "../../local/aws";
import type { Claim, GrantClaim, LoginClaim } from "../../provisioner/protocol";
import { auditLines, functionLog, leaksIn, Recorder } from "../support/leaks";
import { versionsToTest } from "../support/versions";
import {
  apply,
  ask,
  attempt,
  byHand,
  invokeRaw,
  requestOf,
  secretOf,
  startWorld,
  type Ask,
  type World,
} from "../support/world";

const role: Claim = { kind: "role", name: "shop_owner", deletion: "drop" };
const database: Claim = { kind: "database", name: "shop", owner: "shop_owner", deletion: "drop" };
const login: LoginClaim = {
  kind: "login",
  name: "api",
  auth: { kind: "password", secret: { name: "orders/api", recoveryDays: 0 } },
  passwordVersion: 1,
  deletion: "drop",
};

const unused = "log of db-access-orders-migrate.log";

for (const version of versionsToTest("postgresql@17", "mysql@8.0", "mariadb@10.11")) {
  describe(`nothing leaks on ${version}`, () => {
    let world: World;
    let recorder: Recorder;
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
      recorder = new Recorder(world);
    });
    after(async () => {
      recorder.stop();
      await world.stop();
    });

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

    it("keeps every password out of logs, ledger, requests, replies and audit", async () => {
      const { username, password } = await secretOf(world, "orders/api");
      assert.equal(await attempt(world, { user: username, password }, undefined, "SELECT 1"), "ok");
      // The rest of a life: taken over, refused by Secrets Manager, recreated, locked, dropped.
      await byHand(world, undefined, postgresql ? "DROP ROLE api" : "DROP USER 'api'@'%'").catch(() => undefined);
      for (const operation of ["CreateSecret", "UpdateSecretVersionStage", "GetSecretValue"]) {
        const stop = failing(operation);
        await ask(world, "apply", [
          { claim: { ...login, passwordVersion: 4 } },
          { claim: { ...login, name: "second" } },
        ]);
        stop();
      }
      await apply(world, { claim: { ...login, passwordVersion: 4 } });
      await apply(world, { claim: { ...login, passwordVersion: 4, locked: true } });
      const alive = await recorder.places();
      assert.ok(alive["the ledger"].includes("secretArn"));
      await apply(world, { claim: login, action: "remove" }, { claim: grant, action: "remove" });
      assert.ok(recorder.passwords.size >= 6, `${recorder.passwords.size} passwords`);
      const places = await recorder.places();
      const { [unused]: idle, ...used } = places;
      assert.equal(idle, "", "nobody runs migrations here");
      for (const [name, text] of Object.entries(used)) assert.notEqual(text, "", name);
      assert.deepEqual([...leaksIn(alive, recorder.passwords), ...leaksIn(places, recorder.passwords)], []);
    });

    it("would find a leak: in every place and in every form", async () => {
      const places = await recorder.places();
      for (const password of recorder.passwords)
        for (const leak of [password, Buffer.from(password).toString("base64")])
          for (const name of Object.keys(places))
            assert.deepEqual(leaksIn({ ...places, [name]: `${places[name]}${leak}` }, recorder.passwords), [name]);
      // And one that really goes through the function.
      const [leaked] = [...recorder.passwords].slice(-1);
      await ask(world, "read", [{ claim: { ...role, name: leaked } }]);
      assert.ok(leaksIn(await recorder.places(), recorder.passwords).includes("requests and replies"));
    });
  });
}
