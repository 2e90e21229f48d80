import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { startAwsPlugin, type RunningPlugin } from "../../local/aws-plugin";
import { checkout, Engine, type StateResource } from "../support/engine";
import { attempt, secretOf, testDirectory } from "../support/world";
import type { AutomationDocument } from "./automation";
import { runIn, type DatabaseAccount } from "./place";

const example = path.join(checkout, "examples", "tooling-account");

/** The tooling account and the databases' are one here: the stand-in of the AWS plugin has one account. */
export function stackSuite(databases: () => DatabaseAccount): void {
  const directory = testDirectory();
  let plugin: RunningPlugin;
  let engine: Engine;
  let resources: StateResource[];

  before(async () => {
    const { stack } = databases().world;
    plugin = await startAwsPlugin(stack, directory);
    engine = await Engine.start({
      program: {
        main: path.join(example, "index.ts"),
        settings: parse(readFileSync(path.join(example, "Pulumi.yaml"), "utf8")) as Record<string, unknown>,
      },
      project: "tooling-account",
      stack: "prod",
      env: { ...stack.env(), ...plugin.env },
      config: {
        "aws:region": stack.region,
        accounts: [
          {
            id: stack.account,
            regions: [stack.region],
            clusterNames: ["orders"],
            deployRoleArn: `arn:aws:iam::${stack.account}:role/deploy`,
          },
        ],
      },
    });
  });
  after(async () => {
    await engine?.stop();
    await plugin?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const named = (type: string, name: string): Record<string, unknown> => {
    const found = resources.find(({ type: of, outputs }) => of.endsWith(type) && outputs.name === name);
    assert.ok(found !== undefined, `there is no ${type} ${name}`);
    return found.outputs;
  };
  const documentOf = (name: string): AutomationDocument =>
    JSON.parse(String(named(":Document", name).content)) as AutomationDocument;

  /** As IAM has it now. */
  const attachExecutionRole = (name: string): string => {
    const arn = String(named(":Role", name).arn);
    const policy = resources.find(({ type, inputs }) => type.endsWith(":RolePolicy") && inputs.role === name);
    databases().world.stack.aws.roles.attach(arn, [JSON.parse(String(policy?.outputs.policy)) as object]);
    return arn;
  };

  it("what is there then makes a user, and the document for support makes none", async () => {
    await engine.up();
    resources = (await engine.exported()).deployment.resources ?? [];
    const { world } = databases();
    const roleArn = attachExecutionRole("db-access-runbook-execution");
    const parameters = { Action: "create_user", Username: "by_stack", Database: "shop", Level: "readonly" };
    const { status, failureMessage, outputs } = await runIn({ world, roleArn }, parameters, {
      content: documentOf("db-access-runbook"),
    });
    assert.equal(status, "Success", failureMessage);
    const { username, password } = await secretOf(world, String(outputs["answer.secretArn"]));
    const login = { user: username, password };
    assert.equal(await attempt(world, login, "shop", "SELECT id FROM items"), "ok");
    const forSupport = { content: documentOf("db-access-passwords") };
    await assert.rejects(runIn({ world, roleArn }, parameters, forSupport), /Action must be one of reset_password/);
    const support = { world, roleArn: attachExecutionRole("db-access-passwords-execution") };
    const reset = await runIn(support, { Action: "reset_password", Username: "by_stack" }, forSupport);
    assert.equal(reset.status, "Success", reset.failureMessage);
    assert.equal(await attempt(world, login, "shop", "SELECT 1"), "28P01");
  });

  it("has nothing to do afterwards, and leaves nothing", async () => {
    await engine.expectNoChanges({ args: ["--refresh"] });
    const { document, executionRole } = resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs
      .forOperations as Record<string, string>;
    assert.deepEqual([document, executionRole], ["db-access-runbook", "db-access-runbook-execution"]);
    await engine.destroy();
    assert.deepEqual((await engine.exported()).deployment.resources ?? [], []);
  });
}
