import { UpdateSecretVersionStageCommand } from "@aws-sdk/client-secrets-manager";
import assert from "node:assert/strict";
import { AwsError } from "../../local/aws";
import type { LoginClaim } from "../../provisioner/protocol";
import { refused, unchangedBy } from "../support/refusal";
import { versionsToTest } from "../support/versions";
import { apply, ask } from "../support/world";
import { foreignFunction } from "./foreign-function";
import {
  auditOf,
  claimRotating,
  endOfGrace,
  isSettled,
  labelsOf,
  loginClaim,
  logsIn,
  rotate,
  rotated,
  rotatingBy,
  stage,
  startPlace,
  step,
  steps,
  tick,
  versionOf,
  whoGetsIn,
  type FunctionOf,
  type Place,
} from "./place";

for (const version of versionsToTest("postgresql@17", "mysql@8.0")) {
  const postgresql = version.startsWith("postgresql");
  const strategy = version.startsWith("mysql") ? "dual" : "alternating";

  describe(`the steps of a rotation on ${version}`, () => {
    let place: Place;
    let count = 0;
    const fresh = async (
      patch: Partial<LoginClaim> = rotatingBy(strategy),
    ): Promise<{ claim: LoginClaim; secretArn: string }> => {
      const claim = loginClaim(`step${(count += 1)}`, { passwordVersion: 1, ...patch });
      return { claim, secretArn: (await claimRotating(place, claim)).secretArn };
    };
    /** Fails the calls of an operation as AWS may, until it is told otherwise. */
    const failing = (operation: string): (() => void) =>
      place.world.stack.aws.intercept((call) => {
        if (call.operation !== operation) return call.next();
        throw new AwsError("AccessDeniedException", "not allowed");
      });
    const inOrder = async (secretArn: string, token: string, names = [...steps]): Promise<void> => {
      for (const name of names) assert.equal(await step(place, secretArn, name, token), undefined, name);
    };

    before(async () => {
      place = await startPlace(version);
    });
    after(() => place.stop());

    it("F9: may each come again, and all of them from the first", async () => {
      for (const patch of [rotatingBy(strategy), rotatingBy("single")]) {
        const { claim, secretArn } = await fresh(patch);
        const first = await versionOf(place, secretArn);
        const token = await stage(place, secretArn);
        for (let reached = 1; reached <= steps.length; reached += 1) {
          await inOrder(secretArn, token, steps.slice(0, reached));
          await inOrder(secretArn, token, [steps[reached - 1]]);
          // What is published works after every step, and what was published before as well, where there is a second.
          const isOver = claim.rotation?.strategy === "single" && reached > 1;
          assert.deepEqual(await whoGetsIn(place, [first, await versionOf(place, secretArn)]), [!isOver, true]);
        }
        const second = await versionOf(place, secretArn);
        assert.equal(second.versionId, token);
        await unchangedBy(place.world, () => inOrder(secretArn, token));
        assert.deepEqual(await labelsOf(place, secretArn), {
          [first.versionId]: ["AWSPREVIOUS"],
          [token]: ["AWSCURRENT"],
        });
        await isSettled(place, claim);
      }
    });

    it("may come twice at the same time", async () => {
      const { claim, secretArn } = await fresh();
      const first = await versionOf(place, secretArn);
      const token = await stage(place, secretArn);
      for (const name of steps) {
        const outcomes = await Promise.all([step(place, secretArn, name, token), step(place, secretArn, name, token)]);
        assert.deepEqual(outcomes, [undefined, undefined], name);
        assert.deepEqual(await whoGetsIn(place, [first, await versionOf(place, secretArn)]), [true, true]);
      }
      assert.equal((await versionOf(place, secretArn)).versionId, token);
      await isSettled(place, claim);
    });

    it("F7: end in the same place when the promotion failed", async () => {
      for (const patch of [rotatingBy(strategy), rotatingBy("single")]) {
        const { claim, secretArn } = await fresh(patch);
        const first = await versionOf(place, secretArn);
        const stop = failing("UpdateSecretVersionStage");
        assert.match(JSON.stringify(await rotate(place, secretArn)), /SecretUnavailable/);
        stop();
        // One password cannot be two: until the promotion the new one is known to the staged version alone.
        const single = claim.rotation?.strategy === "single";
        assert.equal(await logsIn(place, first), !single);
        await assert.rejects(rotate(place, secretArn), { name: "InvalidRequestException" });
        assert.equal(await place.world.stack.rotationEnded(secretArn), "done");
        assert.deepEqual(await whoGetsIn(place, [first, await versionOf(place, secretArn)]), [!single, true]);
        await isSettled(place, claim);
      }
    });

    it("keep what is published when a rotation is given up for another one", async () => {
      const { claim, secretArn } = await fresh();
      const first = await versionOf(place, secretArn);
      const abandoned = await stage(place, secretArn);
      await inOrder(secretArn, abandoned, ["createSecret", "setSecret"]);
      await place.secrets.send(
        new UpdateSecretVersionStageCommand({
          SecretId: secretArn,
          VersionStage: "AWSPENDING",
          RemoveFromVersionId: abandoned,
        }),
      );
      const lost = await versionOf(place, secretArn, abandoned);
      const token = await stage(place, secretArn);
      for (const name of steps) {
        await inOrder(secretArn, token, [name]);
        assert.equal(await logsIn(place, first), true, name);
      }
      assert.deepEqual(await whoGetsIn(place, [lost, await versionOf(place, secretArn)]), [false, true]);
      await isSettled(place, claim);
    });

    it("take up what a reset has left staged, and the reset ends as it was asked for", async () => {
      const { claim, secretArn } = await fresh();
      await rotated(place, secretArn);
      await endOfGrace(place);
      const first = await versionOf(place, secretArn);
      const stop = failing("UpdateSecretVersionStage");
      const again = { ...claim, passwordVersion: 2 };
      const [failed] = await ask(place.world, "apply", [{ claim: again }]);
      stop();
      assert.equal(failed.error?.code, "SecretUnavailable");
      await assert.rejects(rotate(place, secretArn), { name: "InvalidRequestException" });
      assert.equal(await place.world.stack.rotationEnded(secretArn), "done");
      const second = await versionOf(place, secretArn);
      assert.equal(await logsIn(place, second), true);
      await apply(place.world, { claim: again });
      const third = await versionOf(place, secretArn);
      assert.equal(third.password === second.password, third.versionId === second.versionId);
      assert.deepEqual(await whoGetsIn(place, [first, third]), [false, true]);
      await isSettled(place, again);
      await rotated(place, secretArn);
      assert.equal(await logsIn(place, await versionOf(place, secretArn)), true);
    });

    it("meet a reset", async () => {
      const { claim, secretArn } = await fresh();
      const first = await versionOf(place, secretArn);
      const again = { ...claim, passwordVersion: 2 };
      const rotation = rotate(place, secretArn).catch((error: Error) => {
        // The reset was quicker and has a version staged.
        assert.equal(error.name, "InvalidRequestException");
      });
      await Promise.all([rotation, apply(place.world, { claim: again })]);
      const current = await versionOf(place, secretArn);
      assert.deepEqual(await whoGetsIn(place, [first, current]), [false, true]);
      await endOfGrace(place);
      await tick(place);
      assert.equal(await logsIn(place, current), true);
      await isSettled(place, again);
    });

    it("are refused for what is not ours to rotate, and nothing is changed", async () => {
      const { world } = place;
      const { claim, secretArn } = await fresh();
      const expect = async (arn: string, token: string, code: string, which: FunctionOf = "rotate"): Promise<void> => {
        const run = async (): Promise<void> => {
          for (const name of steps)
            assert.match((await step(place, arn, name, token, which)) ?? "", new RegExp(`^${code}: `));
        };
        const lines = await auditOf(place, () => unchangedBy(world, run), which);
        assert.deepEqual(
          lines.map((line) => [line.outcome, line.code]),
          steps.map(() => ["refused", code]),
        );
      };
      const first = await versionOf(place, secretArn);
      const direct = (operation: string, request: Record<string, unknown>) =>
        world.stack.aws.direct("secretsmanager", operation, request);
      const stranger = {
        SecretString: JSON.stringify({ username: claim.name, password: "x" }),
        ClientRequestToken: first.versionId,
      };
      const { ARN: untagged } = await direct("CreateSecret", { Name: "orders/untagged", ...stranger });
      await expect(String(untagged), first.versionId, "NotOurs", "access");
      await expect(`${secretArn.slice(0, -6)}gone00`, first.versionId, "NotOurs", "access");
      // The role of the rotation function does not even let it look.
      await expect(String(untagged), first.versionId, "SecretUnavailable");
      await expect(world.target.adminSecretArn, first.versionId, "SecretUnavailable");
      // Tags alone do not make a secret a login's: the ledger names the secret of each.
      const { Tags } = await direct("DescribeSecret", { SecretId: secretArn });
      const tags = Tags as { Key: string; Value: string }[];
      const { ARN: claimed } = await direct("CreateSecret", { Name: "orders/claimed", ...stranger, Tags: tags });
      await expect(String(claimed), first.versionId, "NotOurs");
      const elsewhere = tags.map(({ Key, Value }) => ({ Key, Value: Key === "db-access:cluster" ? "billing" : Value }));
      const { ARN: other } = await direct("CreateSecret", { Name: "orders/elsewhere", ...stranger, Tags: elsewhere });
      await expect(String(other), first.versionId, "SecretOfAnotherCluster", "access");
      await expect(secretArn, "00000000-0000-4000-8000-000000000000", "RotationReplayed");
      await rotated(place, secretArn);
      await expect(secretArn, first.versionId, "RotationReplayed");
      const still = loginClaim("still");
      const [{ outputs }] = await apply(world, { claim: still });
      const { versionId } = await versionOf(place, outputs?.secretArn ?? "");
      await expect(outputs?.secretArn ?? "", versionId, "RotationRefused");
    });

    it("are never asked for by a claim that cannot have them", async () => {
      const claim = (patch: Partial<LoginClaim>): LoginClaim => loginClaim("never", patch);
      const wrong = strategy === "dual" ? "alternating" : "dual";
      const property = "rotation.strategy";
      const { world } = place;
      await refused(world, { claim: claim(rotatingBy(wrong)) }, { code: "RotationRefused", property, says: [/use "/] });
      const iam = claim({ auth: { kind: "iam" }, ...rotatingBy(strategy) });
      await refused(world, { claim: iam }, { code: "RotationRefused", property: "rotation", says: [/no password/] });
    });

    it("bring the parameters along", async () => {
      const { world } = place;
      const parameterPasswordKeyArn = `arn:aws:kms:${world.stack.region}:${world.stack.account}:key/one`;
      const { claim, secretArn } = await fresh({
        ...rotatingBy(strategy),
        parameterPath: "/orders/step",
        parameterPasswordKeyArn,
      });
      const published = async (): Promise<{ user: string; password: string }> => {
        const Names = ["username", "password"].map((name) => `/orders/step/${name}`);
        const answer = await world.stack.aws.direct("ssm", "GetParameters", { Names, WithDecryption: true });
        const found = answer.Parameters as { Name: string; Value: string }[];
        const valueOf = (name: string): string => found.find(({ Name }) => Name === name)?.Value ?? "";
        return { user: valueOf(Names[0]), password: valueOf(Names[1]) };
      };
      const expect = async (asked: LoginClaim): Promise<void> => {
        const { user, password } = await versionOf(place, secretArn);
        assert.deepEqual(await published(), { user, password });
        await isSettled(place, asked);
      };
      await expect(claim);
      await rotated(place, secretArn);
      await expect(claim);
      await apply(world, { claim: { ...claim, passwordVersion: 2 } });
      await expect({ ...claim, passwordVersion: 2 });
      await rotated(place, secretArn);
      await expect({ ...claim, passwordVersion: 2 });
    });

    if (postgresql)
      it("are somebody else's where a claim names another function", async () => {
        const { world } = place;
        const claim = (functionArn: string): LoginClaim => loginClaim("lent", { rotation: { functionArn, days: 30 } });
        const uninvited = await foreignFunction(world, "uninvited", false);
        await refused(
          world,
          { claim: claim(uninvited) },
          { code: "RotationRefused", property: "rotation.functionArn", says: [/may not invoke .*uninvited/] },
        );
        const lent = claim(await foreignFunction(world, "lent", true));
        const { secretArn } = await claimRotating(place, lent);
        const first = await versionOf(place, secretArn);
        await rotated(place, secretArn);
        const second = await versionOf(place, secretArn);
        assert.deepEqual(await whoGetsIn(place, [first, second]), [false, true]);
        const [read] = await isSettled(place, lent);
        assert.equal(read.outputs?.secretVersionId, second.versionId);
        assert.match((await step(place, secretArn, "setSecret", second.versionId)) ?? "", /^RotationRefused: /);
      });
  });
}
