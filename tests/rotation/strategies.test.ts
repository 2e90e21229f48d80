import assert from "node:assert/strict";
import type { LoginClaim } from "../../provisioner/protocol";
import { versionsToTest } from "../support/versions";
import { apply } from "../support/world";
import { Clients } from "./clients";
import {
  auditOf,
  claimRotating,
  endOfGrace,
  graceSeconds,
  isSettled,
  isUnchanged,
  loginClaim,
  resetByOperator,
  rotate,
  rotated,
  rotatingBy,
  sleep,
  startPlace,
  tick,
  versionOf,
  whoGetsIn,
  type Place,
  type Version,
} from "./place";

const strategyOn = (version: string): "dual" | "alternating" => (version.startsWith("mysql") ? "dual" : "alternating");

const versions = versionsToTest(
  "postgresql@13",
  "postgresql@17",
  "postgresql@18",
  "mysql@8.0",
  "mysql@9.7",
  "mariadb@10.11",
);

/** Where more than the clients is tried. */
const closely = versionsToTest("postgresql@17", "mysql@8.0", "mariadb@10.11");

for (const version of versions) {
  const strategy = strategyOn(version);

  describe(`rotation on ${version}`, () => {
    let place: Place;
    let clients: Clients | undefined;
    const claim: LoginClaim = loginClaim("app", rotatingBy(strategy, graceSeconds));

    before(async () => {
      place = await startPlace(version);
    });
    after(async () => {
      await clients?.end();
      await place.stop();
    });

    it(`${strategy}: three rotations and no failed login`, async () => {
      const { secretArn } = await claimRotating(place, claim);
      const known: Version[] = [await versionOf(place, secretArn)];
      clients = new Clients(place, secretArn);
      for (const round of [1, 2, 3]) {
        await rotated(place, secretArn);
        const current = await versionOf(place, secretArn);
        const read = await isUnchanged(place, claim);
        assert.equal(read.outputs?.secretVersionId, current.versionId);
        assert.ok((read.outputs?.passwordLastChanged ?? "") > "2020", "the time of the rotation");
        // What was published last still works, and nothing older.
        known.push(current);
        assert.deepEqual(
          await whoGetsIn(place, known),
          known.map((_, index) => index >= round - 1),
        );
        await sleep(graceSeconds * 1000);
      }
      const { attempts, perSecond } = await clients.stop();
      console.log(`      ${attempts} logins, ${perSecond.toFixed(1)} a second, none refused`);
      const [current] = known.slice(-1);
      assert.equal(current.user, strategy === "dual" ? "app" : "app_b");
      await tick(place);
      assert.deepEqual(await whoGetsIn(place, known), [false, false, false, true]);
      await isSettled(place, claim);
    });

    if (!closely.includes(version)) return;

    it("refuses a rotation within the grace period, and takes it up afterwards", async () => {
      const patient = loginClaim("patient", rotatingBy(strategy));
      const { secretArn } = await claimRotating(place, patient);
      const first = await versionOf(place, secretArn);
      await rotated(place, secretArn);
      const second = await versionOf(place, secretArn);
      let ended: unknown;
      const lines = await auditOf(place, async () => {
        ended = await rotate(place, secretArn);
      });
      assert.match(JSON.stringify(ended), /"createSecret".*RotationTooSoon: patient was rotated already/);
      assert.ok(lines.length > 0);
      for (const { outcome, code } of lines) assert.deepEqual([outcome, code], ["refused", "RotationTooSoon"]);
      assert.deepEqual(await whoGetsIn(place, [first, second]), [true, true]);
      await isSettled(place, patient);
      await endOfGrace(place);
      await assert.rejects(rotate(place, secretArn), { name: "InvalidRequestException" });
      assert.equal(await place.world.stack.rotationEnded(secretArn), "done");
      const third = await versionOf(place, secretArn);
      assert.deepEqual(await whoGetsIn(place, [first, second, third]), [false, true, true]);
      // Not only the clock ends a grace period: so does whatever is applied next.
      await endOfGrace(place);
      await apply(place.world, { claim: patient });
      assert.deepEqual(await whoGetsIn(place, [first, second, third]), [false, false, true]);
      await isSettled(place, patient);
    });

    it("ends every older password at once by a reset, within a grace period and without one", async () => {
      const claim = loginClaim("fresh", { ...rotatingBy(strategy), passwordVersion: 5 });
      const { secretArn } = await claimRotating(place, claim);
      const known = [await versionOf(place, secretArn)];
      const next = async (run: () => Promise<unknown>): Promise<boolean[]> => {
        await run();
        known.push(await versionOf(place, secretArn));
        return whoGetsIn(place, known);
      };
      const bump = (passwordVersion: number) => () => apply(place.world, { claim: { ...claim, passwordVersion } });
      const rotation = () => rotated(place, secretArn);
      assert.deepEqual(await next(rotation), [true, true]);
      assert.deepEqual(await next(bump(4)), [false, false, true]);
      // Nothing works beside it, so nobody has to wait.
      assert.deepEqual(await next(rotation), [false, false, true, true]);
      assert.deepEqual(await next(() => resetByOperator(place, "fresh")), [false, false, false, false, true]);
      await isSettled(place, { ...claim, passwordVersion: 4 });
      assert.deepEqual(await next(rotation), [false, false, false, false, true, true]);
      await endOfGrace(place);
      assert.deepEqual(await next(bump(6)), [false, false, false, false, false, false, true]);
      await isSettled(place, { ...claim, passwordVersion: 6 });
    });

    it("single: what is published works before and after, and nothing else does", async () => {
      const claim = loginClaim("one", rotatingBy("single"));
      const { secretArn } = await claimRotating(place, claim);
      const known = [await versionOf(place, secretArn)];
      for (let round = 0; round < 2; round += 1) {
        await rotated(place, secretArn);
        known.push(await versionOf(place, secretArn));
        const [read] = await isSettled(place, claim);
        assert.equal(read.outputs?.secretVersionId, known[round + 1].versionId);
      }
      assert.deepEqual(await whoGetsIn(place, known), [false, false, true]);
      assert.deepEqual(new Set(known.map(({ user }) => user)), new Set(["one"]));
    });
  });
}
