import { versionsToTest } from "../support/versions";
import { deletionSuite } from "./deletion-suite";
import { iamSuite } from "./iam-suite";
import { parameterSuite } from "./parameter-suite";
import { Place } from "./place";
import { refusalSuite } from "./refusal-suite";
import { changeSuite, shapeSuite } from "./secret-suite";
import { settingsSuite } from "./settings-suite";
import { suppliedSuite } from "./supplied-suite";
import { unfinishedSuite } from "./unfinished-suite";

for (const version of versionsToTest("postgresql@17", "mysql@8.0", "mariadb@10.11")) {
  describe(`credentials on ${version}`, () => {
    let place: Place;

    before(async () => {
      place = await Place.start(version);
    });
    after(async () => {
      await place?.world.stop();
    });

    describe("a login's secret", () => shapeSuite(() => place));
    describe("the end of a login or its secret", () => deletionSuite(() => place));
    describe("supplied passwords", () => suppliedSuite(() => place));
    // What only AWS has a part in is the same with every engine.
    if (version.startsWith("postgresql")) {
      describe("a change of a secret in place", () => changeSuite(() => place));
      describe("a secret's settings", () => settingsSuite(() => place));
      describe("a run that did not end", () => unfinishedSuite(() => place));
      describe("parameters", () => parameterSuite(() => place));
      describe("what is refused", () => refusalSuite(() => place));
      describe("from password to IAM", () => iamSuite(() => place));
    }

    describe("afterwards", () => {
      it("nothing is left to do", () => place.assertSettled());
      it("no answer has had a password in it", () => place.assertNothingSaid());
    });
  });
}
