import assert from "node:assert/strict";
import { checkRules, daysOf, nextRotation, type RotationRules } from "../../local/aws/secrets/schedule";

/** A Wednesday. */
const now = Date.parse("2026-04-15T10:30:00Z");
const after = (rules: RotationRules): string => new Date(nextRotation(rules, now) ?? 0).toISOString().slice(0, 16);
const cron = (fields: string, Duration?: string): RotationRules => ({
  ScheduleExpression: `cron(${fields})`,
  Duration,
});

describe("rotation schedules", () => {
  it("end with their window", () => {
    const expected: [RotationRules, string][] = [
      [{ AutomaticallyAfterDays: 30 }, "2026-05-15T23:59"],
      [{ AutomaticallyAfterDays: 1000 }, "2029-01-09T23:59"],
      [{ ScheduleExpression: "rate(1 day)" }, "2026-04-16T23:59"],
      [{ ScheduleExpression: "rate(10 days)", Duration: "3h" }, "2026-04-25T02:59"],
      [{ ScheduleExpression: "rate(4 hours)" }, "2026-04-15T14:59"],
      // The examples of the User Guide.
      [cron("0 8 * * ? *"), "2026-04-16T23:59"],
      [cron("0 /8 * * ? *"), "2026-04-15T16:59"],
      [cron("0 8/8 * * ? *"), "2026-04-15T16:59"],
      [cron("0 8 1 * ? *", "2h"), "2026-05-01T09:59"],
      [cron("0 16 1,15 * ? *", "2h"), "2026-04-15T17:59"],
      [cron("0 0 ? * SUN *"), "2026-04-19T23:59"],
      [cron("0 16 ? * MON-FRI *", "1h"), "2026-04-15T16:59"],
      [cron("0 0 ? * SUN#1 *"), "2026-05-03T23:59"],
      [cron("0 0 ? * 5L *"), "2026-04-30T23:59"],
      [cron("0 16 L * ? *"), "2026-04-30T23:59"],
      [cron("0 16 1 1/3 ? *"), "2026-07-01T23:59"],
      [cron("0 16 29 FEB ? *"), "2028-02-29T23:59"],
    ];
    for (const [rules, end] of expected) assert.equal(after(rules), end, JSON.stringify(rules));
    assert.equal(nextRotation({}, now), undefined);
  });

  it("come to a number of days", () => {
    assert.equal(daysOf({ ScheduleExpression: "rate(10 days)" }, now), 10);
    assert.equal(daysOf({ ScheduleExpression: "rate(4 hours)" }, now), 1);
    assert.equal(daysOf(cron("0 16 L * ? *"), now), 16);
  });

  it("are refused when they are none", () => {
    const bad: RotationRules[] = [
      ...["rate(3 hours)", "rate(0 days)", "rate(1000 days)", "rate(1 week)", "rate(1 day", "every day", "cron()"].map(
        (ScheduleExpression) => ({ ScheduleExpression }),
      ),
      ...["5 8 * * ? *", "0 24 * * ? *", "0 8 32 * ? *", "0 8 * * ? 2027", "0 8 * * ?", "0 8 ? * SUN#6 *"].map(
        (fields) => cron(fields),
      ),
      cron("0 8 31 FEB ? *"),
      cron("0 22 * * ? *", "3h"),
      cron("0 22 * * ? *", "h"),
      { AutomaticallyAfterDays: 0 },
      { AutomaticallyAfterDays: 1001 },
      { AutomaticallyAfterDays: 1, ScheduleExpression: "rate(1 day)" },
    ];
    for (const rules of bad) {
      assert.throws(() => checkRules(rules), { name: "InvalidParameterException" }, JSON.stringify(rules));
    }
    checkRules({ AutomaticallyAfterDays: 1000 });
    checkRules(cron("0 21 * * ? *", "3h"));
  });
});
