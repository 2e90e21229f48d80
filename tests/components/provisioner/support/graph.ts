import * as pulumi from "@pulumi/pulumi";
import { Provisioner, type ProvisionerArgs } from "../../../../components";

export const account = "111122223333";
export const region = "eu-central-1";

export interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  provider?: string;
}

export interface Graph {
  provisioner: Provisioner;
  /** Everything that was registered, in order of names. */
  all: Registered[];
  calls: { token: string; provider?: string }[];
  /** The inputs of the one child of this type whose name ends so. */
  one(type: string, suffix: string): Record<string, unknown>;
  of(type: string): Registered[];
}

export interface World {
  partition?: string;
  region?: string;
  preview?: boolean;
  /** Outputs that the engine would have, by name of the resource. */
  outputs?: Record<string, Record<string, unknown>>;
}

export const plainArgs = (more: Partial<ProvisionerArgs> = {}): ProvisionerArgs => ({
  clusterName: "orders",
  cluster: {
    engine: "aurora-postgresql",
    identifier: "orders-prod",
    resourceId: "cluster-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    endpoint: "orders.cluster-abc.eu-central-1.rds.amazonaws.com",
    port: 5432,
    adminSecretArn: `arn:aws:secretsmanager:${region}:${account}:secret:rds!cluster-1234-AbCdEf`,
    securityGroupId: "sg-0database",
  },
  network: { vpcId: "vpc-0orders", subnetIds: ["subnet-0a", "subnet-0b"] },
  ...more,
});

/** Without what only watches, which is most of it: for tests of something else. */
export const leanArgs = (more: Partial<ProvisionerArgs> = {}): ProvisionerArgs =>
  plainArgs({ monitoring: { alarms: false, dashboard: false }, schedule: false, ...more });

interface Where {
  partition: string;
  region: string;
}

/** What AWS would answer, in the shapes that are read. */
export function stateOf({ type, name, inputs }: Registered, place: Where): Record<string, unknown> {
  const { partition, region: here } = place;
  const arn = (service: string, rest: string): string => `arn:${partition}:${service}:${here}:${account}:${rest}`;
  const own = (inputs.name ?? name) as string;
  switch (type) {
    case "aws:lambda/function:Function":
      return { arn: arn("lambda", `function:${own}`), version: "1" };
    case "aws:lambda/alias:Alias":
      return { arn: arn("lambda", `function:${String(inputs.functionName)}:${own}`) };
    case "aws:iam/role:Role":
      return {
        name: `${name}-0123456`,
        arn: `arn:${partition}:iam::${account}:role${String(inputs.path)}${name}-0123456`,
      };
    case "aws:sns/topic:Topic":
      return { arn: arn("sns", own) };
    case "aws:sqs/queue:Queue":
      return { arn: arn("sqs", own), url: `https://sqs.${here}.amazonaws.com/${account}/${own}` };
    case "aws:ec2/vpcEndpoint:VpcEndpoint":
      return inputs.vpcEndpointType === "Gateway" ? { prefixListId: "pl-0s3" } : {};
    case "aws:s3/bucket:Bucket":
      return { bucket: `${String(inputs.bucketPrefix)}0123456` };
    case "aws:cloudwatch/eventRule:EventRule":
      return { arn: arn("events", `rule/${own}`) };
    default:
      return {};
  }
}

const ids: Record<string, string> = {
  "aws:ec2/securityGroup:SecurityGroup": "sg-0",
  "aws:ec2/vpcEndpoint:VpcEndpoint": "vpce-0",
};

export const idOf = ({ type, name }: Pick<Registered, "type" | "name">): string => `${ids[type] ?? ""}${name}`;

/** What AWS would answer to a lookup. */
export function answerOf(token: string, place: Where): Record<string, unknown> {
  switch (token) {
    case "aws:index/getCallerIdentity:getCallerIdentity":
      return { accountId: account };
    case "aws:index/getRegion:getRegion":
      return { region: place.region };
    case "aws:index/getPartition:getPartition":
      return { partition: place.partition };
    case "aws:ec2/getVpc:getVpc":
      return { cidrBlock: "10.0.0.0/16", ipv6CidrBlock: "2001:db8::/56" };
    default:
      throw new Error(`nobody expects ${token}`);
  }
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

/** Runs a program against mocks, and waits until everything is registered. */
export async function graphOf(program: () => Provisioner, world: World = {}): Promise<Graph> {
  const place = { partition: world.partition ?? "aws", region: world.region ?? region };
  const all: Registered[] = [];
  const calls: Graph["calls"] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs, provider }) => {
        const registered = { type, name, inputs: inputs as Record<string, unknown>, provider };
        all.push(registered);
        return {
          id: idOf(registered),
          state: { ...inputs, ...stateOf(registered, place), ...world.outputs?.[name] },
        };
      },
      call: ({ token, provider }) => {
        calls.push({ token, provider });
        return answerOf(token, place);
      },
    },
    "data",
    "prod",
    world.preview ?? false,
    "acme",
  );
  const provisioner = program();
  await pulumi.runtime.disconnect();
  all.sort((a, b) => (a.name < b.name ? -1 : 1));
  const of = (type: string): Registered[] => all.filter((each) => each.type === type);
  return {
    provisioner,
    all,
    calls,
    of,
    one: (type, suffix) => {
      const found = of(type).filter(({ name }) => name.endsWith(suffix));
      if (found.length !== 1) throw new Error(`${found.length} of ${type} end with ${suffix}`);
      return found[0].inputs;
    },
  };
}

/** A provisioner named as its cluster. */
export const graph = (args: ProvisionerArgs = plainArgs(), world?: World): Promise<Graph> =>
  graphOf(() => new Provisioner("orders", args), world);

export const valueOf = <T>(output: pulumi.Input<T>): Promise<pulumi.Unwrap<T>> =>
  new Promise((resolve) => pulumi.output(output).apply((value) => resolve(value)));

/** The policy document inside an input. */
export const documentOf = (text: unknown): { Statement: Record<string, unknown>[] } =>
  JSON.parse(text as string) as { Statement: Record<string, unknown>[] };

export { plain };
