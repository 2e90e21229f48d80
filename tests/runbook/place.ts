import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { ALIAS } from "../../components/provisioner/names";
import { runbookDocument } from "../../components/runbook/document";
import { roleArnOf, runbookNames } from "../../components/runbook/names";
import { executionPolicy, type ExecutionRole } from "../../components/runbook/policies";
import { parseServerSpec } from "../../local/servers";
import { LocalStack } from "../../local/stack";
import { byHand, testDirectory, worldOf, type World } from "../support/world";
import { actionsIn, type FunctionErrors } from "./actions";
import { runAutomation, type AutomationDocument, type Execution } from "./automation";

export const centralAccount = "999900001111";
const cluster = "orders";

/** As Systems Manager reads it. */
export const document = JSON.parse(JSON.stringify(runbookDocument())) as AutomationDocument;

export const roleOf = (account: string, regions: string[]): ExecutionRole => ({
  partition: "aws",
  account,
  ...runbookNames({}),
  centralAccountId: centralAccount,
  clusterNames: [cluster],
  regions,
});

/** An account of databases in one Region, whose execution role is held to its policy. */
export interface DatabaseAccount {
  world: World;
  roleArn: string;
}

export interface Organisation {
  postgresql: DatabaseAccount;
  mysql: DatabaseAccount;
  stop(): Promise<void>;
}

/** What is there before anybody runs anything, for this admin. */
type Setup = (admin: string) => string[];

/** Two accounts in two Regions, each with a cluster of the same name and a table in it. */
export async function startOrganisation(): Promise<Organisation> {
  const directory = testDirectory();
  const running: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((end) => end()));
    rmSync(directory, { recursive: true, force: true });
  };
  const start = async (spec: string, account: string, region: string, made: Setup): Promise<DatabaseAccount> => {
    const folder = path.join(directory, account);
    mkdirSync(folder);
    const targets = [{ cluster, server: parseServerSpec(spec) }];
    const stack = await LocalStack.start({ directory: folder, targets, account, region });
    running.push(() => stack.stop());
    const world = worldOf(stack, cluster);
    await stack.lambda.updateFunction(world.target.functionName, { aliases: [ALIAS] });
    for (const sql of made(world.server.admin.user)) await byHand(world, undefined, sql);
    const owner = world.family === "postgresql" ? "SET ROLE shop_owner; " : "";
    await byHand(world, "shop", `${owner}CREATE TABLE items (id int)`);
    const roleArn = roleArnOf({ partition: "aws", account }, runbookNames({}).executionRoleName);
    stack.aws.roles.attach(roleArn, [executionPolicy(roleOf(account, [region]))]);
    return { world, roleArn };
  };
  try {
    const [postgresql, mysql] = await Promise.all([
      start("postgresql@17", "111122223333", "eu-central-1", (admin) => [
        `CREATE ROLE shop_owner; GRANT shop_owner TO ${admin}`,
        "CREATE DATABASE shop OWNER shop_owner",
      ]),
      start("mysql@8.0", "444455556666", "us-east-1", () => ["CREATE DATABASE shop"]),
    ]);
    return { postgresql, mysql, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A run in one account, as an operator who is in it would start it. */
export async function runIn(
  { world, roleArn }: DatabaseAccount,
  parameters: Record<string, string | string[]>,
  { content = document, functionErrors }: { content?: AutomationDocument; functionErrors?: FunctionErrors } = {},
): Promise<Execution> {
  const given = Object.entries({ AutomationAssumeRole: roleArn, Cluster: cluster, ...parameters });
  const lists = Object.fromEntries(given.map(([name, value]) => [name, [value].flat()]));
  const actions = await actionsIn(world.stack, roleArn, functionErrors);
  return runAutomation(content, lists, actions, { "automation:EXECUTION_ID": "4f7ca192-7e9a-40fe-9192-5cb15example" });
}
