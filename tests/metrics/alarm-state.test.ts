import assert from "node:assert/strict";
import { alarmState, type AlarmInputs, type Point } from "./support/alarm-state";

const now = Date.UTC(2026, 0, 1);

const alarm = (more: Partial<AlarmInputs>): AlarmInputs => ({
  name: "example",
  namespace: "N",
  metricName: "M",
  dimensions: { A: "a" },
  statistic: "Sum",
  period: 300,
  evaluationPeriods: 3,
  datapointsToAlarm: 3,
  threshold: 1,
  comparisonOperator: "GreaterThanOrEqualToThreshold",
  treatMissingData: "notBreaching",
  ...more,
});

/** As the documentation writes them: the oldest first, 0 is fine, X is not, - is missing. */
const pointsOf = (text: string, more: Partial<Point> = {}): Point[] =>
  text.split(" ").flatMap((mark, index, all) => {
    const time = now - (all.length - index) * 300_000 + 1000;
    const point = { namespace: "N", name: "M", dimensions: { A: "a" }, time, value: mark === "X" ? 1 : 0, ...more };
    return mark === "-" ? [] : [point];
  });

describe("the evaluation of alarms", () => {
  it("ends as the tables of the CloudWatch User Guide (AlarmThatSendsEmail.html) say", () => {
    const three: [string, string, string][] = [
      ["0 - X - X", "OK", "OK"],
      ["0 - - - -", "OK", "OK"],
      ["- - - - -", "ALARM", "OK"],
      ["0 X X - X", "ALARM", "ALARM"],
      ["- - - - X", "ALARM", "OK"],
      ["X - - - -", "ALARM", "OK"],
    ];
    const two: [string, string, string][] = [
      ["0 - X - X", "ALARM", "ALARM"],
      ["0 0 X 0 X", "ALARM", "ALARM"],
      ["0 - X - -", "ALARM", "OK"],
      ["- - - - 0", "ALARM", "OK"],
      ["- - - - X", "ALARM", "OK"],
    ];
    for (const [datapointsToAlarm, rows] of [[3, three] as const, [2, two] as const])
      for (const [text, breaching, notBreaching] of rows)
        assert.deepEqual(
          ["breaching", "notBreaching"].map((treatMissingData) =>
            alarmState(alarm({ datapointsToAlarm, treatMissingData }), pointsOf(text), now),
          ),
          [breaching, notBreaching],
          `${datapointsToAlarm} of 3: ${text}`,
        );
  });

  it("takes sums and maxima of a period, and the threshold as reached", () => {
    const one = { evaluationPeriods: 1, datapointsToAlarm: 1, threshold: 2 };
    const twice = [...pointsOf("X"), ...pointsOf("X")];
    assert.equal(alarmState(alarm({ ...one }), twice, now), "ALARM");
    assert.equal(alarmState(alarm({ ...one, statistic: "Maximum" }), twice, now), "OK");
    assert.equal(alarmState(alarm({ ...one, comparisonOperator: "LessThanThreshold" }), twice, now), "OK");
  });

  it("hears nothing of another metric, and does not guess at what it does not know", () => {
    const five = "X X X X X";
    assert.equal(alarmState(alarm({}), pointsOf(five), now), "ALARM");
    for (const more of [
      { namespace: "O" },
      { name: "O" },
      { dimensions: {} },
      { dimensions: { A: "b" } },
      { dimensions: { A: "a", B: "b" } },
    ] as Partial<Point>[])
      assert.equal(alarmState(alarm({}), pointsOf(five, more), now), "OK", JSON.stringify(more));
    for (const more of [
      { statistic: "Average" },
      { treatMissingData: "missing" },
      { comparisonOperator: "GreaterThanThreshold" },
    ])
      assert.throws(() => alarmState(alarm(more), [], now), /does not know/);
  });
});
