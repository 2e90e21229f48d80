import assert from "node:assert/strict";
import { runInNewContext } from "node:vm";
import { metricUnits } from "../../provisioner/metrics/names";
import type { Graph } from "../components/provisioner/support/graph";
import { assertSchema } from "./support/emitted";
import { alarmsOf, dashboardOf, watching, type Dashboard, type Widget } from "./support/definitions";

/** An alarm's inputs under the names that the API has for them. */
function asRequest(inputs: Record<string, unknown>): Record<string, unknown> {
  const { name, alarmDescription, comparisonOperator, okActions, dimensions, tags, ...rest } = inputs;
  const pairs = (value: unknown, key: string): object[] =>
    Object.entries(value as Record<string, string>).map(([left, right]) => ({ [key]: left, Value: right }));
  return {
    AlarmName: name,
    AlarmDescription: alarmDescription,
    ComparisonOperator: comparisonOperator,
    OKActions: okActions,
    Dimensions: pairs(dimensions, "Name"),
    Tags: pairs(tags, "Key"),
    ...Object.fromEntries(
      Object.entries(rest).map(([key, value]) => [`${key[0].toUpperCase()}${key.slice(1)}`, value]),
    ),
  };
}

const alarmInputs = (made: Graph): Record<string, unknown>[] =>
  made.of("aws:cloudwatch/metricAlarm:MetricAlarm").map(({ inputs }) => inputs);

const titled = ({ widgets }: Dashboard, title: RegExp): Widget => {
  const found = widgets.filter(({ properties }) => title.test(properties.title ?? ""));
  assert.equal(found.length, 1, String(title));
  return found[0];
};

/** The metrics of a widget, without expressions. */
const metricsIn = ({ properties }: Widget): string[][] =>
  (properties.metrics ?? [])
    .filter(([first]) => typeof first === "string")
    .map((metric) => metric.filter((part): part is string => typeof part === "string"));

describe("alarms and dashboard", () => {
  let made: Graph;
  before(async () => (made = await watching("orders", "aurora-postgresql")));

  it("are as CloudWatch's API takes them, whatever is said about them", async () => {
    const others = [
      await watching("orders", "mariadb", { schedule: "rate(12 hours)", functions: { rotate: { memoryMb: 3008 } } }),
      await watching("orders", "mysql", { schedule: false, monitoring: { thresholds: { refused: 1, removed: 500 } } }),
      await watching("orders", "mysql", { monitoring: { alarms: false } }),
    ];
    for (const each of [made, ...others]) {
      assertSchema("dashboard-body", dashboardOf(each));
      for (const inputs of alarmInputs(each)) assertSchema("metric-alarm", asRequest(inputs));
    }
    assert.throws(() => assertSchema("metric-alarm", { ...asRequest(alarmInputs(made)[0]), Period: 90 }));
    assert.throws(() => assertSchema("dashboard-body", { widgets: [{ type: "metric", properties: { metrics: [] } }] }));
  });

  it("look back a day at most, which is as far as an alarm can", () => {
    for (const { name, period, evaluationPeriods, datapointsToAlarm } of alarmsOf(made)) {
      assert.ok(period * evaluationPeriods <= 86_400, name);
      assert.ok(datapointsToAlarm <= evaluationPeriods, name);
    }
  });

  it("ring for each thing that is to be known, and tell what to do", () => {
    const words = Object.fromEntries(alarmInputs(made).map(({ name, alarmDescription }) => [name, alarmDescription]));
    const own = ["refused", "mass-removal", "failed-claims", "audit-undelivered", "no-success"];
    for (const suffix of own) assert.match(String(words[`db-access-orders-${suffix}`]), /^orders: .*\. \S.*\.$/);
    assert.match(String(words["db-access-orders-mass-removal"]), /25 or more claims/);
  });

  it("take thresholds, and refuse what is none", async () => {
    const thresholds = { refused: 3, removed: 500, failed: undefined };
    const other = await watching("orders", "mysql", { monitoring: { thresholds } });
    const threshold = (suffix: string): unknown => alarmsOf(other).find(({ name }) => name.endsWith(suffix))?.threshold;
    assert.deepEqual([threshold("-refused"), threshold("-mass-removal"), threshold("-failed-claims")], [3, 500, 3]);
    const refused = (given: object): Promise<unknown> =>
      assert.rejects(watching("orders", "mysql", { monitoring: { thresholds: given } }), /monitoring\.thresholds/);
    await refused({ removed: 0 });
    await refused({ refused: 1.5 });
    await refused({ everything: 1 });
  });

  it("are silent about a clock that there is not, or that comes too rarely to be missed", async () => {
    for (const schedule of [false, "rate(2 days)", "cron(0 4 * * ? *)"] as const) {
      const names = alarmsOf(await watching("orders", "mysql", { schedule })).map(({ name }) => name);
      assert.ok(!names.some((name) => name.endsWith("-no-success")), String(schedule));
      assert.ok(names.some((name) => name.endsWith("-refused")));
    }
  });

  it("fit on a page of 24 columns without lying on one another", () => {
    const cells = new Map<string, string>();
    for (const { x, y, width, height, properties } of dashboardOf(made).widgets)
      for (let column = x; column < x + width; column++)
        for (let row = y; row < y + height; row++) {
          const cell = `${column}/${row}`;
          assert.ok(column < 24 && !cells.has(cell), `${properties.title} at ${cell} is over ${cells.get(cell)}`);
          cells.set(cell, String(properties.title));
        }
  });

  it("show every metric of the functions, every alarm, and names that there are", () => {
    const dashboard = dashboardOf(made);
    const shown = dashboard.widgets.flatMap(metricsIn);
    const own = shown.filter(([namespace]) => namespace === "DbAccess");
    assert.deepEqual([...new Set(own.map(([, name]) => name))].sort(), Object.keys(metricUnits).sort());
    for (const metric of own)
      assert.deepEqual(metric.slice(2), ["Cluster", "orders", "Engine", "aurora-postgresql"], metric[1]);
    const functions = made.of("aws:lambda/function:Function").map(({ inputs }) => String(inputs.name));
    const queues = made.of("aws:sqs/queue:Queue").map(({ inputs }) => String(inputs.name));
    for (const [namespace, name, dimension, value, ...rest] of shown.filter(([first]) => first.startsWith("AWS/"))) {
      assert.equal(dimension, namespace === "AWS/SQS" ? "QueueName" : "FunctionName", name);
      assert.ok([...functions, ...queues].includes(value), value);
      assert.deepEqual(rest, []);
    }
    assert.deepEqual(
      (titled(dashboard, /^Alarms$/).properties.alarms ?? []).sort(),
      alarmsOf(made)
        .map(({ name }) => `arn:aws:cloudwatch:eu-central-1:111122223333:alarm:${name}`)
        .sort(),
    );
  });

  it("have no alarms to show where there are none", async () => {
    const quiet = await watching("orders", "mysql", { monitoring: { alarms: false }, schedule: false });
    assert.ok(dashboardOf(quiet).widgets.every(({ type }) => type !== "alarm"));
    assert.doesNotMatch(JSON.stringify(dashboardOf(quiet)), /SQS/);
  });

  it("tell what a month of the functions costs, in numbers that metric math can read", async () => {
    const dashboard = dashboardOf(await watching("orders", "mysql", { functions: { rotate: { memoryMb: 1024 } } }));
    const { properties } = titled(dashboard, /cost/);
    // The default of a dashboard is to choose periods itself, and a value of a period is not that of a month.
    assert.equal(dashboard.start, "-P30D");
    assert.equal(properties.setPeriodToTimeRange, true);
    const parts = (properties.metrics ?? []).map((metric) => metric.at(-1) as Record<string, string>);
    const expressions = parts.filter(({ expression }) => expression !== undefined);
    const ids = parts.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    // A month of the schedule, at a second each; 100 migrations of 10 s; a rotation of four steps of 2 s a day.
    const known: Record<string, unknown> = {
      ...{ d0: 2880 * 1000, n0: 2880, d1: 100 * 10_000, n1: 100, d2: 120 * 2000, n2: 120 },
      SUM: (values: number[]) => values.reduce((sum, value) => sum + value, 0),
    };
    for (const { id, expression } of expressions) {
      assert.doesNotMatch(expression, /\d[eE][+-]?\d/);
      known[id] = runInNewContext(expression, { ...known });
    }
    const cost = (seconds: number, gigabytes: number, runs: number): number =>
      seconds * gigabytes * 0.0000133334 + runs * 0.0000002;
    const each = [cost(2880, 0.5, 2880), cost(1000, 0.5, 100), cost(240, 1, 120)];
    const close = (value: unknown, expected: number): void =>
      assert.ok(Math.abs(Number(value) - expected) < 1e-9, `${String(value)} and not ${expected}`);
    for (const [index, expected] of each.entries()) close(known[`c${index}`], expected);
    close(known.cost, each[0] + each[1] + each[2]);
    assert.equal(cost(2880, 0.5, 2880).toFixed(2), "0.02");
  });
});
