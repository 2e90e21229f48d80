import { kept } from "./kept";
import type { Kind } from "./kind";
import { arnIn, type Place } from "./place";
import type { Properties } from "./values";

const tags = { "*": "text" } as const;

const groupRule = {
  securityGroupId: "text",
  ipProtocol: "text",
  fromPort: "number",
  toPort: "number",
  description: "text",
  cidrIpv4: "text",
  cidrIpv6: "text",
  referencedSecurityGroupId: "text",
  prefixListId: "text",
  tags,
} as const;

/** What the local stack has no use for: network, subscriptions, alarms, the schedule. */
export function keptKinds(place: Place): Record<string, Kind> {
  const named = (inputs: Properties): string => String(inputs.name);
  const rule = kept({
    inputs: groupRule,
    required: ["securityGroupId", "ipProtocol"],
    replacedBy: ["securityGroupId"],
    made: ({ name }) => ({ id: `sgr-${name}`, outputs: { securityGroupRuleId: `sgr-${name}` } }),
  });
  return {
    "aws:ec2/securityGroup:SecurityGroup": kept({
      inputs: { name: "text", vpcId: "text", description: "text", revokeRulesOnDelete: "boolean", tags },
      replacedBy: ["name", "vpcId", "description"],
      generatedName: "name",
      made: ({ name }) => ({
        id: `sg-${name}`,
        outputs: { arn: arnIn(place, "ec2", `security-group/sg-${name}`), ownerId: place.account },
      }),
    }),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": rule,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": rule,
    "aws:ec2/vpcEndpoint:VpcEndpoint": kept({
      inputs: {
        vpcId: "text",
        serviceName: "text",
        vpcEndpointType: "text",
        subnetIds: ["text"],
        routeTableIds: ["text"],
        securityGroupIds: ["text"],
        privateDnsEnabled: "boolean",
        ipAddressType: "text",
        tags,
      },
      required: ["vpcId"],
      replacedBy: ["vpcId", "serviceName", "vpcEndpointType"],
      made: ({ name, inputs }) => ({
        id: `vpce-${name}`,
        outputs: {
          arn: arnIn(place, "ec2", `vpc-endpoint/vpce-${name}`),
          state: "available",
          ...(inputs.vpcEndpointType === "Gateway" ? { prefixListId: "pl-0123456789abcdef0" } : {}),
        },
      }),
    }),
    "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter": kept({
      inputs: { name: "text", logGroup: "text", filterPattern: "text", destinationArn: "text" },
      required: ["destinationArn", "filterPattern", "logGroup"],
      replacedBy: ["name", "logGroup"],
      generatedName: "name",
      made: ({ inputs }) => ({ id: `cwlsf-${named(inputs)}` }),
    }),
    "aws:cloudwatch/metricAlarm:MetricAlarm": kept({
      inputs: {
        name: "text",
        alarmDescription: "text",
        namespace: "text",
        metricName: "text",
        dimensions: { "*": "text" },
        statistic: "text",
        period: "number",
        evaluationPeriods: "number",
        datapointsToAlarm: "number",
        threshold: "number",
        comparisonOperator: "text",
        treatMissingData: "text",
        alarmActions: ["text"],
        okActions: ["text"],
        tags,
      },
      required: ["comparisonOperator", "evaluationPeriods"],
      replacedBy: ["name"],
      generatedName: "name",
      made: ({ inputs }) => ({
        id: named(inputs),
        outputs: { arn: arnIn(place, "cloudwatch", `alarm:${named(inputs)}`) },
      }),
    }),
    "aws:cloudwatch/dashboard:Dashboard": kept({
      inputs: { dashboardName: "text", dashboardBody: "json" },
      required: ["dashboardName", "dashboardBody"],
      replacedBy: ["dashboardName"],
      made: ({ inputs }) => ({ id: String(inputs.dashboardName) }),
    }),
    "aws:cloudwatch/eventRule:EventRule": kept({
      inputs: { name: "text", description: "text", scheduleExpression: "text", eventPattern: "json", tags },
      replacedBy: ["name"],
      generatedName: "name",
      made: ({ inputs }) => ({ id: named(inputs), outputs: { arn: arnIn(place, "events", `rule/${named(inputs)}`) } }),
    }),
    "aws:cloudwatch/eventTarget:EventTarget": kept({
      inputs: {
        rule: "text",
        targetId: "text",
        arn: "text",
        deadLetterConfig: { arn: "text" },
        retryPolicy: { maximumEventAgeInSeconds: "number", maximumRetryAttempts: "number" },
      },
      required: ["rule", "arn"],
      replacedBy: ["rule", "targetId"],
      made: ({ inputs }) => ({ id: `${String(inputs.rule)}-${String(inputs.targetId)}` }),
    }),
    "aws:sns/topic:Topic": kept({
      inputs: { name: "text", kmsMasterKeyId: "text", policy: "json", tags },
      replacedBy: ["name"],
      generatedName: "name",
      made: ({ inputs }) => {
        const arn = arnIn(place, "sns", named(inputs));
        return { id: arn, outputs: { arn, owner: place.account } };
      },
    }),
    "aws:sqs/queue:Queue": kept({
      inputs: {
        name: "text",
        messageRetentionSeconds: "number",
        sqsManagedSseEnabled: "boolean",
        kmsMasterKeyId: "text",
        tags,
      },
      replacedBy: ["name"],
      generatedName: "name",
      made: ({ inputs }) => {
        const url = `https://sqs.${place.region}.amazonaws.com/${place.account}/${named(inputs)}`;
        return { id: url, outputs: { url, arn: arnIn(place, "sqs", named(inputs)) } };
      },
    }),
    "aws:sqs/queuePolicy:QueuePolicy": kept({
      inputs: { queueUrl: "text", policy: "json" },
      required: ["queueUrl", "policy"],
      replacedBy: ["queueUrl"],
      made: ({ inputs }) => ({ id: String(inputs.queueUrl) }),
    }),
  };
}
