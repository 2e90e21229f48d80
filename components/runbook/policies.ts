import { functionNameOf, ALIAS } from "../provisioner/names";
import { arn, policy, type PolicyDocument, type PolicyStatement } from "../provisioner/policies/document";
import { roleArnOf, type Account, type RunbookNames } from "./names";

/** A statement of a trust policy, which says who may become the role. */
export interface TrustStatement {
  Sid: string;
  Effect: "Allow";
  Principal: { AWS: string } | { Service: string };
  Action: "sts:AssumeRole";
  Condition: Record<string, Record<string, string>>;
}

export interface TrustDocument {
  Version: "2012-10-17";
  Statement: TrustStatement[];
}

const AUTOMATION = "ssm.amazonaws.com";

/** A document has two names: the older one, with its version, is what the reference of IAM has. */
const documentArns = (owner: Account & { region: string }, name: string): string[] => [
  arn(owner, "ssm", `document/${name}`),
  arn(owner, "ssm", `automation-definition/${name}:*`),
];

const executionsOf = (owner: Account & { region: string }): string => arn(owner, "ssm", "automation-execution/*");

const pass = (Sid: string, roleArn: string): PolicyStatement => ({
  Sid,
  Effect: "Allow",
  Action: ["iam:PassRole"],
  Resource: [roleArn],
  Condition: { StringEquals: { "iam:PassedToService": AUTOMATION } },
});

/** Automation, for executions of this account and of no other. */
const byAutomation = ({ partition, account }: Account): TrustStatement => ({
  Sid: "ByAutomation",
  Effect: "Allow",
  Principal: { Service: AUTOMATION },
  Action: "sts:AssumeRole",
  Condition: {
    StringEquals: { "aws:SourceAccount": account },
    ArnLike: { "aws:SourceArn": executionsOf({ partition, account, region: "*" }) },
  },
});

/** What the administration role in the central account is about. */
export interface AdministrationRole extends Account {
  /** The accounts of the databases. */
  accountIds: readonly string[];
  executionRoleName: string;
}

export const administrationTrust = (central: Account): TrustDocument => ({
  Version: "2012-10-17",
  Statement: [byAutomation(central)],
});

/** Nothing but becoming the execution role of the accounts that are named. */
export const administrationPolicy = (role: AdministrationRole): PolicyDocument =>
  policy(
    [
      {
        Sid: "BecomeExecutionRole",
        Effect: "Allow",
        Action: ["sts:AssumeRole"],
        Resource: role.accountIds.map((account) =>
          roleArnOf({ partition: role.partition, account }, role.executionRoleName),
        ),
      },
    ],
    "name fewer accounts, and make another runbook for the others",
  );

/** What the execution role in a database account is about. */
export interface ExecutionRole extends Account, RunbookNames {
  centralAccountId: string;
  clusterNames: readonly string[];
  regions: readonly string[];
  organizationId?: string;
}

/**
 * The administration role by its name and not as a principal: IAM would replace the principal by the role's id, and a role
 * that was made again would not be let in.
 */
export const executionTrust = (role: ExecutionRole): TrustDocument => {
  const { partition, centralAccountId, administrationRoleName, organizationId } = role;
  const administration = roleArnOf({ partition, account: centralAccountId }, administrationRoleName);
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "FromCentralAccount",
        Effect: "Allow",
        Principal: { AWS: `arn:${partition}:iam::${centralAccountId}:root` },
        Action: "sts:AssumeRole",
        Condition: {
          ArnEquals: { "aws:PrincipalArn": administration },
          ...(organizationId === undefined ? {} : { StringEquals: { "aws:PrincipalOrgID": organizationId } }),
        },
      },
      byAutomation(role),
    ],
  };
};

/** The clusters' functions, and what Automation needs to run the document in this account. */
export const executionPolicy = (role: ExecutionRole): PolicyDocument => {
  const { partition, account, executionRoleName, centralAccountId, documentName, clusterNames, regions } = role;
  return policy(
    [
      {
        Sid: "InvokeProvisioners",
        Effect: "Allow",
        Action: ["lambda:InvokeFunction"],
        Resource: regions.flatMap((region) =>
          clusterNames.map((cluster) =>
            arn({ partition, account, region }, "lambda", `function:${functionNameOf(cluster, "access")}:${ALIAS}`),
          ),
        ),
      },
      {
        Sid: "StartRunbook",
        Effect: "Allow",
        Action: ["ssm:StartAutomationExecution"],
        Resource: [
          ...documentArns({ partition, account: centralAccountId, region: "*" }, documentName),
          executionsOf({ partition, account, region: "*" }),
        ],
      },
      {
        Sid: "FollowRunbook",
        Effect: "Allow",
        Action: ["ssm:GetAutomationExecution"],
        Resource: [executionsOf({ partition, account, region: "*" })],
      },
      pass("PassItself", roleArnOf(role, executionRoleName)),
    ],
    "name fewer clusters and Regions, and make another role for the others",
  );
};

/** What those who may start the document are allowed. */
export interface Operator extends Account, Pick<RunbookNames, "documentName" | "administrationRoleName"> {
  region: string;
}

/** Starting this document and no other, with the administration role and no other, and following what was started. */
export const operatorPolicy = (operator: Operator): PolicyDocument =>
  policy([
    {
      Sid: "StartRunbook",
      Effect: "Allow",
      Action: ["ssm:StartAutomationExecution"],
      Resource: [...documentArns(operator, operator.documentName), executionsOf(operator)],
    },
    {
      Sid: "FollowRunbook",
      Effect: "Allow",
      Action: ["ssm:DescribeAutomationStepExecutions", "ssm:GetAutomationExecution", "ssm:StopAutomationExecution"],
      Resource: [executionsOf(operator)],
    },
    pass("PassAdministrationRole", roleArnOf(operator, operator.administrationRoleName)),
  ]);
