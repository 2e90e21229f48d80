import * as pulumi from "@pulumi/pulumi";
import type { ProvisionerArgs } from "./args";
import type { Aws } from "./aws";
import type { Children } from "./children";
import type { ClusterFacts } from "./cluster";
import { directoryRole } from "./directory";
import { secretNamePrefixesOf } from "./environment";
import { bucketOf, type MigrationsPlace } from "./migrations-bucket";
import {
  auditLogGroupNameOf,
  functionArnOf,
  functionKinds,
  functionNameOf,
  logGroupNameOf,
  type FunctionKind,
  type Place,
} from "./names";
import type { Network } from "./network";
import { accessPolicy, migratePolicy, rotationPolicy, type PolicyDocument, type PolicyStatement } from "./policies";
import { policy } from "./policies/document";

/** What a function runs as. */
export interface FunctionRole {
  arn: pulumi.Output<string>;
  /** The JSON text of what it may do, for those who bring a role of their own. */
  policy: pulumi.Output<string>;
  /** Lambda looks at a role's rights when the function is made. */
  dependsOn: pulumi.Resource[];
}

export type FunctionRoles = Record<FunctionKind, FunctionRole>;

const trust = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

/** Lambda sends the traces with the function's role, and makes no traced function whose role cannot. */
const sendTraces: PolicyStatement = {
  Sid: "SendTraces",
  Effect: "Allow",
  Action: ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
  Resource: ["*"],
};

/** Everything that the policies are made of, once all of it is known. */
function policiesOf(
  args: ProvisionerArgs,
  cluster: ClusterFacts,
  network: Network,
  place: pulumi.Output<Place>,
  migrations: MigrationsPlace,
): Record<FunctionKind, pulumi.Output<string>> {
  const { clusterName, keys = {}, functions } = args;
  const known = pulumi.output({
    place,
    admin: pulumi.output<{ secretArn?: pulumi.Input<string>; iamUser?: pulumi.Input<string> }>(cluster.admin),
    resourceId: cluster.resourceId,
    adminKeyArns: cluster.adminKeyArns,
    secretKeyArns: keys.secrets ?? [],
    parameterKeyArns: keys.parameters ?? [],
    otherRotationFunctions: args.rotationFunctionArns ?? [],
    vpcEndpointIds: network.endpointIds,
    directory: directoryRole(args.directory),
    migrations: bucketOf(migrations),
  });
  const document = (kind: FunctionKind): pulumi.Output<string> =>
    known.apply((facts) => {
      const common = {
        ...facts.place,
        clusterName,
        functionName: functionNameOf(clusterName, kind),
        logGroup: logGroupNameOf(clusterName, kind),
        auditLogGroup: auditLogGroupNameOf(clusterName),
        adminSecretArn: facts.admin.secretArn,
        adminIamUser: facts.admin.iamUser,
        resourceId: facts.resourceId,
        adminKeyArns: facts.adminKeyArns,
        vpcEndpointIds: facts.vpcEndpointIds,
      };
      const logins = {
        ...common,
        secretKeyArns: facts.secretKeyArns,
        parameterPaths: args.parameterPaths ?? [`/${clusterName}`],
        parameterKeyArns: facts.parameterKeyArns,
      };
      const rotate = functionArnOf(facts.place, functionNameOf(clusterName, "rotate"));
      const documents: Record<FunctionKind, () => PolicyDocument> = {
        access: () =>
          accessPolicy({
            ...logins,
            secretNamePrefixes: secretNamePrefixesOf(args),
            rotationFunctionArns: [rotate, ...facts.otherRotationFunctions],
            inheritedTagKeys: args.inheritedTagKeys,
            directory: facts.directory,
          }),
        migrate: () => migratePolicy({ ...common, ...facts.migrations }),
        rotate: () => rotationPolicy(logins),
      };
      const { Statement } = documents[kind]();
      return JSON.stringify(policy(functions?.tracing === false ? Statement : [...Statement, sendTraces]));
    });
  return { access: document("access"), migrate: document("migrate"), rotate: document("rotate") };
}

/** One role for each function, because their rights differ. */
export function makeRoles(
  aws: Aws,
  children: Children,
  args: ProvisionerArgs,
  cluster: ClusterFacts,
  network: Network,
  place: pulumi.Output<Place>,
  migrations: MigrationsPlace,
): FunctionRoles {
  const { roles = {}, clusterName } = args;
  const policies = policiesOf(args, cluster, network, place, migrations);
  const make = (kind: FunctionKind): FunctionRole => {
    const text = policies[kind];
    const brought = roles[kind];
    if (brought !== undefined) return { arn: pulumi.output(brought), policy: text, dependsOn: [] };
    const role = children.make("role", aws.iam.Role, `${kind}-role`, {
      description: `The ${kind} function of db-access for ${clusterName}`,
      assumeRolePolicy: trust,
      path: roles.path ?? "/db-access/",
      permissionsBoundary: roles.permissionsBoundary,
    });
    const attached = children.make("rolePolicy", aws.iam.RolePolicy, `${kind}-policy`, {
      role: role.name,
      name: "db-access",
      policy: text,
    });
    return { arn: role.arn, policy: text, dependsOn: [attached] };
  };
  const [access, migrate, rotate] = functionKinds.map(make);
  return { access, migrate, rotate };
}
