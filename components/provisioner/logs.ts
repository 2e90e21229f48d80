import type * as aws from "@pulumi/aws";
import type { ProvisionerArgs } from "./args";
import type { Aws } from "./aws";
import type { Children } from "./children";
import { auditLogGroupNameOf, functionKinds, logGroupNameOf, type FunctionKind } from "./names";

export type LogGroups = Record<FunctionKind | "audit", aws.cloudwatch.LogGroup>;

/** Made before the functions: a group that Lambda makes by itself keeps its events for ever and has no key. */
export function makeLogGroups(
  aws: Aws,
  children: Children,
  { clusterName, monitoring = {}, keys }: ProvisionerArgs,
): LogGroups {
  const make = (suffix: string, name: string, retentionInDays: number): aws.cloudwatch.LogGroup =>
    children.make("logGroup", aws.cloudwatch.LogGroup, suffix, { name, retentionInDays, kmsKeyId: keys?.logs });
  const [access, migrate, rotate] = functionKinds.map((kind) =>
    make(`${kind}-logs`, logGroupNameOf(clusterName, kind), monitoring.retentionDays ?? 365),
  );
  const audit = make("audit-logs", auditLogGroupNameOf(clusterName), monitoring.auditRetentionDays ?? 731);
  if (monitoring.auditDestinationArn !== undefined)
    children.make("subscription", aws.cloudwatch.LogSubscriptionFilter, "audit-subscription", {
      name: `db-access-${clusterName}-audit`,
      logGroup: audit.name,
      // All of it: a chain with holes proves nothing.
      filterPattern: "",
      destinationArn: monitoring.auditDestinationArn,
    });
  return { access, migrate, rotate, audit };
}
