import assert from "node:assert/strict";
import { AwsError } from "../../local/aws";
import { apply, ask, changeWords, changingStatements, logMark } from "../support/world";
import { login } from "./place";
import type { Row } from "./rows";

const refusal = (): Error => new AwsError("AccessDeniedException", "User is not authorized");

/** Failures between a login and its secret. */
export const passwordRows: readonly Row[] = [
  {
    row: "F7",
    title: "ALTER ok, promote refused: the failure says what it has begun, and the same password is promoted later",
    async run(place) {
      const before = await place.create(login("f7"));
      const claim = login("f7", { passwordVersion: 2 });
      const [failed] = await place.answering("UpdateSecretVersionStage", refusal, () =>
        ask(place.world, "apply", [{ claim }]),
      );
      assert.equal(failed.error?.code, "SecretUnavailable");
      assert.equal(failed.id, before.id);
      assert.match(changeWords(failed).join(), /reset the password of f7/);
      assert.notEqual(await place.enter(before), "ok", "the server has the new one");
      await apply(place.world, { claim });
      await place.settled(claim);
    },
  },
  {
    row: "F7",
    title: "ALTER ok, crash at the promotion: the next run finds the pending password on the server and promotes it",
    async run(place) {
      for (const when of ["before", "after"] as const) {
        const name = `f7_${when}`;
        const before = await place.create(login(name));
        const claim = login(name, { passwordVersion: 2 });
        await place.dyingAt(when, "UpdateSecretVersionStage", [{ claim }]);
        assert.notEqual(await place.enter(before), "ok");
        await apply(place.world, { claim });
        await place.settled(claim);
      }
    },
  },
  {
    row: "F7",
    title: "crash before the ALTER: the pending password is set by the next run",
    async run(place) {
      const before = await place.create(login("f7_early"));
      const claim = login("f7_early", { passwordVersion: 2 });
      await place.dyingAt("after", "PutSecretValue", [{ claim }]);
      assert.equal(await place.enter(before), "ok", "nothing has happened to the login");
      await apply(place.world, { claim });
      await place.settled(claim);
    },
  },
  {
    row: "F10",
    title: "the secret's name is scheduled for deletion: restored, and always with a new password",
    async run(place) {
      const claim = login("f10", {
        auth: { kind: "password", secret: { name: "orders/f10", recoveryDays: 7 } },
      });
      const before = await place.create(claim);
      await apply(place.world, { claim, action: "remove" });
      assert.ok(!(await place.exists("f10")));
      await assert.rejects(place.secret("f10"));
      const after = await place.create(claim);
      assert.equal(after.arn, before.arn);
      assert.ok(after.password !== before.password);
      await place.settled(claim);
    },
  },
  {
    row: "F10",
    title: "the secret's name is another's and scheduled for deletion: refused, and nothing is changed",
    only: ["postgresql"],
    async run(place) {
      const { aws } = place.world.stack;
      await aws.direct("secretsmanager", "CreateSecret", { Name: "orders/f10_foreign", SecretString: "{}" });
      await aws.direct("secretsmanager", "DeleteSecret", { SecretId: "orders/f10_foreign" });
      const mark = logMark(place.world);
      const error = await place.errorOf({ claim: login("f10_foreign") });
      assert.equal(error.code, "SecretNameTaken");
      assert.match(error.message, /scheduled for deletion/);
      assert.deepEqual(changingStatements(place.world, mark), []);
      assert.ok(!(await place.exists("f10_foreign")));
    },
  },
  ...[0, 7].map((days): Row => ({
    row: "F11",
    title: `the secret was deleted by hand (${days === 0 ? "at once" : "in its window"}): made again with a new password`,
    async run(place) {
      const claim = login(`f11_${days}`);
      const before = await place.create(claim);
      await place.world.stack.aws.direct("secretsmanager", "DeleteSecret", {
        SecretId: before.arn,
        ...(days === 0 ? { ForceDeleteWithoutRecovery: true } : { RecoveryWindowInDays: days }),
      });
      const [read] = await ask(place.world, "read", [{ claim }]);
      assert.match(changeWords(read).join(), /reset the password/);
      assert.ok((await place.create(claim)).password !== before.password);
      await place.settled(claim);
    },
  })),
  {
    row: "F12",
    title: "the login was dropped by hand: made again with the password that its secret has",
    async run(place) {
      const claim = login("f12");
      const before = await place.create(claim);
      await place.dropByHand("f12");
      assert.equal((await ask(place.world, "read", [{ claim }]))[0].exists, false);
      assert.ok((await place.create(claim)).password === before.password);
      await place.settled(claim);
    },
  },
  {
    row: "F13",
    title: "the password was changed by hand: named as drift, and set again to what the secret has",
    async run(place) {
      const claim = login("f13");
      const before = await place.create(claim);
      const other = { ...before, password: "by-Hand-instead-1" };
      await place.setPasswordByHand("f13", other.password);
      assert.equal(await place.enter(other), "ok");
      const [read] = await ask(place.world, "read", [{ claim }]);
      assert.match(changeWords(read).join(), /password/);
      await apply(place.world, { claim });
      assert.equal(await place.enter(before), "ok");
      assert.notEqual(await place.enter(other), "ok");
      await place.settled(claim);
    },
  },
  ...(["denied", "disabled"] as const).map((trouble): Row => ({
    row: "F26",
    title: `the key is ${trouble}: refused before the database is touched, and done when it can be used`,
    async run(place) {
      const name = `f26_${trouble}`;
      const { account, region, aws } = place.world.stack;
      const kmsKeyArn = `arn:aws:kms:${region}:${account}:key/${trouble}`;
      const claim = (passwordVersion: number) =>
        login(name, {
          auth: { kind: "password", secret: { name: `orders/${name}`, recoveryDays: 0, kmsKeyArn } },
          passwordVersion,
        });
      const refused = async (version: number): Promise<void> => {
        const allow = aws.keys.deny(kmsKeyArn, trouble);
        const mark = logMark(place.world);
        try {
          const { code, message } = await place.errorOf({ claim: claim(version) });
          assert.equal(code, "SecretUnavailable", message);
          assert.match(message, /key/i);
        } finally {
          allow();
        }
        const changed = changingStatements(place.world, mark);
        assert.ok(!changed.some((statement) => /^(CREATE|ALTER) (ROLE|USER)/.test(statement)), changed.join("\n"));
      };
      await refused(1);
      assert.deepEqual([await place.exists(name), await place.rows(name)], [false, []]);
      const before = await place.create(claim(1));
      await refused(2);
      assert.equal(await place.enter(before), "ok");
      await apply(place.world, { claim: claim(2) });
      await place.settled(claim(2));
    },
  })),
  {
    row: "F27",
    title: "Secrets Manager takes no further version: the password so far stays in use",
    only: ["postgresql"],
    async run(place) {
      const limit = (): Error => new AwsError("LimitExceededException", "You can't have more versions");
      const before = await place.create(login("f27"));
      const claim = login("f27", { passwordVersion: 2 });
      const [failed] = await place.answering("PutSecretValue", limit, () => ask(place.world, "apply", [{ claim }]));
      assert.equal(failed.error?.code, "SecretUnavailable");
      assert.match(failed.error?.message ?? "", /LimitExceeded/);
      assert.equal(await place.enter(before), "ok");
      await apply(place.world, { claim });
      await place.settled(claim);
    },
  },
];
