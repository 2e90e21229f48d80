import * as pulumi from "@pulumi/pulumi";
import type { NetworkArgs } from "./args-network";
import type { Aws } from "./aws";
import type { Children } from "./children";
import type { DirectoryArgs } from "./args-directory";
import type { ClusterFacts } from "./cluster";
import { ldapPortOf } from "./directory";
import type { Place } from "./names";

const HTTPS = 443;

/** Where the functions are, and what has to be there before they can work. */
export interface Network {
  subnetIds: pulumi.Input<pulumi.Input<string>[]>;
  securityGroupIds: pulumi.Input<string>[];
  dualStack: boolean;
  /** The endpoints that the roles are bound to. */
  endpointIds: pulumi.Input<string>[];
  ready: pulumi.Output<string>[];
}

/** An address range as the two kinds of it that a rule tells apart. */
const rangeOf = (range: pulumi.Input<string>): { cidrIpv4?: pulumi.Input<string>; cidrIpv6?: pulumi.Input<string> } => {
  if (typeof range === "string") return range.includes(":") ? { cidrIpv6: range } : { cidrIpv4: range };
  const known = pulumi.output(range);
  const only = (wanted: boolean) =>
    known.apply((text) => (text.includes(":") === wanted ? text : undefined)) as pulumi.Output<string>;
  return { cidrIpv4: only(false), cidrIpv6: only(true) };
};

interface Making {
  aws: Aws;
  children: Children;
  args: NetworkArgs;
  cluster: ClusterFacts;
}

/** The network's own addresses, looked up only where something needs them. */
function rangesOf({ aws, children, args }: Making): () => pulumi.Input<string>[] {
  let ranges = args.vpcCidrBlocks;
  return () => {
    if (ranges !== undefined) return ranges;
    const vpc = aws.ec2.getVpcOutput({ id: args.vpcId }, { parent: children.parent });
    return (ranges = [vpc.cidrBlock, ...(args.dualStack === true ? [vpc.ipv6CidrBlock] : [])]);
  };
}

/** Lets traffic out, or in. One rule for each, so that a change never takes others away for a moment. */
function allow(
  { aws, children }: Making,
  direction: "egress" | "ingress",
  suffix: string,
  securityGroupId: pulumi.Input<string>,
  port: pulumi.Input<number>,
  other: {
    cidrIpv4?: pulumi.Input<string>;
    cidrIpv6?: pulumi.Input<string>;
    referencedSecurityGroupId?: pulumi.Input<string>;
    prefixListId?: pulumi.Input<string>;
  },
  description: string,
): pulumi.Output<string> {
  const type = direction === "egress" ? aws.vpc.SecurityGroupEgressRule : aws.vpc.SecurityGroupIngressRule;
  const rule = { securityGroupId, ipProtocol: "tcp", fromPort: port, toPort: port, description, ...other };
  return children.make("securityGroupRule", type, suffix, rule).id;
}

/** The functions' own group, its way to the database and to AWS's services, and nothing else. */
export function makeNetwork(
  aws: Aws,
  children: Children,
  args: NetworkArgs,
  cluster: ClusterFacts,
  place: pulumi.Output<Place>,
  clusterName: string,
  directory?: DirectoryArgs,
): Network {
  const making = { aws, children, args, cluster };
  const ranges = rangesOf(making);
  const own =
    args.securityGroupIds === undefined
      ? children.make("securityGroup", aws.ec2.SecurityGroup, "functions", {
          vpcId: args.vpcId,
          description: `Functions of db-access for ${clusterName}`,
          revokeRulesOnDelete: true,
        }).id
      : undefined;
  const group = own ?? (args.securityGroupIds as pulumi.Input<string>[])[0];
  const ready: pulumi.Output<string>[] = [];
  const endpoints = makeEndpoints(making, ranges, place, clusterName);
  ready.push(...endpoints.ready);
  if (own !== undefined) {
    ready.push(...wayToDatabase(making, own, ranges));
    ready.push(...wayToDirectory(making, own, ranges, directory));
    ready.push(...wayToServices(making, own, ranges, endpoints.securityGroupId));
    ready.push(...wayToObjects(making, own, endpoints.prefixListId));
  }
  if (args.databaseRule !== false && cluster.securityGroupId !== undefined) {
    const from = { referencedSecurityGroupId: group };
    const words = `Functions of db-access for ${clusterName}`;
    ready.push(allow(making, "ingress", "into-database", cluster.securityGroupId, cluster.port, from, words));
  }
  return {
    subnetIds: args.subnetIds,
    securityGroupIds: args.securityGroupIds ?? [group],
    dualStack: args.dualStack === true,
    endpointIds: args.onlyThroughEndpointIds ?? (isOnlyWay(args) ? endpoints.ids : []),
    ready,
  };
}

/** With another way out, a call may come from there as well. */
const isOnlyWay = (args: NetworkArgs): boolean =>
  args.securityGroupIds === undefined &&
  args.endpointSecurityGroupId === undefined &&
  args.httpsCidrBlocks === undefined;

function wayToDatabase(
  making: Making,
  group: pulumi.Input<string>,
  ranges: () => pulumi.Input<string>[],
): pulumi.Output<string>[] {
  const { securityGroupId, port } = making.cluster;
  const words = "To the database";
  if (securityGroupId !== undefined)
    return [allow(making, "egress", "to-database", group, port, { referencedSecurityGroupId: securityGroupId }, words)];
  return ranges().map((range, index) =>
    allow(making, "egress", `to-database-${index}`, group, port, rangeOf(range), words),
  );
}

/** To an LDAP directory, which has a port of its own. */
function wayToDirectory(
  making: Making,
  group: pulumi.Input<string>,
  ranges: () => pulumi.Input<string>[],
  directory: DirectoryArgs | undefined,
): pulumi.Output<string>[] {
  const port = ldapPortOf(directory);
  if (directory?.kind !== "ldap" || port === undefined) return [];
  const words = "To the directory";
  const to = (suffix: string, other: Parameters<typeof allow>[5]): pulumi.Output<string> =>
    allow(making, "egress", suffix, group, port, other, words);
  const { securityGroupId, cidrBlocks } = directory;
  const named =
    securityGroupId === undefined ? [] : [to("to-directory", { referencedSecurityGroupId: securityGroupId })];
  const blocks = cidrBlocks ?? (securityGroupId === undefined ? ranges() : []);
  return [...named, ...blocks.map((range, index) => to(`to-directory-${index}`, rangeOf(range)))];
}

function wayToServices(
  making: Making,
  group: pulumi.Input<string>,
  ranges: () => pulumi.Input<string>[],
  made: pulumi.Output<string> | undefined,
): pulumi.Output<string>[] {
  const { endpointSecurityGroupId, httpsCidrBlocks } = making.args;
  const words = "HTTPS to services of AWS";
  const to = (suffix: string, other: Parameters<typeof allow>[5]): pulumi.Output<string> =>
    allow(making, "egress", suffix, group, HTTPS, other, words);
  const named = [
    ...(made === undefined ? [] : [to("to-endpoints", { referencedSecurityGroupId: made })]),
    ...(endpointSecurityGroupId === undefined
      ? []
      : [to("to-existing-endpoints", { referencedSecurityGroupId: endpointSecurityGroupId })]),
    ...(httpsCidrBlocks ?? []).map((range, index) => to(`https-${index}`, rangeOf(range))),
  ];
  // Endpoints that nobody has named have addresses of the network itself.
  return named.length > 0 ? named : ranges().map((range, index) => to(`https-vpc-${index}`, rangeOf(range)));
}

/** A gateway endpoint has no address: what goes through it still goes to S3's own. */
function wayToObjects(
  making: Making,
  group: pulumi.Input<string>,
  made: pulumi.Output<string> | undefined,
): pulumi.Output<string>[] {
  const lists = { "to-s3": made, "to-existing-s3": making.args.s3PrefixListId };
  return Object.entries(lists).flatMap(([suffix, prefixListId]) =>
    prefixListId === undefined ? [] : [allow(making, "egress", suffix, group, HTTPS, { prefixListId }, "HTTPS to S3")],
  );
}

interface MadeEndpoints {
  securityGroupId?: pulumi.Output<string>;
  /** Where S3 is, with a gateway endpoint. */
  prefixListId?: pulumi.Output<string>;
  /** Of interface endpoints. */
  ids: pulumi.Output<string>[];
  ready: pulumi.Output<string>[];
}

function makeEndpoints(
  making: Making,
  ranges: () => pulumi.Input<string>[],
  place: pulumi.Output<Place>,
  clusterName: string,
): MadeEndpoints {
  const { aws, children, args } = making;
  if (args.endpoints === undefined) return { ids: [], ready: [] };
  const { services, subnetIds, routeTableIds } = args.endpoints;
  const serviceName = (service: string): pulumi.Output<string> =>
    place.apply(({ region }) => `com.amazonaws.${region}.${service}`);
  const gateway = services.includes("s3")
    ? children.make("endpoint", aws.ec2.VpcEndpoint, "endpoint-s3", {
        vpcId: args.vpcId,
        serviceName: serviceName("s3"),
        vpcEndpointType: "Gateway",
        routeTableIds,
      })
    : undefined;
  const toObjects = gateway === undefined ? {} : { prefixListId: gateway.prefixListId };
  const ready = gateway === undefined ? [] : [gateway.id];
  const others = services.filter((service) => service !== "s3");
  if (others.length === 0) return { ...toObjects, ids: [], ready };
  const group = children.make("securityGroup", aws.ec2.SecurityGroup, "endpoints", {
    vpcId: args.vpcId,
    description: `Interface endpoints made for db-access of ${clusterName}`,
    revokeRulesOnDelete: true,
  });
  // Private DNS sends the whole network here: whoever reached the service before must still do.
  const rules = ranges().map((range, index) =>
    allow(making, "ingress", `into-endpoints-${index}`, group.id, HTTPS, rangeOf(range), "HTTPS from the network"),
  );
  const made = others.map((service) =>
    children.make("endpoint", aws.ec2.VpcEndpoint, `endpoint-${service}`, {
      vpcId: args.vpcId,
      serviceName: serviceName(service),
      vpcEndpointType: "Interface",
      subnetIds: subnetIds ?? args.subnetIds,
      securityGroupIds: [group.id],
      privateDnsEnabled: true,
      ...(args.dualStack === true ? { ipAddressType: "dualstack" } : {}),
    }),
  );
  const ids = made.map(({ id }) => id);
  return { ...toObjects, securityGroupId: group.id, ids, ready: [...ready, ...rules, ...ids] };
}
