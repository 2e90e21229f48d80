import * as pulumi from "@pulumi/pulumi";
import type * as aws from "@pulumi/aws";
import type { ProvisionerArgs } from "./args";
import type { Aws } from "./aws";
import type { Children } from "./children";
import type { Functions } from "./functions";

const EVENTS = "events.amazonaws.com";
const FOURTEEN_DAYS = 14 * 24 * 3600;

/** A cron may mean anything. */
const isDaily = (schedule: string): boolean => {
  const [, count, unit] = /^rate\((\d+) (minute|hour)s?\)$/.exec(schedule) ?? [];
  return unit !== undefined && Number(count) * (unit === "hour" ? 60 : 1) <= 12 * 60;
};

export interface Triggers {
  /** Where events end that could not be delivered. */
  deadLetters: aws.sqs.Queue;
  /** A day without any run means that something is wrong. */
  isDaily: boolean;
}

/** The clock that ends grace periods. An event that cannot be delivered is kept, so that it is noticed. */
export function makeTriggers(
  aws: Aws,
  children: Children,
  args: ProvisionerArgs,
  functions: Functions,
): Triggers | undefined {
  const { clusterName, schedule = "rate(15 minutes)", keys } = args;
  if (schedule === false) return undefined;
  const rule = children.make("rule", aws.cloudwatch.EventRule, "schedule", {
    name: `db-access-${clusterName}-schedule`,
    description: `Ends grace periods of rotated passwords of ${clusterName}`,
    scheduleExpression: schedule,
  });
  const deadLetters = children.make("queue", aws.sqs.Queue, "dead-letters", {
    name: `db-access-${clusterName}-dead-letters`,
    messageRetentionSeconds: FOURTEEN_DAYS,
    ...(keys?.deadLetters === undefined ? { sqsManagedSseEnabled: true } : { kmsMasterKeyId: keys.deadLetters }),
  });
  const policy = children.make("queuePolicy", aws.sqs.QueuePolicy, "dead-letters-policy", {
    queueUrl: deadLetters.url,
    policy: pulumi.jsonStringify({
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "FromTheSchedule",
          Effect: "Allow",
          Principal: { Service: EVENTS },
          Action: "sqs:SendMessage",
          Resource: deadLetters.arn,
          Condition: { ArnEquals: { "aws:SourceArn": rule.arn } },
        },
      ],
    }),
  });
  const { function: made, alias } = functions.access;
  const permission = children.make("permission", aws.lambda.Permission, "access-by-schedule", {
    action: "lambda:InvokeFunction",
    function: made.name,
    qualifier: alias.name,
    principal: EVENTS,
    sourceArn: rule.arn,
    statementId: "schedule",
  });
  children.make(
    "target",
    aws.cloudwatch.EventTarget,
    "schedule-target",
    {
      rule: rule.name,
      targetId: "access",
      arn: alias.arn,
      deadLetterConfig: { arn: deadLetters.arn },
      // The next tick does the same work: nothing is gained by an old one.
      retryPolicy: { maximumEventAgeInSeconds: 900, maximumRetryAttempts: 2 },
    },
    { dependsOn: [permission, policy] },
  );
  return { deadLetters, isDaily: isDaily(schedule) };
}
