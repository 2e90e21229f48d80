import assert from "node:assert/strict";
import type { Interceptor } from "../../local/aws";
import { versionsToTest } from "../support/versions";
import { byHand, secretOf } from "../support/world";
import { problemsOf } from "./end-state";
import type { Kind } from "./gate";
import { Harness } from "./harness";
import { Place } from "./place";
import type { Names, Protocol } from "./protocol";
import { protocols } from "./protocols";
import { Recording, type Selection } from "./recording";

const protocolNamed = (name: string): Protocol => {
  const found = protocols.find((protocol) => protocol.name === name);
  assert.ok(found !== undefined, name);
  return found;
};

const one = (label: string, kind: Kind = "drop"): Selection => ({
  kinds: [kind],
  picks: (fault) => fault.label === label && fault.nth === 1 && fault.when === "after",
});

const login = "log in as the admin";

for (const version of versionsToTest("postgresql@17"))
  describe(`the fault harness itself, on ${version}`, () => {
    const [create, reset] = ["create", "reset"].map(protocolNamed);
    let place: Place;
    let harness: Harness;

    before(async () => {
      place = await Place.start(version);
      harness = new Harness(place);
    });
    after(() => place.stop());

    const made = async (): Promise<Names> => place.prepareOne(reset);
    const problems = (names: Names): Promise<string[]> => problemsOf(place, names, create.expected(names));

    it("fails when a call is met that is not in its table", async () => {
      const full = await harness.record(reset);
      const known = await harness.run(reset, one(login), full);
      assert.deepEqual(known.map((outcome) => outcome.problems), [[]]); // prettier-ignore
      const shorter = new Recording(full.calls.filter(({ label }) => label !== "SELECT current_setting"));
      const [outcome] = await harness.run(reset, one("PutSecretValue"), shorter);
      assert.match(
        outcome.problems.join(),
        /a call that is not in the table: access sql call 2, SELECT current_setting/,
      );
    });

    it("fails when what it was to meet does not come", async () => {
      const full = await harness.record(create);
      const longer = new Recording([...full.calls, { by: "access", channel: "secrets", label: "PutSecretValue" }]);
      const outcomes = await harness.run(create, one("PutSecretValue"), longer);
      assert.match(outcomes.flatMap((outcome) => outcome.problems).join(), /the call was not met/);
    });

    it("loses an answer also when it says no", async () => {
      const [outcome] = await harness.run(create, one("DescribeSecret", "throw"));
      assert.deepEqual([outcome.problems, outcome.runs], [[], 2]);
    });

    it("fails when the function leaves the old version current", async () => {
      const lie: Interceptor = (call) => (call.operation === "UpdateSecretVersionStage" ? {} : call.next());
      const table = await harness.record(reset);
      const stop = place.world.stack.aws.intercept(lie);
      const [outcome] = await harness.run(reset, one("PutSecretValue"), table).finally(stop);
      assert.match(outcome.problems.join(), /cannot log in with the current version/);
      assert.match(outcome.problems.join(), /a version that waits to become current/);
    });

    it("finds nothing to complain about in a user as it should be", async () => {
      assert.deepEqual(await problems(await made()), []);
      assert.deepEqual(await harness.orphans(), []);
    });

    it("finds a user without a row, and a row without a user", async () => {
      const [names, other] = [await made(), await made()];
      await byHand(place.world, undefined, `CREATE ROLE ${names.prefix}stranger LOGIN`);
      assert.deepEqual(await problems(names), [
        `users: ${names.prefix}stranger, ${names.user}; expected: ${names.user}`,
      ]);
      await byHand(place.world, undefined, `DROP ROLE ${names.prefix}stranger`);
      await byHand(place.world, undefined, `DROP ROLE ${other.user}`);
      assert.match((await problems(other)).join(), /users: none; expected: .*cannot log in with the current version/);
    });

    it("finds a password that is no longer the current one and still opens", async () => {
      const names = await made();
      const { password } = await secretOf(place.world, names.secret);
      await harness.place.askMany("apply", reset.settled(names));
      assert.deepEqual(await problems(names), []);
      await byHand(place.world, undefined, `ALTER ROLE ${names.user} PASSWORD '${password}'`);
      assert.deepEqual(await problems(names), [
        `${names.user} cannot log in with the current version: 28P01`,
        `${names.user} with a password that is not the current one: ok`,
      ]);
    });

    it("finds a row that was never settled, and a secret that nobody knows", async () => {
      const names = await made();
      const settle = (state: string): Promise<unknown> =>
        byHand(
          place.world,
          undefined,
          `UPDATE db_access.claims SET state = '${state}' WHERE grantee = '${names.user}'`,
        );
      await settle("intent");
      assert.deepEqual(await problems(names), [`the row of ${names.user} is intent`]);
      await place.world.stack.aws.direct("secretsmanager", "CreateSecret", {
        Name: "orders/nobody",
        SecretString: "{}",
      });
      assert.deepEqual(await harness.orphans(), [
        "secret orders/nobody belongs to nothing",
        `the row of ${names.user} was never settled`,
      ]);
      const forced = { SecretId: "orders/nobody", ForceDeleteWithoutRecovery: true };
      await place.world.stack.aws.direct("secretsmanager", "DeleteSecret", forced);
      await settle("done");
      assert.deepEqual(await harness.orphans(), []);
    });
  });
