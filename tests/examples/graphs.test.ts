import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { AwsEndpoint, staticKeyOf } from "../../local/aws";
import { account, region } from "../components/provisioner/support/graph";
import { graphOfExample, snapshotOf, unwrapped, type Node, type Stacks } from "./graph";
import { examplesFolder } from "./world";

const network = { vpcId: "vpc-0orders", subnetIds: ["subnet-0a", "subnet-0b"] };
const database = {
  ...network,
  endpoint: `orders.abc.${region}.rds.amazonaws.com`,
  adminSecretArn: `arn:aws:secretsmanager:${region}:${account}:secret:rds!db-1234-AbCdEf`,
};
const parameter = "/db-access/orders";

/** What each is configured with, in the order in which they can be deployed. */
const examples: Record<string, Record<string, unknown>> = {
  "database-team": database,
  "application-team": { databaseStack: "acme/database-team/prod" },
  application: { provisioner: parameter },
  "first-run": { provisioner: parameter },
  fleet: { provisioner: parameter, database: "orders" },
  "one-stack": network,
  "iam-only": { cluster: "orders" },
  "migration-and-application": { cluster: "orders" },
  "two-releases": { provisioner: parameter },
  mysql: { ...database, clusterName: "shop" },
  "tooling-account": {
    accounts: [
      { id: account, regions: [region], clusterNames: ["orders"] },
      {
        id: "444455556666",
        regions: [region, "us-east-1"],
        clusterNames: ["shop"],
        deployRoleArn: "arn:aws:iam::444455556666:role/deploy",
      },
    ],
  },
};

describe("the resources of the examples", function () {
  this.timeout(60_000);
  let directory: string;
  let aws: AwsEndpoint;
  const environment = { ...process.env };
  const stacks: Stacks & Record<string, Record<string, unknown>> = {};

  /** What the provisioner's own stack has left for others: a parameter, and an output with the same text. */
  const publish = async (nodes: readonly Node[]): Promise<void> => {
    const made = nodes.find(({ type, inputs }) => type === "aws:ssm/parameter:Parameter" && inputs.name === parameter);
    const Value = String(unwrapped(made?.inputs.value));
    await aws.direct("ssm", "PutParameter", { Name: parameter, Value, Type: "String" });
    stacks["acme/database-team/prod"] = { provisioner: JSON.parse(Value) as unknown };
  };

  before(async () => {
    directory = mkdtempSync(path.join(tmpdir(), "db-access-graphs-"));
    aws = await AwsEndpoint.start({ account, region, stateFile: path.join(directory, "aws.json") });
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: aws.url,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: staticKeyOf(account),
      AWS_SECRET_ACCESS_KEY: "local",
    });
  });
  after(async () => {
    for (const name of Object.keys(process.env)) if (!Object.hasOwn(environment, name)) delete process.env[name];
    Object.assign(process.env, environment);
    await aws?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  for (const [name, config] of Object.entries(examples))
    it(`${name}: are these (DB_ACCESS_SNAPSHOT=write: take this as the new state)`, async () => {
      const nodes = await graphOfExample(name, config, stacks);
      if (name === "database-team") await publish(nodes);
      const text = snapshotOf(nodes);
      const file = path.join(__dirname, `${name}.graph.yaml`);
      if (process.env.DB_ACCESS_SNAPSHOT === "write") writeFileSync(file, text);
      assert.deepEqual(text.split("\n"), readFileSync(file, "utf8").split("\n"));
    });

  it("are written down for every example there is", () => {
    const folders = readdirSync(examplesFolder).sort();
    assert.deepEqual(Object.keys(examples).sort(), folders);
    const snapshots = readdirSync(__dirname).filter((file) => file.endsWith(".graph.yaml"));
    assert.deepEqual(snapshots.sort(), folders.map((name) => `${name}.graph.yaml`).sort());
  });
});
