import * as pulumi from "@pulumi/pulumi";
import type { Aws } from "./aws";
import type { Place } from "./names";

/** Of the provider that the component was given, never of the module's own configuration. */
export function placeOf(aws: Aws, parent: pulumi.Resource): pulumi.Output<Place> {
  const account = aws.getCallerIdentityOutput({}, { parent }).accountId;
  const region = aws.getRegionOutput({}, { parent }).region;
  const partition = aws.getPartitionOutput({}, { parent }).partition;
  return pulumi.output({ account, region, partition });
}
