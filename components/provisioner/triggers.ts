import * as pulumi from "@pulumi/pulumi";
import type * as aws from "@pulumi/aws";
import type { ProvisionerArgs } from "./args";
import type { Aws } from "./aws";
import type { Children } from "./children";
import type { Functions } from "./functions";
import { rosterPattern } from "./roster-pattern";

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

/** A rule and what it is for. */
interface Trigger {
  /** In names of resources, of the target and of statements. */
  name: string;
  rule: aws.cloudwatch.EventRule;
  retryPolicy: { maximumEventAgeInSeconds: number; maximumRetryAttempts: number };
}

/** What EventBridge invokes the function for. An event that cannot be delivered is kept, so that it is noticed. */
export function makeTriggers(
  aws: Aws,
  children: Children,
  args: ProvisionerArgs,
  functions: Functions,
): Triggers | undefined {
  const { clusterName, schedule = "rate(15 minutes)", rosterParameter, keys } = args;
  const triggers = [
    ...(schedule === false ? [] : [clock(aws, children, clusterName, schedule)]),
    ...(rosterParameter === undefined ? [] : [rosterChanges(aws, children, clusterName, rosterParameter)]),
  ];
  if (triggers.length === 0) return undefined;
  const deadLetters = children.make("queue", aws.sqs.Queue, "dead-letters", {
    name: `db-access-${clusterName}-dead-letters`,
    messageRetentionSeconds: FOURTEEN_DAYS,
    ...(keys?.deadLetters === undefined ? { sqsManagedSseEnabled: true } : { kmsMasterKeyId: keys.deadLetters }),
  });
  const policy = children.make("queuePolicy", aws.sqs.QueuePolicy, "dead-letters-policy", {
    queueUrl: deadLetters.url,
    policy: pulumi.jsonStringify({
      Version: "2012-10-17",
      Statement: triggers.map(({ name, rule }) => ({
        Sid: `FromThe${name[0].toUpperCase()}${name.slice(1)}`,
        Effect: "Allow",
        Principal: { Service: EVENTS },
        Action: "sqs:SendMessage",
        Resource: deadLetters.arn,
        Condition: { ArnEquals: { "aws:SourceArn": rule.arn } },
      })),
    }),
  });
  for (const trigger of triggers) makeTarget(aws, children, functions, { ...trigger, deadLetters, policy });
  return { deadLetters, isDaily: schedule !== false && isDaily(schedule) };
}

/** The clock that ends grace periods. The next tick does the same work: nothing is gained by an old one. */
const clock = (aws: Aws, children: Children, clusterName: string, schedule: string): Trigger => ({
  name: "schedule",
  rule: children.make("rule", aws.cloudwatch.EventRule, "schedule", {
    name: `db-access-${clusterName}-schedule`,
    description: `Ends grace periods of rotated passwords of ${clusterName}`,
    scheduleExpression: schedule,
  }),
  retryPolicy: { maximumEventAgeInSeconds: 900, maximumRetryAttempts: 2 },
});

/** A change comes once: it is tried for a day, which is as long as EventBridge tries anything. */
const rosterChanges = (aws: Aws, children: Children, clusterName: string, parameter: string): Trigger => ({
  name: "roster",
  rule: children.make("rule", aws.cloudwatch.EventRule, "roster", {
    name: `db-access-${clusterName}-roster`,
    description: `Changes of ${parameter}, for ${clusterName}`.slice(0, 512),
    eventPattern: JSON.stringify(rosterPattern(parameter)),
  }),
  retryPolicy: { maximumEventAgeInSeconds: 24 * 3600, maximumRetryAttempts: 185 },
});

function makeTarget(
  aws: Aws,
  children: Children,
  functions: Functions,
  trigger: Trigger & { deadLetters: aws.sqs.Queue; policy: aws.sqs.QueuePolicy },
): void {
  const { name, rule, retryPolicy, deadLetters, policy } = trigger;
  const { function: made, alias } = functions.access;
  const permission = children.make("permission", aws.lambda.Permission, `access-by-${name}`, {
    action: "lambda:InvokeFunction",
    function: made.name,
    qualifier: alias.name,
    principal: EVENTS,
    sourceArn: rule.arn,
    statementId: name,
  });
  children.make(
    "target",
    aws.cloudwatch.EventTarget,
    `${name}-target`,
    {
      rule: rule.name,
      targetId: "access",
      arn: alias.arn,
      deadLetterConfig: { arn: deadLetters.arn },
      retryPolicy,
    },
    { dependsOn: [permission, policy] },
  );
}
