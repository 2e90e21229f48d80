import * as pulumi from "@pulumi/pulumi";
import { protocolRange } from "../../provisioner/protocol";
import type { Access } from "./access";
import type { ProvisionerArgs } from "./args";
import type { Aws } from "./aws";
import type { Children } from "./children";
import type { ClusterFacts } from "./cluster";
import { secretNamePrefixesOf } from "./environment";
import type { Functions } from "./functions";
import type { MigrationsPlace } from "./migrations-bucket";
import { parameterNameOf, type Place } from "./names";
import type { ProvisionerRefOutputs } from "./ref-outputs";

/** What callers are told. It is known when everything that an invocation needs is there. */
export function refOf(
  args: ProvisionerArgs,
  cluster: ClusterFacts,
  functions: Functions,
  access: Access,
  ready: readonly pulumi.Output<string>[],
  place: pulumi.Output<Place>,
  { bucketName: migrationsBucket }: MigrationsPlace,
): ProvisionerRefOutputs {
  const aliases = pulumi.all([functions.access.alias.arn, functions.migrate.alias.arn, ...ready]);
  const role = access.role;
  const invoke =
    role === undefined || args.access?.role?.inRef === false
      ? undefined
      : { roleArn: role.arn, externalId: args.access?.role?.externalId };
  return {
    contractVersion: 1,
    // Names would be enough inside the account; other accounts need ARNs.
    functions: aliases.apply(([access, migrate]) => ({ access, migrate })),
    region: place.region,
    partition: place.partition,
    account: place.account,
    engine: cluster.engine,
    cluster: args.clusterName,
    ...(cluster.resourceId === undefined ? {} : { resourceId: cluster.resourceId }),
    database: { host: cluster.host, port: cluster.port },
    secretNamePrefixes: secretNamePrefixesOf(args),
    ...(migrationsBucket === undefined ? {} : { migrationsBucket }),
    protocols: { ...protocolRange },
    discovery: {
      parameter: parameterNameOf(args.clusterName),
      region: place.region,
      ...(invoke === undefined ? {} : { roleArn: invoke.roleArn }),
    },
    ...(invoke === undefined ? {} : { invoke }),
  };
}

/** Where callers look when a function is not where they knew it. */
export const makeParameter = (aws: Aws, children: Children, clusterName: string, ref: ProvisionerRefOutputs) =>
  children.make("parameter", aws.ssm.Parameter, "ref", {
    name: parameterNameOf(clusterName),
    description: `How to reach db-access of ${clusterName}; holds no secret`,
    type: "String",
    value: pulumi.jsonStringify(ref),
  });
