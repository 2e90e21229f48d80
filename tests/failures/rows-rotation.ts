import assert from "node:assert/strict";
import { apply, ask, changeWords } from "../support/world";
import { login, type Place } from "./place";
import type { Row } from "./rows";

const rotated = (name: string) => login(name, { rotation: { strategy: "dual", days: 30, graceSeconds: 3600 } });

/** Rotates as Secrets Manager does, and gives what clients had before. */
async function rotate(place: Place, arn: string): Promise<void> {
  await place.world.stack.aws.direct("secretsmanager", "RotateSecret", { SecretId: arn });
  assert.equal(await place.world.stack.rotationEnded(arn), "done");
}

/** As if the grace period had gone by. */
const hourLater = (name: string): string =>
  `UPDATE db_access.claims SET credentials = JSON_SET(credentials, '$.grace.until', '2020-01-01T00:00:00.000Z') WHERE grantee = '${name}'`;

/** Failures of a rotation that keeps two passwords. */
export const rotationRows: readonly Row[] = [
  {
    row: "F8",
    title: "promote ok, DISCARD never runs: the next apply after the grace period ends the old password",
    only: ["mysql"],
    async run(place) {
      const claim = rotated("f8");
      const before = await place.create(claim);
      await place.world.stack.rotationEnded(before.arn);
      await rotate(place, before.arn);
      const after = await place.secret("f8");
      assert.ok(after.password !== before.password);
      await apply(place.world, { claim });
      for (const who of [before, after]) assert.equal(await place.enter(who), "ok", "both within the grace period");
      await place.byHand(hourLater("f8"));
      const [read] = await ask(place.world, "read", [{ claim }]);
      assert.deepEqual(changeWords(read), [], "a rotation is no drift");
      await apply(place.world, { claim });
      assert.notEqual(await place.enter(before), "ok");
      await place.settled(claim);
    },
  },
  {
    row: "F9",
    title: "RETAIN is asked for a second time: seen before, so that the old password stays as long as it may",
    only: ["mysql"],
    async run(place) {
      const claim = rotated("f9");
      const before = await place.create(claim);
      const { stack, target } = place.world;
      await stack.rotationEnded(before.arn);
      const steps: string[] = [];
      const forget = stack.lambda.beforeInvoke((control) => {
        if (control.functionName !== target.rotateFunctionName) return;
        const { Step } = control.payload as { Step: string };
        // The password is on the server, and nobody has heard of it: Secrets Manager begins again with the same token.
        if (Step === "testSecret" && !steps.includes(Step)) control.kill();
        steps.push(Step);
      });
      await rotate(place, before.arn);
      forget();
      assert.ok(steps.filter((step) => step === "setSecret").length >= 2, steps.join());
      assert.equal(await place.enter(before), "ok", "what clients have read still works");
      assert.equal(await place.enter(await place.secret("f9")), "ok");
      await place.byHand(hourLater("f9"));
      await apply(place.world, { claim });
      await place.settled(claim);
    },
  },
];
