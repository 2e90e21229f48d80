import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import * as aws from "@pulumi/aws";
import { stringify } from "yaml";
import { Provisioner, type Child, type ChildTransforms } from "../../../components";
import { PROVIDER_KEY } from "../../../components/lifecycle/wire";
import { childKinds } from "../../../components/provisioner/children";
import { graph, graphOf, leanArgs, plain, plainArgs, valueOf, type Graph } from "./support/graph";

const snapshot = path.join(__dirname, "default-graph.yaml");

/** Texts of JSON are shown as what they say. Assets have a path of this machine. */
function readable(key: string, value: unknown): unknown {
  if (key === "code") return "dist/bundle/provisioner.zip";
  if (key === PROVIDER_KEY) return "components/shim.ts";
  if (typeof value !== "string" || !value.startsWith("{")) return value;
  return JSON.parse(value) as unknown;
}

/** The SDK wraps secrets before the engine, or a mock, sees them. */
const unwrapped = (value: unknown): unknown =>
  typeof value === "object" && value !== null && "4dabf18193072939515e22adb298388d" in value
    ? (value as { value?: unknown }).value
    : value;

const textOf = ({ all }: Graph): string =>
  stringify(
    all.map(({ type, name, inputs }) => ({
      [`${name} (${type})`]: Object.fromEntries(
        Object.entries(inputs)
          .map(([key, value]) => [key, readable(key, unwrapped(value))])
          .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
      ),
    })),
    { lineWidth: 0, aliasDuplicateObjects: false },
  );

describe("the resources of a provisioner", () => {
  it("are these, when nothing but what is needed is said (DB_ACCESS_SNAPSHOT=write: take this as the new state)", async () => {
    const text = textOf(await graph());
    if (process.env.DB_ACCESS_SNAPSHOT === "write") writeFileSync(snapshot, text);
    assert.deepEqual(text.split("\n"), readFileSync(snapshot, "utf8").split("\n"));
  });

  it("are children of the component, named after it, in its provider, and so are its lookups", async () => {
    const parents = new Set<unknown>();
    const names: string[] = [];
    const made = await graphOf(() => {
      const provider = new aws.Provider("elsewhere", { region: "eu-north-1" });
      return new Provisioner("here", leanArgs({ network: everywhere }), {
        providers: { aws: provider },
        transformations: [
          ({ name, type, opts }) => {
            if (type.startsWith("aws:")) {
              parents.add(opts.parent);
              names.push(name);
            }
            return undefined;
          },
        ],
      });
    });
    assert.deepEqual([...parents], [made.provisioner]);
    const children = made.all.filter(({ type }) => type.startsWith("aws:"));
    assert.deepEqual(names.sort(), children.map(({ name }) => name).sort());
    for (const { name } of children) assert.match(name, /^here-/);
    const providers = new Set([
      ...children.map(({ provider }) => provider),
      ...made.calls.map((call) => call.provider),
    ]);
    assert.equal(providers.size, 1);
    assert.match([...providers][0] ?? "", /::elsewhere::/);
  });

  it("all carry the tags, but for those kinds that have none", async () => {
    const made = await graph(plainArgs({ tags: { team: "data" }, network: everywhere, access: everybody, migrations }));
    const untagged = made.all.filter(({ inputs }) => inputs.tags === undefined).map(({ type }) => type);
    assert.deepEqual([...new Set(untagged)].sort(), [
      "aws:cloudwatch/dashboard:Dashboard",
      "aws:cloudwatch/eventTarget:EventTarget",
      "aws:iam/rolePolicy:RolePolicy",
      "aws:lambda/alias:Alias",
      "aws:lambda/permission:Permission",
      "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
      "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
      "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
      "aws:sqs/queuePolicy:QueuePolicy",
      "db-access:index:Provisioner",
      "pulumi-nodejs:dynamic/db-access:ProvisionerGuard",
    ]);
    for (const { inputs } of made.all)
      if (inputs.tags !== undefined) assert.deepEqual(inputs.tags, { team: "data", "db-access:provisioner": "orders" });
  });

  it("are all there before the guard, which knows the ref that it will ask", async () => {
    const guards: (readonly unknown[])[] = [];
    const made = await graphOf(
      () =>
        new Provisioner(
          "orders",
          plainArgs({ network: everywhere, access: everybody, migrations, forceDestroy: true }),
          {
            transformations: [
              ({ type, opts }) => {
                if (type.endsWith(":ProvisionerGuard")) guards.push(opts.dependsOn as unknown[]);
                return undefined;
              },
            ],
          },
        ),
    );
    const [guard] = made.of("pulumi-nodejs:dynamic/db-access:ProvisionerGuard");
    const others = made.all.filter(({ type }) => type.startsWith("aws:"));
    assert.deepEqual([guards.length, guards[0].length], [1, others.length]);
    assert.equal(guard.inputs.forceDestroy, true);
    assert.deepEqual(guard.inputs.provisioner, await valueOf(made.provisioner.ref as pulumi.Input<unknown>));
  });

  it("can each be transformed", async () => {
    const seen = new Map<string, string[]>();
    const note =
      (kind: string) =>
      ({ name }: Child): undefined =>
        void seen.set(kind, [...(seen.get(kind) ?? []), name]);
    const transforms = Object.fromEntries(childKinds.map((kind) => [kind, note(kind)])) as ChildTransforms;
    const monitoring = { auditDestinationArn: "arn:aws:logs:eu-central-1:444455556666:destination:audit" };
    const made = await graph(plainArgs({ network: everywhere, access: everybody, migrations, monitoring, transforms }));
    assert.deepEqual([...seen.keys()].sort(), [...childKinds]);
    assert.equal([...seen.values()].flat().length, made.all.length - 1);
  });

  it("take what a transform says, and keep what it does not", async () => {
    const made = await graph(
      leanArgs({
        transforms: {
          function: ({ name, args }) =>
            name.endsWith("-access") ? { args: { ...args, memorySize: 1024 } } : undefined,
          securityGroup: ({ opts }) => ({ opts: { ...opts, protect: true } }),
        },
      }),
    );
    assert.equal(made.one("aws:lambda/function:Function", "-access").memorySize, 1024);
    assert.equal(made.one("aws:lambda/function:Function", "-migrate").memorySize, 512);
    assert.equal(made.one("aws:ec2/securityGroup:SecurityGroup", "-functions").vpcId, "vpc-0orders");
  });

  it("never let in a principal that is everybody", async () => {
    const made = await graph(leanArgs({ access: everybody }));
    for (const { inputs, name } of made.of("aws:lambda/permission:Permission"))
      assert.ok(inputs.principal !== "*" && inputs.principal !== undefined, name);
    assert.doesNotMatch(JSON.stringify(plain(made.all)), /\\"Principal\\":(\\"\*\\"|\{\\"[A-Za-z]+\\":\[?\\"\*\\")/);
  });
});

const migrations = { bucket: true };

const everywhere = {
  vpcId: "vpc-0orders",
  subnetIds: ["subnet-0a"],
  dualStack: true,
  endpoints: { services: ["secretsmanager" as const, "ssm" as const, "s3" as const], routeTableIds: ["rtb-0orders"] },
};

const everybody = {
  roleArns: ["arn:aws:iam::111122223333:role/deployer"],
  accountIds: ["444455556666"],
  organizationId: "o-a1b2c3d4e5",
  role: { principals: ["777788889999"], externalId: "agreed" },
};
