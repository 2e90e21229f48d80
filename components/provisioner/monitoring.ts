import * as pulumi from "@pulumi/pulumi";
import { alarmsOf, type Alarm } from "./alarms";
import type { ProvisionerArgs } from "./args";
import type { Aws } from "./aws";
import type { Children } from "./children";
import { dashboardBody } from "./dashboard";
import type { Functions } from "./functions";
import type { Place } from "./names";
import type { Triggers } from "./triggers";

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
  const alarms = monitoring.alarms === false ? [] : alarmsOf(args, functions, triggers);
  const alarmName = ({ suffix }: Alarm): string => `db-access-${clusterName}-${suffix}`;
  if (monitoring.dashboard !== false)
    children.make("dashboard", aws.cloudwatch.Dashboard, "dashboard", {
      // Dashboards belong to an account and not to a Region.
      dashboardName: place.apply(({ region }) => `db-access-${clusterName}-${region}`),
      dashboardBody: place.apply((known) =>
        JSON.stringify(dashboardBody(args, functions, triggers !== undefined, alarms.map(alarmName), known)),
      ),
    });
  if (alarms.length === 0) return {};
  const topicArn = pulumi.output(monitoring.topicArn ?? makeTopic(aws, children, args, place));
  for (const alarm of alarms)
    children.make("alarm", aws.cloudwatch.MetricAlarm, `${alarm.suffix}-alarm`, {
      name: alarmName(alarm),
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
