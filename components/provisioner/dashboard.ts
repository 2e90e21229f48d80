import type { ProvisionerArgs } from "./args";
import type { Functions } from "./functions";
import { functionKinds, functionNameOf } from "./names";

/** US dollars of N. Virginia for arm64: what a function costs is told in them, not billed by them. */
const PER_GB_SECOND = 0.0000133334;
const PER_INVOCATION = 0.0000002;
const MONTH = 30 * 24 * 3600;

type Metric = (string | Record<string, unknown>)[];

/** The JSON of a CloudWatch dashboard: what a database team looks at. */
export function dashboardBody(
  args: ProvisionerArgs,
  functions: Functions,
  scheduled: boolean,
  region: string,
): { widgets: unknown[] } {
  const { clusterName } = args;
  const names = functionKinds.map((kind) => functionNameOf(clusterName, kind));
  const graph = (title: string, x: number, y: number, metrics: Metric[], stat: string): unknown => ({
    type: "metric",
    x,
    y,
    width: 12,
    height: 6,
    properties: { title, region, view: "timeSeries", stat, period: 300, metrics },
  });
  const each = (metric: string): Metric[] => names.map((name) => ["AWS/Lambda", metric, "FunctionName", name]);
  return {
    widgets: [
      {
        type: "text",
        x: 0,
        y: 0,
        width: 12,
        height: 3,
        properties: {
          markdown: `# db-access: ${clusterName}\n${args.cluster.engine}. Functions: ${functionKinds
            .map((kind) => `${functionNameOf(clusterName, kind)} (at most ${functions[kind].timeoutSeconds} s)`)
            .join(", ")}.`,
        },
      },
      cost(functions, names, region),
      graph("Runs", 0, 3, each("Invocations"), "Sum"),
      graph("Failures and refused runs", 12, 3, [...each("Errors"), ...each("Throttles")], "Sum"),
      graph("Longest run (ms)", 0, 9, each("Duration"), "Maximum"),
      graph(
        "Running at once, and events that were not delivered",
        12,
        9,
        [
          ...each("ConcurrentExecutions"),
          ...(scheduled
            ? [["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", `db-access-${clusterName}-dead-letters`]]
            : []),
        ],
        "Maximum",
      ),
    ],
  };
}

/** The functions' cost of 30 days, from their own metrics. */
function cost(functions: Functions, names: readonly string[], region: string): unknown {
  const metrics: Metric[] = names.flatMap((name, index): Metric[] => [
    ["AWS/Lambda", "Duration", "FunctionName", name, { id: `d${index}`, stat: "Sum", visible: false }],
    ["AWS/Lambda", "Invocations", "FunctionName", name, { id: `n${index}`, stat: "Sum", visible: false }],
  ]);
  const parts = functionKinds.map((kind, index) => {
    const gigabytes = functions[kind].memoryMb / 1024;
    return `FILL(d${index},0)/1000*${gigabytes}*${PER_GB_SECOND}+FILL(n${index},0)*${PER_INVOCATION}`;
  });
  return {
    type: "metric",
    x: 12,
    y: 0,
    width: 12,
    height: 3,
    properties: {
      title: "Functions in 30 days (US dollars, prices of N. Virginia)",
      region,
      view: "singleValue",
      period: MONTH,
      metrics: [...metrics, [{ id: "cost", expression: parts.join("+"), label: "cost" }]],
    },
  };
}
