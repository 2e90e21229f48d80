import { AwsError, type AwsEndpoint } from "../aws";
import { platformRequests } from "../aws/iam";
import { functionArn } from "./names";
import type { FunctionSpec, LambdaCredentials } from "./types";

/** AWS replaces a function's credentials too; environments here live shorter than that. */
const validSeconds = 12 * 60 * 60;

/** Credentials of a function's role, which has the function's policies from now on. */
export function executionRole(aws: AwsEndpoint, spec: FunctionSpec): LambdaCredentials {
  const { name, account, region, partition = "aws", rolePolicies, vpcEndpointId } = spec;
  const role = spec.roleArn ?? `arn:${partition}:iam::${account}:role/${name}`;
  if (rolePolicies !== undefined) {
    aws.roles.attach(role, rolePolicies(name), {
      "lambda:SourceFunctionArn": functionArn(spec),
      ...(vpcEndpointId === undefined ? {} : { "aws:SourceVpce": vpcEndpointId }),
    });
    const refused = aws.roles.refused(role, platformRequests({ partition, region, account, functionName: name }));
    // API Invoke has this error for the network. A function without a log would run on AWS, and nobody would notice.
    if (refused.length > 0) {
      const text = `Need additional permissions to run ${name}: ${refused.join(", ")}.`;
      throw new AwsError("EC2AccessDeniedException", text, 502);
    }
  }
  return aws.identities.issue(role, name, validSeconds).credentials;
}
