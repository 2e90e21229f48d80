import { versionsToTest } from "../support/versions";
import { startPlace, type Place } from "./place";
import { ruleCanonical } from "./rule-01-canonical";
import { ruleContrary } from "./rule-02-contrary";
import { ruleModes } from "./rule-02-modes";
import { ruleShared } from "./rule-02-shared";
import { ruleSmallest } from "./rule-03-smallest";
import { ruleNothing } from "./rule-04-nothing";
import { ruleReadBack } from "./rule-05-read-back";
import { ruleRdsLikeAdmin } from "./rule-06-rds-like-admin";
import { ruleMysqlNames } from "./rule-07-mysql-names";
import { ruleConcurrency } from "./rule-08-concurrency";
import { ruleDelete } from "./rule-09-delete";
import { ruleDeleteOwned } from "./rule-09-delete-owned";
import { ruleUnreachable } from "./rule-10-unreachable";
import { ruleAdoption } from "./rule-11-adoption";
import { ruleEndless } from "./rule-12-endless";
import { ruleLogicalName } from "./rule-13-logical-name";

/** Where PostgreSQL's rules about roles, schemas and parameters changed; the matrix has all versions. */
const versions = versionsToTest(
  "postgresql@13",
  "postgresql@15",
  "postgresql@17",
  "postgresql@18",
  "mysql@8.0",
  "mysql@9.7",
  "mariadb@10.11",
);

/** Each rule is a file of this folder: it describes its tests on the place that it is given. */
const rules: ((place: () => Place, version: string) => void)[] = [
  ruleCanonical,
  ruleContrary,
  ruleModes,
  ruleShared,
  ruleSmallest,
  ruleNothing,
  ruleReadBack,
  ruleRdsLikeAdmin,
  ruleMysqlNames,
  ruleConcurrency,
  ruleDelete,
  ruleDeleteOwned,
  ruleUnreachable,
  ruleAdoption,
  ruleEndless,
  ruleLogicalName,
];

for (const version of versions)
  describe(`rules on ${version}`, () => {
    let place: Place;
    before(async () => {
      place = await startPlace(version);
    });
    after(() => place.world.stop());
    for (const rule of rules) rule(() => place, version);
  });
