import type * as aws from "@pulumi/aws";
import type { ProvisionerArgs } from "./args";
import type { Aws } from "./aws";
import type { Children } from "./children";
import { functionKinds, logGroupNameOf, type FunctionKind } from "./names";

export type LogGroups = Record<FunctionKind, aws.cloudwatch.LogGroup>;

/** Made before the functions: a group that Lambda makes by itself keeps its events for ever and has no key. */
export function makeLogGroups(
  aws: Aws,
  children: Children,
  { clusterName, monitoring, keys }: ProvisionerArgs,
): LogGroups {
  const [access, migrate, rotate] = functionKinds.map((kind) =>
    children.make("logGroup", aws.cloudwatch.LogGroup, `${kind}-logs`, {
      name: logGroupNameOf(clusterName, kind),
      retentionInDays: monitoring?.retentionDays ?? 365,
      kmsKeyId: keys?.logs,
    }),
  );
  return { access, migrate, rotate };
}
