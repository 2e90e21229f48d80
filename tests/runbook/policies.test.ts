import assert from "node:assert/strict";
import {
  administrationPolicy,
  administrationTrust,
  executionPolicy,
  executionTrust,
  operatorPolicy,
  type TrustDocument,
} from "../../components/runbook/policies";
import { runbookNames } from "../../components/runbook/names";
import type { PolicyDocument } from "../../components/provisioner/policies";
import { evaluate, readIdentityPolicy, type Context } from "../../local/aws/iam";
import { centralAccount as central, roleOf } from "./place";

const account = "111122223333";
const other = "444455556666";
const names = runbookNames({});
const role = (id: string, name: string): string => `arn:aws:iam::${id}:role/${name}`;
const administration = role(central, names.administrationRoleName);
const execution = role(account, names.executionRoleName);
const document = `arn:aws:ssm:eu-central-1:${central}:document/${names.documentName}`;
const definition = `arn:aws:ssm:eu-central-1:${central}:automation-definition/${names.documentName}:1`;
const run = (id: string): string => `arn:aws:ssm:eu-central-1:${id}:automation-execution/4f7ca192`;
const live = (id: string, name = "db-access-orders-access:live"): string =>
  `arn:aws:lambda:eu-central-1:${id}:function:${name}`;
const toAutomation: Context = { "iam:PassedToService": "ssm.amazonaws.com" };

type Asked = [action: string, resource: string, context?: Context];

interface Case {
  document: PolicyDocument;
  /** What each statement alone allows. */
  allowed: Record<string, Asked[]>;
  denied: Asked[];
}

const executionRole = { ...roleOf(account, ["eu-central-1"]) };
const cases: Record<string, Case> = {
  "the administration role": {
    document: administrationPolicy({ partition: "aws", account: central, accountIds: [account], ...names }),
    allowed: { BecomeExecutionRole: [["sts:AssumeRole", execution]] },
    denied: [
      ["sts:AssumeRole", role(other, names.executionRoleName)],
      ["sts:AssumeRole", role(account, "admin")],
      ["lambda:InvokeFunction", live(central)],
      ["iam:PassRole", administration, toAutomation],
      ["ssm:StartAutomationExecution", document],
    ],
  },
  "the execution role": {
    document: executionPolicy(executionRole),
    allowed: {
      InvokeProvisioners: [["lambda:InvokeFunction", live(account)]],
      StartRunbook: [
        ["ssm:StartAutomationExecution", document],
        ["ssm:StartAutomationExecution", definition],
        ["ssm:StartAutomationExecution", run(account)],
      ],
      FollowRunbook: [["ssm:GetAutomationExecution", run(account)]],
      PassItself: [["iam:PassRole", execution, toAutomation]],
    },
    denied: [
      ["lambda:InvokeFunction", live(account, "db-access-orders-access")],
      ["lambda:InvokeFunction", live(account, "db-access-orders-access:2")],
      ["lambda:InvokeFunction", live(account, "db-access-orders-migrate:live")],
      ["lambda:InvokeFunction", live(account, "db-access-orders-rotate")],
      ["lambda:InvokeFunction", live(account, "db-access-payments-access:live")],
      ["lambda:InvokeFunction", live(account).replace("eu-central-1", "us-east-1")],
      ["lambda:InvokeFunction", live(other)],
      ["lambda:UpdateFunctionCode", live(account)],
      ["secretsmanager:GetSecretValue", `arn:aws:secretsmanager:eu-central-1:${account}:secret:rds-orders-app-abcdef`],
      ["ssm:StartAutomationExecution", `arn:aws:ssm:eu-central-1:${account}:document/${names.documentName}`],
      ["ssm:StartAutomationExecution", document.replace(names.documentName, "AWS-StopEC2Instance")],
      ["ssm:GetAutomationExecution", run(other)],
      ["iam:PassRole", execution, { "iam:PassedToService": "ec2.amazonaws.com" }],
      ["iam:PassRole", role(account, "admin"), toAutomation],
      ["sts:AssumeRole", execution],
    ],
  },
  "an operator": {
    document: operatorPolicy({ partition: "aws", account: central, region: "eu-central-1", ...names }),
    allowed: {
      StartRunbook: [
        ["ssm:StartAutomationExecution", document],
        ["ssm:StartAutomationExecution", definition],
        ["ssm:StartAutomationExecution", run(central)],
      ],
      FollowRunbook: [
        ["ssm:GetAutomationExecution", run(central)],
        ["ssm:DescribeAutomationStepExecutions", run(central)],
        ["ssm:StopAutomationExecution", run(central)],
      ],
      PassAdministrationRole: [["iam:PassRole", administration, toAutomation]],
    },
    denied: [
      ["ssm:StartAutomationExecution", document.replace(names.documentName, "AWS-StopEC2Instance")],
      ["ssm:StartAutomationExecution", document.replace("eu-central-1", "us-east-1")],
      ["ssm:UpdateDocument", document],
      ["ssm:CreateDocument", document],
      ["iam:PassRole", administration, { "iam:PassedToService": "lambda.amazonaws.com" }],
      ["iam:PassRole", execution, toAutomation],
      ["sts:AssumeRole", administration],
      ["lambda:InvokeFunction", live(central)],
    ],
  },
};

const allows = (policy: PolicyDocument, [action, resource, context = {}]: Asked): boolean =>
  evaluate([readIdentityPolicy(policy)], { action, resource, context }).effect === "allow";
const without = (policy: PolicyDocument, sid: string): PolicyDocument => ({
  ...policy,
  Statement: policy.Statement.filter(({ Sid }) => Sid !== sid),
});

describe("the policies of a runbook", () => {
  for (const [name, { document: policy, allowed, denied }] of Object.entries(cases)) {
    it(`${name} may do what it needs, and each statement is needed for it`, () => {
      assert.deepEqual(Object.keys(allowed).sort(), policy.Statement.map(({ Sid }) => Sid).sort());
      for (const [sid, asked] of Object.entries(allowed))
        for (const each of asked) {
          assert.ok(allows(policy, each), `${each[0]} on ${each[1]}`);
          assert.ok(!allows(without(policy, sid), each), `${each[0]} without ${sid}`);
        }
    });

    it(`${name} may do nothing else`, () => {
      for (const each of denied) assert.ok(!allows(policy, each), `${each[0]} on ${each[1]}`);
    });
  }

  it("IAM's limit is told before the deployment, with a way out", () => {
    const clusterNames = Array.from({ length: 120 }, (_, index) => `cluster-${index}`);
    const many = { ...executionRole, clusterNames };
    assert.throws(() => executionPolicy(many), /name fewer clusters and Regions, and make another role for the others/);
  });
});

/** Who asks to become a role. */
interface Asking {
  principal: string;
  context: Context;
}

/** A trust policy is an identity policy whose statements are each for one principal. */
const becomes = ({ Version, Statement }: TrustDocument, { principal, context }: Asking): boolean => {
  const meant = Statement.filter(({ Principal }) => Object.values(Principal).includes(principal));
  const identity = readIdentityPolicy({
    Version,
    Statement: meant.map(({ Principal: _, ...statement }) => ({ ...statement, Resource: "*" })),
  });
  return evaluate([identity], { action: "sts:AssumeRole", resource: execution, context }).effect === "allow";
};

const automation = (id: string, source = run(id)): Asking => ({
  principal: "ssm.amazonaws.com",
  context: { "aws:SourceAccount": id, "aws:SourceArn": source },
});
const from = (id: string, arn: string, more: Context = {}): Asking => ({
  principal: `arn:aws:iam::${id}:root`,
  context: { "aws:PrincipalArn": arn, ...more },
});

describe("who may become the roles of a runbook", () => {
  it("the administration role: executions of its own account", () => {
    const trust = administrationTrust({ partition: "aws", account: central });
    assert.ok(becomes(trust, automation(central)));
    for (const asking of [
      automation(account),
      automation(central, `arn:aws:ssm:eu-central-1:${central}:managed-instance/mi-1`),
      { principal: "lambda.amazonaws.com", context: automation(central).context },
      from(central, administration),
    ])
      assert.ok(!becomes(trust, asking), asking.principal);
  });

  it("the execution role: executions of its own account, and the administration role of the central one", () => {
    const trust = executionTrust(executionRole);
    assert.ok(becomes(trust, automation(account)));
    assert.ok(becomes(trust, from(central, administration)));
    for (const asking of [
      automation(central),
      automation(account, run(other)),
      from(central, role(central, "somebody")),
      from(other, administration),
      from(account, administration),
    ])
      assert.ok(!becomes(trust, asking), `${asking.principal} ${JSON.stringify(asking.context)}`);
    for (const { Sid } of trust.Statement) {
      const rest = { ...trust, Statement: trust.Statement.filter((statement) => statement.Sid !== Sid) };
      assert.ok(!(becomes(rest, automation(account)) && becomes(rest, from(central, administration))), Sid);
    }
  });

  it("and of an organisation, when one is named", () => {
    const trust = executionTrust({ ...executionRole, organizationId: "o-abcdefghij" });
    assert.ok(!becomes(trust, from(central, administration)));
    assert.ok(!becomes(trust, from(central, administration, { "aws:PrincipalOrgID": "o-otherother" })));
    assert.ok(becomes(trust, from(central, administration, { "aws:PrincipalOrgID": "o-abcdefghij" })));
  });
});
