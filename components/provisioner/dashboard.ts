import { METRIC_NAMESPACE, type MetricName } from "../../provisioner/metrics/names";
import type { ProvisionerArgs } from "./args";
import type { Functions } from "./functions";
import { metricDimensionsOf } from "./metrics";
import { functionKinds, functionNameOf, type Place } from "./names";

/** US dollars of N. Virginia for arm64: what a function costs is told in them, not billed by them. */
const PER_MILLION_GB_SECONDS = 13.3334;
const PER_MILLION_INVOCATIONS = 0.2;

/** Changes are rare: a shorter time would show an empty page. It also makes the cost that of a month. */
const SHOWN = "-P30D";

type Metric = (string | Record<string, unknown>)[];

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The JSON of a CloudWatch dashboard: what a database team looks at. */
export function dashboardBody(
  args: ProvisionerArgs,
  functions: Functions,
  scheduled: boolean,
  alarms: readonly string[],
  { region, partition, account }: Place,
): { start: string; widgets: unknown[] } {
  const { clusterName, cluster } = args;
  const names = functionKinds.map((kind) => functionNameOf(clusterName, kind));
  const each = (metric: string, stat?: string): Metric[] =>
    names.map((name) => ["AWS/Lambda", metric, "FunctionName", name, ...(stat === undefined ? [] : [{ stat }])]);
  const dimensions = Object.entries(metricDimensionsOf(clusterName, cluster.engine)).flat();
  const own = (...metrics: MetricName[]): Metric[] =>
    metrics.map((metric) => [METRIC_NAMESPACE, metric, ...dimensions]);
  const widget = (box: Box, title: string, metrics: Metric[], more: object): unknown => ({
    type: "metric",
    ...box,
    properties: { title, region, metrics, ...more },
  });
  const left = (y: number): Box => ({ x: 0, y, width: 12, height: 6 });
  const right = (y: number): Box => ({ x: 12, y, width: 12, height: 6 });
  const graph = { view: "timeSeries", stat: "Sum", period: 300 };
  const whole = { view: "singleValue", stat: "Sum", setPeriodToTimeRange: true };
  const deadLetters: Metric[] = scheduled
    ? [["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", `db-access-${clusterName}-dead-letters`]]
    : [];
  return {
    start: SHOWN,
    widgets: [
      {
        type: "text",
        x: 0,
        y: 0,
        width: 12,
        height: 4,
        properties: {
          markdown: `# db-access: ${clusterName}\n${cluster.engine}. Functions: ${functionKinds
            .map((kind) => `${functionNameOf(clusterName, kind)} (at most ${functions[kind].timeoutSeconds} s)`)
            .join(", ")}.`,
        },
      },
      widget(
        { ...right(0), height: 4 },
        "What the functions cost in the time shown (US dollars, N. Virginia)",
        costs(functions, names),
        {
          ...whole,
          singleValueFullPrecision: true,
        },
      ),
      widget(
        { x: 0, y: 4, width: 24, height: 4 },
        "Claims in the time shown",
        own("Created", "Changed", "Removed", "Refused", "Drift", "Failed", "Succeeded"),
        whole,
      ),
      ...(alarms.length === 0
        ? []
        : [
            {
              type: "alarm",
              x: 0,
              y: 8,
              width: 24,
              height: 4,
              properties: {
                title: "Alarms",
                alarms: alarms.map((name) => `arn:${partition}:cloudwatch:${region}:${account}:alarm:${name}`),
              },
            },
          ]),
      widget(left(12), "Created, changed, removed", own("Created", "Changed", "Removed"), { ...graph, stacked: true }),
      widget(right(12), "Refused, failed, drift", own("Refused", "Failed", "Drift"), graph),
      widget(
        left(18),
        "How long runs take",
        own("Duration").flatMap((metric) =>
          ["p50", "p95", "Maximum"].map((stat) => [...metric, { stat, label: stat }]),
        ),
        graph,
      ),
      widget(right(18), "Longest run of each function", each("Duration"), { ...graph, stat: "Maximum" }),
      widget(left(24), "Runs", each("Invocations"), graph),
      widget(right(24), "Failed and refused by Lambda", [...each("Errors"), ...each("Throttles")], graph),
      widget(left(30), "Running at once", each("ConcurrentExecutions"), { ...graph, stat: "Maximum" }),
      widget(
        right(30),
        "Not delivered: audit events, events of the schedule",
        [...own("AuditUndelivered"), ...deadLetters],
        {
          ...graph,
          stat: "Maximum",
        },
      ),
    ],
  };
}

/**
 * Each function by itself and all together, from Lambda's own metrics. Numbers are per million: a smaller one would be
 * written with an exponent, which metric math does not read. What has never run counts as nothing.
 */
function costs(functions: Functions, names: readonly string[]): Metric[] {
  return [
    ...names.flatMap((name, index): Metric[] => [
      ["AWS/Lambda", "Duration", "FunctionName", name, { id: `d${index}`, visible: false }],
      ["AWS/Lambda", "Invocations", "FunctionName", name, { id: `n${index}`, visible: false }],
    ]),
    ...functionKinds.map((kind, index): Metric => {
      const gigabytes = functions[kind].memoryMb / 1024;
      const seconds = `d${index}/1000*${gigabytes}*${PER_MILLION_GB_SECONDS}`;
      const expression = `(${seconds}+n${index}*${PER_MILLION_INVOCATIONS})/1000000`;
      return [{ id: `c${index}`, expression, label: kind }];
    }),
    [{ id: "cost", expression: `SUM([${functionKinds.map((_, index) => `c${index}`).join(",")}])`, label: "together" }],
  ];
}
