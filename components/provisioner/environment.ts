import * as pulumi from "@pulumi/pulumi";
import type { ProvisionerArgs } from "./args";
import type { ClusterFacts } from "./cluster";
import { DIRECTORY_CA_FILE, directoryCaOf, directoryText } from "./directory";
import type { LogGroups } from "./logs";
import type { MigrationsPlace } from "./migrations-bucket";
import { functionArnOf, functionNameOf, type Place } from "./names";

/** Where the archive's files are inside a function. */
const CODE_DIRECTORY = "/var/task";
export const CA_FILE = "ca.pem";

export const secretNamePrefixesOf = ({ secretNamePrefixes, clusterName }: ProvisionerArgs): string[] =>
  secretNamePrefixes ?? ["rds-", `${clusterName}/`];

/** What the functions know of themselves: all of it from here, nothing from a request. It holds no secret. */
export function environmentOf(
  args: ProvisionerArgs,
  cluster: ClusterFacts,
  place: pulumi.Output<Place>,
  logs: LogGroups,
  migrations: MigrationsPlace,
): Record<string, pulumi.Input<string>> {
  const { clusterName, allowGlobalPrivileges = [], tls = {}, parameterPaths = [`/${clusterName}`] } = args;
  const identifier = cluster.kind === "cluster" ? "DB_ACCESS_CLUSTER_IDENTIFIER" : "DB_ACCESS_INSTANCE_IDENTIFIER";
  const variables: Record<string, pulumi.Input<string> | undefined> = {
    DB_ACCESS_CLUSTER: clusterName,
    DB_ACCESS_ENGINE: cluster.engine,
    DB_ACCESS_HOST: cluster.host,
    DB_ACCESS_PORT: cluster.port.apply(String),
    DB_ACCESS_ADMIN_SECRET_ARN: "secretArn" in cluster.admin ? cluster.admin.secretArn : undefined,
    DB_ACCESS_ADMIN_IAM_USER: "iamUser" in cluster.admin ? cluster.admin.iamUser : undefined,
    DB_ACCESS_ADMIN_DATABASE: cluster.adminDatabase,
    DB_ACCESS_SECRET_PREFIXES: secretNamePrefixesOf(args).join(","),
    DB_ACCESS_RESOURCE_ID: cluster.resourceId,
    [identifier]: cluster.identifier,
    // Of its own name and not of the resource: the rotating function knows itself, too.
    DB_ACCESS_ROTATION_FUNCTION_ARN: place.apply((known) =>
      functionArnOf(known, functionNameOf(clusterName, "rotate")),
    ),
    DB_ACCESS_AUDIT_LOG_GROUP: logs.audit.name,
    DB_ACCESS_MIGRATIONS_BUCKET: migrations.bucketName,
    DB_ACCESS_ACCOUNT: place.account,
    DB_ACCESS_PARTITION: place.partition,
    DB_ACCESS_PARAMETER_PATH: parameterPaths.at(0),
    DB_ACCESS_PARAMETER_KEY_ARN: args.keys?.parameters?.at(0),
    DB_ACCESS_ROSTER_PARAMETER: args.rosterParameter,
    DB_ACCESS_CA_FILE: tls.ca === undefined ? undefined : `${CODE_DIRECTORY}/${CA_FILE}`,
    DB_ACCESS_TLS_SERVER_NAME: tls.serverName,
    DB_ACCESS_DIRECTORY: args.directory === undefined ? undefined : directoryText(args.directory),
    DB_ACCESS_DIRECTORY_CA_FILE:
      directoryCaOf(args.directory) === undefined ? undefined : `${CODE_DIRECTORY}/${DIRECTORY_CA_FILE}`,
    DB_ACCESS_ALLOW_GLOBAL_PRIVILEGES: allowGlobalPrivileges.length === 0 ? undefined : allowGlobalPrivileges.join(","),
  };
  return Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, pulumi.Input<string>] => entry[1] !== undefined),
  );
}
