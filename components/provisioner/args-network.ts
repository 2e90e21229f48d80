import type * as pulumi from "@pulumi/pulumi";

/** Services that can get an endpoint. */
export type EndpointService = "secretsmanager" | "ssm" | "lambda" | "logs" | "sts" | "identitystore" | "s3";

/** Endpoints that the component makes. */
export interface EndpointsArgs {
  /**
   * `secretsmanager` is always needed, `logs` for audit events in their own log group, `ssm` when logins have a
   * `parameterPath`, `lambda` when a rotation function of one's own is named, `identitystore` for groups of Identity
   * Center in this Region, `sts` when they are read through a role. Each has private DNS, so that the whole network uses
   * it from then on, and costs by the hour. `s3` is needed for `migrations`: a gateway endpoint, which costs nothing and
   * serves the subnets of `routeTableIds`.
   */
  services: EndpointService[];
  /** One of each Availability Zone at most. Default: the functions' own. */
  subnetIds?: pulumi.Input<pulumi.Input<string>[]>;
  /** For `s3`: the route tables of the functions' subnets. */
  routeTableIds?: pulumi.Input<pulumi.Input<string>[]>;
}

export interface NetworkArgs {
  /** The network in which the database can be reached. */
  vpcId: pulumi.Input<string>;
  /** Private subnets from which the database can be reached; of two Availability Zones or more. */
  subnetIds: pulumi.Input<pulumi.Input<string>[]>;
  /** Groups of yours in place of a new one. The component adds no outgoing rule to them. */
  securityGroupIds?: pulumi.Input<string>[];
  /** Adds the rule that lets the functions in to the database's own group. Default true, where that group is known. */
  databaseRule?: boolean;
  /** Makes endpoints. Default: none are made. */
  endpoints?: EndpointsArgs;
  /** The group of interface endpoints that are there already: HTTPS goes there and nowhere else. */
  endpointSecurityGroupId?: pulumi.Input<string>;
  /** The prefix list of S3, `pl-…`, where there is a gateway endpoint for it already: HTTPS goes there as well. */
  s3PrefixListId?: pulumi.Input<string>;
  /**
   * The roles of the functions work through these endpoints alone, so that credentials are worth nothing elsewhere.
   * Default: the ones that are made here, when they are the only way out for HTTPS; otherwise no such limit.
   */
  onlyThroughEndpointIds?: pulumi.Input<string>[];
  /**
   * Where HTTPS may go besides: `["0.0.0.0/0"]` for a NAT gateway. Default, without any endpoint named: the network's own
   * addresses, which is where its endpoints are.
   */
  httpsCidrBlocks?: pulumi.Input<string>[];
  /** The network's own addresses. Default: its first IPv4 range, and its IPv6 range with `dualStack`. */
  vpcCidrBlocks?: pulumi.Input<string>[];
  /** The functions may use IPv6 as well; the subnets must have it. Default false. */
  dualStack?: boolean;
}
