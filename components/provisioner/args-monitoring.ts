import type * as pulumi from "@pulumi/pulumi";

/** How much is too much, in fifteen minutes. */
export interface AlarmThresholds {
  /**
   * Claims and requests that were refused. Default 10: somebody's mistake is refused once or twice for each try, a stack
   * that is meant for another cluster, or somebody who tries what is possible, more often.
   */
  refused?: number;
  /**
   * Claims whose end, or change, took something away. Default 25: an application's stack has fewer, so one that is
   * destroyed on purpose is quiet, and several at once, or a wrong `pulumi destroy`, are not.
   */
  removed?: number;
  /**
   * Claims and requests that went wrong although they were in order. Default 3: whoever asked is told of each, and
   * clients try again what may pass.
   */
  failed?: number;
}

/** Logs, alarms and the dashboard. */
export interface MonitoringArgs {
  /** Days for which the functions' own logs are kept. Default 365. */
  retentionDays?: number;
  /**
   * Days for which audit events are kept. Default 731: a yearly audit looks at the year before, whose first day is two
   * years old by its end.
   */
  auditRetentionDays?: number;
  /**
   * Where audit events go besides: the ARN of a destination of CloudWatch Logs, in the account where logs are gathered.
   * Default: nowhere.
   */
  auditDestinationArn?: pulumi.Input<string>;
  /** Alarms on what goes wrong, on what is refused or removed in numbers, and on a day without success. Default true. */
  alarms?: boolean;
  /** What alarms on numbers of claims ring at. */
  thresholds?: AlarmThresholds;
  /** A topic of yours that alarms go to. Default: a new one, `topicArn` of the component. */
  topicArn?: pulumi.Input<string>;
  /** Default true. */
  dashboard?: boolean;
}
