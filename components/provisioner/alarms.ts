import type * as pulumi from "@pulumi/pulumi";
import { METRIC_NAMESPACE, type MetricName } from "../../provisioner/metrics/names";
import type { ProvisionerArgs } from "./args";
import type { Functions } from "./functions";
import { metricDimensionsOf } from "./metrics";
import { functionKinds, functionNameOf } from "./names";
import type { Triggers } from "./triggers";

/** How near its end a run may come before somebody should look at it. */
const LONG_RUN = 0.8;
const QUARTER_HOUR = 900;
const HOUR = 3600;

export interface Alarm {
  suffix: string;
  /** What has happened and what to do: it is what whoever is called reads first. */
  words: string;
  namespace: "AWS/Lambda" | "AWS/SQS" | typeof METRIC_NAMESPACE;
  metric: string;
  dimensions: Record<string, pulumi.Input<string>>;
  statistic: "Sum" | "Maximum";
  period: number;
  /** Of how many periods how many have to be over it. Default one of one. */
  periods?: { of: number; bad: number };
  threshold: number;
  comparison: "GreaterThanOrEqualToThreshold" | "LessThanThreshold";
  /** No data: nothing of the kind has happened, which is what the alarm on want of success alone is about. */
  missing: "notBreaching" | "breaching";
}

/** Everything that rings. */
export const alarmsOf = (args: ProvisionerArgs, functions: Functions, triggers: Triggers | undefined): Alarm[] => [
  ...functionAlarms(args, functions),
  ...claimAlarms(args),
  ...(triggers === undefined ? [] : clockAlarms(args, triggers)),
];

/** What AWS counts by itself. */
function functionAlarms({ clusterName }: ProvisionerArgs, functions: Functions): Alarm[] {
  return functionKinds.flatMap((kind): Alarm[] => {
    const name = functionNameOf(clusterName, kind);
    const { timeoutSeconds } = functions[kind];
    const base = {
      namespace: "AWS/Lambda",
      dimensions: { FunctionName: name },
      period: 300,
      comparison: "GreaterThanOrEqualToThreshold",
      missing: "notBreaching",
    } as const;
    return [
      {
        ...base,
        suffix: `${kind}-errors`,
        words: `${name} has failed. Its log group says why; claims that were cut short are taken up again by the next run.`,
        metric: "Errors",
        statistic: "Sum",
        threshold: 1,
      },
      {
        ...base,
        suffix: `${kind}-throttles`,
        words: `${name} has been refused for 15 minutes because too many run at once. Raise functions.${kind}.reservedConcurrency.`,
        metric: "Throttles",
        statistic: "Sum",
        // Callers wait and try again: a short burst is nothing.
        periods: { of: 3, bad: 3 },
        threshold: 1,
      },
      {
        ...base,
        suffix: `${kind}-duration`,
        words: `${name} has run for more than ${Math.round(LONG_RUN * 100)} % of its ${timeoutSeconds} seconds. Look for locks on the server, or raise functions.${kind}.timeoutSeconds.`,
        metric: "Duration",
        statistic: "Maximum",
        threshold: timeoutSeconds * 1000 * LONG_RUN,
      },
    ];
  });
}

/** What the functions count themselves. */
function claimAlarms({ clusterName, cluster, monitoring }: ProvisionerArgs): Alarm[] {
  const { refused = 10, removed = 25, failed = 3 } = monitoring?.thresholds ?? {};
  const counted = (
    suffix: string,
    metric: MetricName,
    threshold: number,
    words: string,
    more: Partial<Alarm> = {},
  ): Alarm => ({
    suffix,
    words,
    namespace: METRIC_NAMESPACE,
    metric,
    dimensions: metricDimensionsOf(clusterName, cluster.engine),
    statistic: "Sum",
    period: QUARTER_HOUR,
    threshold,
    comparison: "GreaterThanOrEqualToThreshold",
    missing: "notBreaching",
    ...more,
  });
  return [
    counted(
      "refused",
      "Refused",
      refused,
      `${clusterName}: ${refused} or more claims or requests were refused within 15 minutes. Somebody tries what is not allowed, or a stack is meant for another cluster. The audit events with the outcome refused say who, what and why; nothing was changed.`,
    ),
    counted(
      "mass-removal",
      "Removed",
      removed,
      `${clusterName}: ${removed} or more claims had something dropped, revoked or locked within 15 minutes. If nobody meant to, stop the pipeline that runs; the audit events name the owners, and applying their stacks again makes it good, except dropped data.`,
    ),
    counted(
      "failed-claims",
      "Failed",
      failed,
      `${clusterName}: ${failed} or more claims or requests went wrong within 15 minutes although they were in order. The functions' logs and the audit events with the outcome failed say what the server or AWS answered. The next run takes up what was left.`,
    ),
    counted(
      "audit-undelivered",
      "AuditUndelivered",
      1,
      `${clusterName}: audit events did not reach their log group. They are in the functions' own logs and are delivered with the next ones while the function lives; look for auditUndelivered there, for the way to CloudWatch Logs, and for the group itself.`,
      // What is still waiting is counted again by every run.
      { statistic: "Maximum", period: 300 },
    ),
  ];
}

/** What should happen by itself. */
function clockAlarms({ clusterName, cluster }: ProvisionerArgs, { deadLetters, isDaily }: Triggers): Alarm[] {
  const name = functionNameOf(clusterName, "access");
  const delivered: Alarm = {
    suffix: "dead-letters",
    words: `${clusterName}: events could not be delivered to ${name}, its schedule or another rule. Each message in the dead-letter queue says why. Grace periods of rotated passwords do not end until the schedule arrives.`,
    namespace: "AWS/SQS",
    metric: "ApproximateNumberOfMessagesVisible",
    dimensions: { QueueName: deadLetters.name },
    statistic: "Maximum",
    period: 300,
    threshold: 1,
    comparison: "GreaterThanOrEqualToThreshold",
    missing: "notBreaching",
  };
  const succeeded: Alarm = {
    suffix: "no-success",
    words: `${clusterName}: no run has succeeded for a day, although the schedule alone should have made some. If ${name} runs, its log says what it fails at: the way to the server, the admin's secret, a lock. If it does not, look at the rule and the dead letters.`,
    namespace: METRIC_NAMESPACE,
    metric: "Succeeded" satisfies MetricName,
    dimensions: metricDimensionsOf(clusterName, cluster.engine),
    statistic: "Sum",
    // Hours and not one day: with periods of a day CloudWatch looks back further than that before it believes it.
    period: HOUR,
    periods: { of: 24, bad: 24 },
    threshold: 1,
    comparison: "LessThanThreshold",
    missing: "breaching",
  };
  return isDaily ? [delivered, succeeded] : [delivered];
}
