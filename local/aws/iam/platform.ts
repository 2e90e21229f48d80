import type { AccessRequest } from "./policy";

/** What Lambda does with a function's role by itself. */
interface PlatformOptions {
  partition: string;
  region: string;
  account: string;
  functionName: string;
}

const networkActions = [
  "CreateNetworkInterface",
  "DescribeNetworkInterfaces",
  "DescribeSubnets",
  "DeleteNetworkInterface",
  "AssignPrivateIpAddresses",
  "UnassignPrivateIpAddresses",
];

/**
 * AWS Managed Policy Reference, AWSLambdaVPCAccessExecutionRole, without what makes the log group. These calls come from
 * Lambda and not from the function's code: Lambda Developer Guide, `lambda:SourceFunctionArn` is not in their context.
 */
export function platformRequests({ partition, region, account, functionName }: PlatformOptions): AccessRequest[] {
  const group = `arn:${partition}:logs:${region}:${account}:log-group:/aws/lambda/${functionName}`;
  const stream = `${group}:log-stream:2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef`;
  return [
    { action: "logs:CreateLogStream", resource: stream, context: {} },
    { action: "logs:PutLogEvents", resource: stream, context: {} },
    ...networkActions.map((action) => ({ action: `ec2:${action}`, resource: "*", context: {} })),
  ];
}
