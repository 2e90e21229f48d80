import * as pulumi from "@pulumi/pulumi";
import type { ProvisionerArgs } from "./args";
import type { Aws } from "./aws";
import type { Children } from "./children";
import { dashboardBody } from "./dashboard";
import type { Functions } from "./functions";
import { functionKinds, functionNameOf, type Place } from "./names";
import type { Triggers } from "./triggers";

/** How near its end a run may come before somebody should look at it. */
const LONG_RUN = 0.8;
const DAY = 24 * 3600;

interface Alarm {
  suffix: string;
  words: string;
  namespace: "AWS/Lambda" | "AWS/SQS";
  metric: string;
  dimensions: Record<string, pulumi.Input<string>>;
  statistic: "Sum" | "Maximum";
  period: number;
  /** Of how many periods how many have to be over it. Default one of one. */
  periods?: { of: number; bad: number };
  threshold: number;
  comparison: "GreaterThanOrEqualToThreshold" | "LessThanThreshold";
  /** No data: nothing has run, which is the point of the alarm on silence only. */
  missing: "notBreaching" | "breaching";
}

/** What somebody has to be told, in words that say what to do. */
function alarmsOf(args: ProvisionerArgs, functions: Functions, triggers: Triggers | undefined): Alarm[] {
  const { clusterName } = args;
  const ofFunctions = functionKinds.flatMap((kind): Alarm[] => {
    const name = functionNameOf(clusterName, kind);
    const { timeoutSeconds } = functions[kind];
    const base = { namespace: "AWS/Lambda", dimensions: { FunctionName: name }, missing: "notBreaching" } as const;
    return [
      {
        ...base,
        suffix: `${kind}-errors`,
        words: `${name} has failed. Its log group says why; claims that were cut short are taken up again by the next run.`,
        metric: "Errors",
        statistic: "Sum",
        period: 300,
        threshold: 1,
        comparison: "GreaterThanOrEqualToThreshold",
      },
      {
        ...base,
        suffix: `${kind}-throttles`,
        words: `${name} has been refused for 15 minutes because too many run at once. Raise functions.${kind}.reservedConcurrency.`,
        metric: "Throttles",
        statistic: "Sum",
        period: 300,
        // Callers wait and try again: a short burst is nothing.
        periods: { of: 3, bad: 3 },
        threshold: 1,
        comparison: "GreaterThanOrEqualToThreshold",
      },
      {
        ...base,
        suffix: `${kind}-duration`,
        words: `${name} has run for more than ${Math.round(LONG_RUN * 100)} % of its ${timeoutSeconds} seconds. Look for locks on the server, or raise functions.${kind}.timeoutSeconds.`,
        metric: "Duration",
        statistic: "Maximum",
        period: 300,
        threshold: timeoutSeconds * 1000 * LONG_RUN,
        comparison: "GreaterThanOrEqualToThreshold",
      },
    ];
  });
  if (triggers === undefined) return ofFunctions;
  const name = functionNameOf(clusterName, "access");
  const delivered: Alarm[] = [
    {
      suffix: "dead-letters",
      words: `The schedule of ${clusterName} could not reach ${name}. Grace periods of rotated passwords do not end until it can.`,
      namespace: "AWS/SQS",
      metric: "ApproximateNumberOfMessagesVisible",
      dimensions: { QueueName: triggers.deadLetters.name },
      statistic: "Maximum",
      period: 300,
      threshold: 1,
      comparison: "GreaterThanOrEqualToThreshold",
      missing: "notBreaching",
    },
  ];
  const heard: Alarm[] = [
    {
      suffix: "silence",
      words: `${name} has not run for a day, although its schedule should have made it. Look whether the rule is enabled.`,
      namespace: "AWS/Lambda",
      metric: "Invocations",
      dimensions: { FunctionName: name },
      statistic: "Sum",
      period: DAY,
      threshold: 1,
      comparison: "LessThanThreshold",
      missing: "breaching",
    },
  ];
  return [...ofFunctions, ...delivered, ...(triggers.isDaily ? heard : [])];
}

export interface Monitoring {
  topicArn?: pulumi.Output<string>;
}

export function makeMonitoring(
  aws: Aws,
  children: Children,
  args: ProvisionerArgs,
  functions: Functions,
  triggers: Triggers | undefined,
  place: pulumi.Output<Place>,
): Monitoring {
  const { monitoring = {}, clusterName } = args;
  if (monitoring.dashboard !== false)
    children.make("dashboard", aws.cloudwatch.Dashboard, "dashboard", {
      // Dashboards belong to an account and not to a Region.
      dashboardName: place.apply(({ region }) => `db-access-${clusterName}-${region}`),
      dashboardBody: place.apply(({ region }) =>
        JSON.stringify(dashboardBody(args, functions, triggers !== undefined, region)),
      ),
    });
  if (monitoring.alarms === false) return {};
  const topicArn = pulumi.output(monitoring.topicArn ?? makeTopic(aws, children, args, place));
  for (const alarm of alarmsOf(args, functions, triggers))
    children.make("alarm", aws.cloudwatch.MetricAlarm, `${alarm.suffix}-alarm`, {
      name: `db-access-${clusterName}-${alarm.suffix}`,
      alarmDescription: alarm.words,
      namespace: alarm.namespace,
      metricName: alarm.metric,
      dimensions: alarm.dimensions,
      statistic: alarm.statistic,
      period: alarm.period,
      evaluationPeriods: alarm.periods?.of ?? 1,
      datapointsToAlarm: alarm.periods?.bad ?? 1,
      threshold: alarm.threshold,
      comparisonOperator: alarm.comparison,
      treatMissingData: alarm.missing,
      alarmActions: [topicArn],
      okActions: [topicArn],
    });
  return { topicArn };
}

function makeTopic(
  aws: Aws,
  children: Children,
  args: ProvisionerArgs,
  place: pulumi.Output<Place>,
): pulumi.Output<string> {
  const name = `db-access-${args.clusterName}-alarms`;
  return children.make("topic", aws.sns.Topic, "alarms", {
    name,
    kmsMasterKeyId: args.keys?.topic,
    policy: place.apply(({ partition, region, account }) =>
      JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          {
            Sid: "AlarmsOfThisAccount",
            Effect: "Allow",
            Principal: { Service: "cloudwatch.amazonaws.com" },
            Action: "sns:Publish",
            Resource: `arn:${partition}:sns:${region}:${account}:${name}`,
            Condition: { StringEquals: { "aws:SourceAccount": account } },
          },
        ],
      }),
    ),
  }).arn;
}
