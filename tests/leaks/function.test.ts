import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { AwsError } from "../../local/aws";
import { SUPPLIES_TAG } from "../../provisioner/access/secret-text";
import type { Claim, LoginClaim } from "../../provisioner/protocol";
import { functionLog, holdsVerifier, leaksIn, Scanner } from "../support/leaks";
import { versionsToTest } from "../support/versions";
import { apply, ask, attempt, byHand, secretOf, type Ask, type World } from "../support/world";
import { canary, keepers, startLeakPlace, type LeakPlace } from "./place";

const login = (name: string, more: Partial<LoginClaim> = {}): LoginClaim => ({
  kind: "login",
  name,
  auth: { kind: "password", secret: { name: `orders/${name}`, recoveryDays: 0 } },
  passwordVersion: 1,
  deletion: "drop",
  ...more,
});
const role: Claim = { kind: "role", name: "shop_owner", deletion: "drop" };
const database: Claim = { kind: "database", name: "shop", owner: "shop_owner", deletion: "drop" };

for (const version of versionsToTest("postgresql@17", "mysql@8.0", "mariadb@10.11")) {
  describe(`no password leaves its secret on ${version}`, () => {
    let place: LeakPlace;
    let world: World;
    const postgresql = version.startsWith("postgresql");
    const grant: Claim = {
      kind: "grant",
      grantee: "api",
      on: { kind: "tables", database: "shop", ...(postgresql ? { schema: "public" } : {}), tables: "*" },
      privileges: ["SELECT"],
      mode: "exclusive",
    };
    const drop = (name: string): Promise<unknown> =>
      postgresql
        ? byHand(world, "shop", `DROP OWNED BY ${name}; DROP ROLE ${name}`)
        : byHand(world, undefined, `DROP USER '${name}'@'%'`);
    const enter = async (name: string): Promise<string> => {
      const { username, password } = await secretOf(world, `orders/${name}`);
      return attempt(world, { user: username, password }, undefined, "SELECT 1");
    };
    /** The call fails as AWS's may: with what was sent in the message. */
    const refusing = async (operation: string, ...asks: Ask[]): Promise<void> => {
      const stop = world.stack.aws.intercept((call) => {
        if (call.operation !== operation) return call.next();
        throw new AwsError("InvalidParameterException", `Bad value ${JSON.stringify(call.request)}`);
      });
      const [result] = await ask(world, "apply", asks);
      stop();
      assert.equal(result.status, "failed", operation);
    };

    before(async () => {
      place = await startLeakPlace(version);
      world = place.world;
    });
    after(() => place?.stop());

    it("in a life that succeeds", async () => {
      const all: Ask[] = [role, database, login("api"), grant].map((claim) => ({ claim }));
      await ask(world, "plan", all);
      await apply(world, ...all);
      await ask(world, "read", all);
      assert.equal(await enter("api"), "ok");
      await apply(world, { claim: login("api", { passwordVersion: 2 }) });
      assert.equal(await enter("api"), "ok");
      await apply(world, { claim: login("api", { passwordVersion: 2, locked: true }) });
    });

    it("with a password that a person has chosen", async () => {
      const password = canary();
      await world.stack.aws.direct("secretsmanager", "PutSecretValue", {
        SecretId: "orders/api",
        SecretString: JSON.stringify({ username: "api", password }),
      });
      place.recorder.passwords.add(password);
      await drop("api");
      await apply(world, { claim: login("api", { passwordVersion: 2 }) });
      assert.equal(await attempt(world, { user: "api", password }, undefined, "SELECT 1"), "ok");
    });

    it("with a password that another secret supplies", async () => {
      const password = canary();
      place.recorder.passwords.add(password);
      const { ARN } = await world.stack.aws.direct("secretsmanager", "CreateSecret", {
        Name: "team/person",
        SecretString: password,
        Tags: [{ Key: SUPPLIES_TAG, Value: world.cluster }],
      });
      const auth = { kind: "password" as const, suppliedSecretArn: String(ARN) };
      await apply(world, { claim: login("person", { auth, passwordVersion: undefined }) });
      assert.equal(await attempt(world, { user: "person", password }, undefined, "SELECT 1"), "ok");
    });

    it("in rotations that end and that do not, after an operator's reset, and where it is published", async () => {
      const { aws, account, region } = world.stack;
      const claim = login("turns", {
        rotation: { strategy: world.product === "mysql" ? "dual" : "alternating", days: 30, graceSeconds: 600 },
        parameterPath: "/orders/turns",
        parameterPasswordKeyArn: `arn:aws:kms:${region}:${account}:key/1`,
      });
      const [made] = await apply(world, { claim });
      const SecretId = String(made.outputs?.secretArn);
      assert.equal(await world.stack.rotationEnded(SecretId), "done");
      const rotate = async (): Promise<unknown> => {
        await aws.direct("secretsmanager", "RotateSecret", { SecretId });
        return world.stack.rotationEnded(SecretId);
      };
      assert.equal(await rotate(), "done");
      assert.equal(await enter("turns"), "ok");
      assert.notEqual(await rotate(), "done", "too soon");
      const [reset] = await ask(world, "apply", [{ claim, action: "reset" }]);
      assert.equal(reset.status, "done", JSON.stringify(reset));
      assert.equal(await enter("turns"), "ok");
      await apply(world, { claim });
    });

    it("where Secrets Manager or the server refuses", async () => {
      await refusing("CreateSecret", { claim: login("second") });
      for (const operation of ["PutSecretValue", "UpdateSecretVersionStage"])
        await refusing(operation, { claim: login("api", { passwordVersion: 3 }) });
      // The statement with the password fails, which the servers' logs show.
      const stop = world.stack.aws.intercept(async (call) => {
        const answer = await call.next();
        if (call.operation === "PutSecretValue") await drop("api");
        return answer;
      });
      const [result] = await ask(world, "apply", [{ claim: login("api", { passwordVersion: 4 }) }]);
      stop();
      assert.equal(result.status, "failed", JSON.stringify(result));
      await apply(world, { claim: login("api", { passwordVersion: 4 }) });
      const current = await secretOf(world, "orders/api");
      assert.notEqual(await attempt(world, { user: "api", password: `${current.password}x` }, undefined, ""), "ok");
      assert.equal(await enter("api"), "ok");
    });

    it("where the function's own code fails, caught or not", async () => {
      place.order("break");
      const [failed] = await ask(world, "apply", [{ claim: login("api", { passwordVersion: 5 }) }]);
      assert.equal(failed.status, "failed");
      place.order("crash");
      await assert.rejects(ask(world, "apply", [{ claim: login("api", { passwordVersion: 5 }) }]), /Nobody catches/);
      place.order();
      assert.match(functionLog(world), /Nobody catches this/);
      assert.equal(readdirSync(place.temporary).length, 1, "the report of the crash");
      await apply(world, { claim: login("api", { passwordVersion: 5 }) });
      assert.equal(await enter("api"), "ok");
      await apply(world, { claim: login("api"), action: "remove" }, { claim: login("second"), action: "remove" });
    });

    it("neither in logs, ledger, requests and replies nor in any file of the function or the server", async () => {
      assert.ok(place.recorder.passwords.size >= 12, `${place.recorder.passwords.size} passwords`);
      const places = await place.places();
      const { functionName, rotateFunctionName } = world.target;
      for (const name of [functionName, rotateFunctionName])
        assert.match(places[`log of ${name}.log`], /^(TLS|NET|HTTP) \d+: /m, "debug output");
      assert.deepEqual(await place.leaks(), []);
      // The exceptions are where passwords belong: a list that is no longer needed would hide something.
      const kept = new Scanner(place.recorder.passwords).inFiles(place.directory);
      assert.deepEqual(
        kept.filter((file) => keepers.includes(file)),
        keepers,
      );
    });

    it("and what the servers store for a password stays with the server", async () => {
      const { "the server's log": log, ...ours } = await place.places();
      assert.ok(holdsVerifier(log));
      assert.deepEqual(
        Object.keys(ours).filter((name) => holdsVerifier(ours[name])),
        [],
      );
    });

    it("would be found: a leak in each place", async () => {
      const leaked = [...place.recorder.passwords].at(-1) ?? "";
      const places = await place.places();
      for (const name of Object.keys(places))
        assert.deepEqual(leaksIn({ ...places, [name]: `${places[name]}${leaked}` }, place.recorder.passwords), [name]);
    });

    it("would be found: a function that prints, leaves and dies with what it sends, and a password among the names", async () => {
      const log = `log of ${world.target.functionName}.log`;
      const files = ["logs/", "tmp/"];
      const expect = async (...expected: string[]): Promise<void> => {
        const found = await place.leaks();
        for (const each of expected)
          assert.ok(
            found.some((name) => name === each || (files.includes(each) && name.startsWith(each))),
            each,
          );
      };
      place.order("print", "leave");
      await apply(world, { claim: login("api") });
      await expect(log, ...files);
      assert.ok(!(await place.leaks()).includes("requests and replies"));
      place.order("crash-with-it");
      await assert.rejects(ask(world, "apply", [{ claim: login("api", { passwordVersion: 2 }) }]), /Not sent/);
      place.order();
      await expect("requests and replies");
      const { password } = await secretOf(world, "orders/api");
      await apply(world, { claim: { ...role, name: password } });
      await expect("the ledger", "the server's log", "servers/orders/server.log");
    });
  });
}
