import { isLater, type Rules } from "./rules";

/** What is wrong with where the functions are to run. */
export function assertNetwork({ fail, keys, text, list }: Rules, network: unknown): void {
  if (network === undefined) fail("network", undefined, "give { vpcId, subnetIds }");
  const given = keys("network", network, [
    "vpcId",
    "subnetIds",
    "securityGroupIds",
    "databaseRule",
    "endpoints",
    "endpointSecurityGroupId",
    "s3PrefixListId",
    "onlyThroughEndpointIds",
    "httpsCidrBlocks",
    "vpcCidrBlocks",
    "dualStack",
  ]);
  const group = /^sg-[0-9a-z]+$/;
  const range = /^([0-9.]+|[0-9a-fA-F:]+)\/\d{1,3}$/;
  if (given.vpcId === undefined) fail("network.vpcId", undefined, "give the id of the VPC, vpc-…");
  text("network.vpcId", given.vpcId, /^vpc-[0-9a-z]+$/, "use an id, vpc-…");
  if (given.subnetIds === undefined)
    fail("network.subnetIds", undefined, "give private subnets that reach the database");
  if (!isLater(given.subnetIds)) {
    list("network.subnetIds", given.subnetIds, /^subnet-[0-9a-z]+$/, "use ids, subnet-…");
    if ((given.subnetIds as unknown[]).length === 0) fail("network.subnetIds", [], "give at least one subnet");
  }
  list("network.securityGroupIds", given.securityGroupIds, group, "use ids, sg-…");
  if ((given.securityGroupIds as unknown[] | undefined)?.length === 0)
    fail("network.securityGroupIds", [], "name at least one, or leave it out");
  text("network.endpointSecurityGroupId", given.endpointSecurityGroupId, group, "use an id, sg-…");
  text("network.s3PrefixListId", given.s3PrefixListId, /^pl-[0-9a-z]+$/, "use an id, pl-…");
  list("network.onlyThroughEndpointIds", given.onlyThroughEndpointIds, /^vpce-[0-9a-z]+$/, "use ids, vpce-…");
  list("network.httpsCidrBlocks", given.httpsCidrBlocks, range, 'use ranges such as "10.0.0.0/16"');
  list("network.vpcCidrBlocks", given.vpcCidrBlocks, range, 'use ranges such as "10.0.0.0/16"');
  const endpoints = keys("network.endpoints", given.endpoints, ["services", "subnetIds", "routeTableIds"]);
  if (given.endpoints !== undefined && (endpoints.services as unknown[] | undefined)?.length === undefined)
    fail("network.endpoints.services", endpoints.services, 'give a list, ["secretsmanager"]');
  list(
    "network.endpoints.services",
    endpoints.services,
    /^(secretsmanager|ssm|lambda|logs|sts|identitystore|s3)$/,
    "there is secretsmanager, ssm, lambda, logs, sts, identitystore and s3",
  );
  if (given.endpoints !== undefined && (endpoints.services as unknown[]).length === 0)
    fail("network.endpoints.services", [], "name at least one, or leave endpoints out");
  const { routeTableIds } = endpoints;
  if (!isLater(routeTableIds))
    list("network.endpoints.routeTableIds", routeTableIds, /^rtb-[0-9a-z]+$/, "use ids, rtb-…");
  const gateway = (endpoints.services as unknown[] | undefined)?.includes("s3") === true;
  if (gateway !== (routeTableIds !== undefined))
    fail(
      "network.endpoints.routeTableIds",
      routeTableIds,
      gateway ? "name those of the functions' subnets, which s3 is reached from" : "only s3 is put into route tables",
    );
}
