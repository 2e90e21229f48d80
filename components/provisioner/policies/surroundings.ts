import { arn, type Place, type PolicyStatement } from "./document";

/** Secrets Manager asks for it when the function attaches a rotation function to a secret. */
export const useRotationFunctions = (functionArns: readonly string[]): PolicyStatement | undefined =>
  functionArns.length === 0
    ? undefined
    : {
        Sid: "UseRotationFunctions",
        Effect: "Allow",
        Action: ["lambda:InvokeFunction", "lambda:GetPolicy"],
        Resource: [...functionArns],
      };

/** For an admin without a password. */
export const connectAsAdmin = (
  place: Place,
  resourceId: string | undefined,
  user: string | undefined,
): PolicyStatement | undefined => {
  if (user === undefined) return undefined;
  if (resourceId === undefined) throw new Error("An admin who is an IAM user needs the cluster's resource id.");
  return {
    Sid: "ConnectAsAdmin",
    Effect: "Allow",
    Action: ["rds-db:connect"],
    Resource: [arn(place, "rds-db", `dbuser:${resourceId}/${user}`)],
  };
};

/** The group itself is made with its retention and key, and not by the function. */
export const writeLogs = (place: Place, logGroup: string): PolicyStatement => ({
  Sid: "WriteLogs",
  Effect: "Allow",
  Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
  Resource: [arn(place, "logs", `log-group:${logGroup}:*`)],
});

/** Events are added, and never read, changed or taken away: what has been written stays. */
export const writeAudit = (place: Place, logGroup: string | undefined): PolicyStatement | undefined =>
  logGroup === undefined ? undefined : { ...writeLogs(place, logGroup), Sid: "WriteAudit" };

const networkActions = [
  "ec2:AssignPrivateIpAddresses",
  "ec2:CreateNetworkInterface",
  "ec2:DeleteNetworkInterface",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSubnets",
  "ec2:UnassignPrivateIpAddresses",
];

/** Lambda connects the function to its subnets with the function's own role. */
export const attachToNetwork = (): PolicyStatement => ({
  Sid: "AttachToNetwork",
  Effect: "Allow",
  Action: networkActions,
  Resource: ["*"],
});

/** What Lambda itself needs, the function's code must not have. */
export const denyNetworkToCode = (functionArn: string): PolicyStatement => ({
  Sid: "DenyNetworkToCode",
  Effect: "Deny",
  Action: networkActions,
  Resource: ["*"],
  Condition: { ArnEquals: { "lambda:SourceFunctionArn": functionArn } },
});

/** Credentials that have left the network are worth nothing there. Lambda's own calls are not concerned. */
export const denyOutsideEndpoints = (vpcEndpointIds: readonly string[]): PolicyStatement | undefined =>
  vpcEndpointIds.length === 0
    ? undefined
    : {
        Sid: "DenyOutsideEndpoints",
        Effect: "Deny",
        Action: ["secretsmanager:*", "ssm:*"],
        Resource: ["*"],
        Condition: { StringNotEquals: { "aws:SourceVpce": [...vpcEndpointIds] } },
      };
