import assert from "node:assert/strict";
import { AwsError } from "../../local/aws";
import type { LoginClaim } from "../../provisioner/protocol";
import { versionsToTest } from "../support/versions";
import { apply, ask, attempt, changeWords, secretOf, startWorld, type World } from "../support/world";

const login: LoginClaim = {
  kind: "login",
  name: "app",
  auth: { kind: "password" },
  passwordVersion: 1,
  deletion: "drop",
};

for (const version of versionsToTest("postgresql@17", "mysql@8.0", "mariadb@10.11")) {
  describe(`a reset that is cut short, on ${version}`, () => {
    let world: World;

    before(async () => {
      world = await startWorld(version);
    });
    after(async () => {
      await world.stop();
    });

    it("says what it has begun, and ends with the password it made when it is sent again", async () => {
      const [created] = await apply(world, { claim: login });
      const arn = created.outputs?.secretArn ?? "";
      const old = await secretOf(world, arn);
      const stop = world.stack.aws.intercept((call) => {
        if (call.operation === "UpdateSecretVersionStage") throw new AwsError("AccessDeniedException", "not allowed");
        return call.next();
      });
      const [failed] = await ask(world, "apply", [{ claim: { ...login, passwordVersion: 2 } }]);
      stop();
      assert.equal(failed.error?.code, "SecretUnavailable");
      assert.match(changeWords(failed).join(), /reset the password of app/);
      assert.equal(failed.id, created.id);
      const [done] = await apply(world, { claim: { ...login, passwordVersion: 2 } });
      assert.equal(done.status, "done");
      const now = await secretOf(world, arn);
      assert.notEqual(now.password, old.password);
      assert.equal(await attempt(world, { user: "app", password: now.password }, undefined, "SELECT 1"), "ok");
      assert.notEqual(await attempt(world, { user: "app", password: old.password }, undefined, "SELECT 1"), "ok");
      assert.equal((await apply(world, { claim: { ...login, passwordVersion: 2 } }))[0].status, "unchanged");
    });
  });
}
