import assert from "node:assert/strict";
import { versionsToTest } from "../support/versions";
import { allCases, happensOn, type KillCase } from "./killed";
import { KillPlace } from "./killed-place";
import { hasConverged, wordsOf } from "./killed-report";
import { killOnce } from "./killed-run";

/** The part of `npm run kills` that every change has to pass. */
const chosen: Readonly<Record<string, readonly string[]>> = {
  "in the middle": ["function", "session"],
  "before the record": ["function", "answer"],
  "in a verify file": ["session"],
  "in a no-transaction file": ["function"],
};

const isChosen = ({ point, victim }: KillCase): boolean => chosen[point.name]?.includes(victim) ?? false;

for (const version of versionsToTest("postgresql@17", "mysql@8.0", "mariadb@10.11"))
  describe(`a run of migrations that is killed, on ${version}`, function () {
    this.timeout(120_000);
    let place: KillPlace;

    before(async () => {
      place = await KillPlace.start(version);
    });
    after(() => place?.stop());

    allCases
      .filter((each) => isChosen(each) && happensOn(each, version))
      .forEach((each, at) => {
        it(`${each.victim} ${each.point.name}: the next run says what is right, and ends where it should`, async () => {
          const outcome = await killOnce(place, each, at);
          assert.ok(hasConverged(outcome), wordsOf(outcome));
          const { victim, point } = each;
          if (victim === "answer") assert.deepEqual([outcome.database, outcome.did], ["row 1, row 2", "nothing"]);
          else if (place.world.family === "postgresql" && point.noTransaction !== true)
            assert.deepEqual([outcome.database, outcome.did], ["nothing of the file", "ran the file"]);
          else assert.match(outcome.said, /^(was cut short|failed) at statement [2-4]/);
        });
      });
  });
