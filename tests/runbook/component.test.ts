import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import {
  ProvisionerRunbook,
  ProvisionerRunbookExecutionRole,
  type ProvisionerRunbookArgs,
  type ProvisionerRunbookExecutionRoleArgs,
} from "../../components";
import { runbookDocument } from "../../components/runbook/document";
import { runbookNames } from "../../components/runbook/names";
import {
  administrationPolicy,
  administrationTrust,
  executionPolicy,
  executionTrust,
  operatorPolicy,
} from "../../components/runbook/policies";
import { made, valueOf } from "./graph";
import { centralAccount, roleOf } from "./place";

const account = "111122223333";
const runbookArgs: ProvisionerRunbookArgs = { accountIds: [account, centralAccount] };
const roleArgs: ProvisionerRunbookExecutionRoleArgs = { centralAccountId: centralAccount, clusterNames: ["orders"] };
const parsed = (text: unknown): unknown => JSON.parse(String(text));
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const names = runbookNames({});

describe("ProvisionerRunbook", () => {
  it("is a document that the other accounts may use, and the role that starts it there", async () => {
    let runbook: ProvisionerRunbook | undefined;
    const all = await made(() => (runbook = new ProvisionerRunbook("users", runbookArgs)), { account: centralAccount });
    const tags = { "db-access:runbook": "db-access-runbook" };
    const central = { partition: "aws", account: centralAccount, region: "eu-central-1" };
    const { content, ...document } = all["users-document"].inputs;
    assert.deepEqual(parsed(content), plain(runbookDocument()));
    assert.deepEqual(document, {
      name: "db-access-runbook",
      documentType: "Automation",
      documentFormat: "JSON",
      permissions: { type: "Share", account_ids: account },
      tags,
    });
    const { assumeRolePolicy, ...role } = all["users-administration-role"].inputs;
    assert.deepEqual(parsed(assumeRolePolicy), administrationTrust(central));
    const description = "Becomes db-access-runbook-execution of other accounts for db-access-runbook";
    assert.deepEqual(role, { name: "db-access-runbook-administration", description, tags });
    const policy = administrationPolicy({ ...central, ...names, accountIds: [account, centralAccount] });
    assert.deepEqual(parsed(all["users-administration-policy"].inputs.policy), policy);
    assert.equal(Object.keys(all).length, 3);
    assert.ok(runbook !== undefined);
    assert.equal(runbook.executionRoleName, "db-access-runbook-execution");
    assert.deepEqual(parsed(await valueOf(runbook.operatorPolicy)), operatorPolicy({ ...central, ...names }));
  });

  it("for databases of its own account alone is shared with nobody", async () => {
    const program = () => new ProvisionerRunbook("users", { accountIds: [centralAccount] });
    const all = await made(program, { account: centralAccount });
    assert.deepEqual(all["users-document"].inputs.permissions, undefined);
  });

  it("has names of its own, fewer actions, a boundary, tags and transforms when they are asked for", async () => {
    const boundary = `arn:aws:iam::${centralAccount}:policy/bound`;
    const program = () =>
      new ProvisionerRunbook("passwords", {
        accountIds: [account],
        documentName: "passwords",
        executionRoleName: "run",
        actions: ["reset_password"],
        permissionsBoundary: boundary,
        tags: { team: "support" },
        transforms: { document: ({ args }) => ({ args: { ...args, targetType: "/AWS::RDS::DBCluster" } }) },
      });
    const all = await made(program, { account: centralAccount, partition: "aws-cn", region: "cn-north-1" });
    const { name, content, targetType, tags } = all["passwords-document"].inputs;
    assert.deepEqual([name, targetType], ["passwords", "/AWS::RDS::DBCluster"]);
    assert.deepEqual(tags, { team: "support", "db-access:runbook": "passwords" });
    assert.deepEqual(parsed(content), plain(runbookDocument({ actions: ["reset_password"] })));
    const role = all["passwords-administration-role"].inputs;
    assert.deepEqual([role.name, role.permissionsBoundary], ["passwords-administration", boundary]);
    assert.match(
      String(all["passwords-administration-policy"].inputs.policy),
      /arn:aws-cn:iam::111122223333:role\/run"/,
    );
  });
});

describe("ProvisionerRunbookExecutionRole", () => {
  it("is one role with one policy, for the provider's account and Region", async () => {
    const all = await made(() => new ProvisionerRunbookExecutionRole("users", roleArgs), { account });
    const expected = roleOf(account, ["eu-central-1"]);
    const { assumeRolePolicy, name, description } = all["users-role"].inputs;
    assert.deepEqual(parsed(assumeRolePolicy), plain(executionTrust(expected)));
    assert.equal(name, "db-access-runbook-execution");
    assert.equal(description, "Invokes provisioners for db-access-runbook of 999900001111");
    assert.deepEqual(parsed(all["users-policy"].inputs.policy), plain(executionPolicy(expected)));
    assert.equal(Object.keys(all).length, 2);
  });

  it("is for the Regions and the organisation that are named, and takes the central account when it is known", async () => {
    const regions = ["eu-west-1", "us-east-1"];
    const args = {
      ...roleArgs,
      centralAccountId: pulumi.output(centralAccount),
      regions,
      organizationId: "o-abcdefghij",
    };
    const all = await made(() => new ProvisionerRunbookExecutionRole("users", args), { account });
    assert.deepEqual(parsed(all["users-policy"].inputs.policy), plain(executionPolicy(roleOf(account, regions))));
    assert.match(String(all["users-role"].inputs.assumeRolePolicy), /"aws:PrincipalOrgID":"o-abcdefghij"/);
  });
});

/** What is given, and what is said: the property, the value and the way out. */
const runbookRefusals: [object, RegExp][] = [
  [{ accountIds: undefined }, /"users": accountIds is missing; name the accounts of the databases\.$/],
  [{ accountIds: [] }, /accountIds \[\] cannot be used; name at least one/],
  [{ accountIds: ["1234"] }, /accountIds\[0\] "1234" cannot be used; use account ids of 12 digits/],
  [{ accountIds: [pulumi.output(account)] }, /accountIds\[0\] "an output" cannot be used; .*as a plain string/],
  [{ accountIds: pulumi.output([account]) }, /accountIds "an output" cannot be used; give a list/],
  [{ accounts: [] }, /accounts \[\] cannot be used; there is only accountIds, actions/],
  [{ documentName: "aws-runbook" }, /documentName "aws-runbook" cannot be used; 3 to 49 letters/],
  [{ documentName: pulumi.output("x") }, /documentName "an output" cannot be used; .*as a plain string/],
  [{ executionRoleName: "a/b" }, /executionRoleName "a\/b" cannot be used; use a role's name, without a path/],
  [{ actions: ["drop"] }, /actions\[0\] "drop" cannot be used; use some of create_user, update_grant/],
  [{ levels: ["owner"] }, /levels\[0\] "owner" cannot be used; use some of readonly/],
  [{ clusterNames: ["Orders"] }, /clusterNames\[0\] "Orders" cannot be used; use the clusterName of a provisioner/],
  [{ permissionsBoundary: "bound" }, /permissionsBoundary "bound" cannot be used; use a policy's ARN/],
  [{ tags: { "aws:x": "y" } }, /tags\["aws:x"\] "y" cannot be used; aws: and db-access: are reserved/],
  [{ transforms: { queue: () => undefined } }, /transforms\.queue cannot be used; there is only document, role/],
  [{ transforms: { role: "x" } }, /transforms\.role "x" cannot be used; give a function/],
];
const roleRefusals: [object, RegExp][] = [
  [{ centralAccountId: undefined }, /centralAccountId is missing; name the account that the runbook is in/],
  [{ centralAccountId: "tooling" }, /centralAccountId "tooling" cannot be used; use an account id of 12 digits/],
  [{ clusterNames: undefined }, /clusterNames is missing; name the clusters whose provisioners it may invoke/],
  [{ clusterNames: ["*"] }, /clusterNames\[0\] "\*" cannot be used/],
  [{ regions: ["*"] }, /regions\[0\] "\*" cannot be used; use names of Regions/],
  [{ regions: [] }, /regions \[\] cannot be used; name at least one/],
  [{ organizationId: "acme" }, /organizationId "acme" cannot be used; use an id, o-…/],
  [{ accountIds: [account] }, /accountIds cannot be used; there is only centralAccountId/],
];

describe("what the runbook's components refuse, before any resource is made", () => {
  for (const [more, message] of runbookRefusals)
    it(`ProvisionerRunbook: ${String(message)}`, () => {
      const args = { ...runbookArgs, ...more } as ProvisionerRunbookArgs;
      assert.throws(() => new ProvisionerRunbook("users", args), message);
    });
  for (const [more, message] of roleRefusals)
    it(`ProvisionerRunbookExecutionRole: ${String(message)}`, () => {
      const args = { ...roleArgs, ...more } as ProvisionerRunbookExecutionRoleArgs;
      assert.throws(() => new ProvisionerRunbookExecutionRole("users", args), message);
    });
});
