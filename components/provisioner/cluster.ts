import * as pulumi from "@pulumi/pulumi";
import type { EngineName } from "../../provisioner/protocol";
import type { ClusterArgs, MasterUserSecretLike, PlainClusterArgs, RdsClusterArgs } from "./args-cluster";
import { defaultPortOf, rdsEngineOf } from "./names";

/** A database, wherever it was read from. */
export interface ClusterFacts {
  engine: EngineName;
  host: pulumi.Output<string>;
  port: pulumi.Output<number>;
  identifier?: pulumi.Output<string>;
  kind: "cluster" | "instance";
  resourceId?: pulumi.Output<string>;
  admin: { secretArn: pulumi.Output<string> } | { iamUser: pulumi.Output<string> };
  /** The customer managed keys of the admin's secret. */
  adminKeyArns: pulumi.Output<string[]>;
  adminDatabase?: pulumi.Input<string>;
  securityGroupId?: pulumi.Output<string>;
}

export const clusterFacts = (args: ClusterArgs): ClusterFacts =>
  args.from === undefined ? fromValues(args) : fromRds(args);

const optional = <T>(value: pulumi.Input<T> | undefined): pulumi.Output<T> | undefined =>
  value === undefined ? undefined : (pulumi.output(value) as pulumi.Output<T>);

const keysOf = (key: pulumi.Input<string> | undefined): pulumi.Output<string[]> =>
  pulumi.output(key).apply((arn) => (arn === undefined ? [] : [arn]));

const fromValues = (args: PlainClusterArgs): ClusterFacts => ({
  engine: args.engine,
  host: pulumi.output(args.endpoint),
  port: pulumi.output(args.port ?? defaultPortOf(args.engine)),
  identifier: optional(args.identifier),
  kind: args.kind ?? (args.engine.startsWith("aurora-") ? "cluster" : "instance"),
  resourceId: optional(args.resourceId),
  admin:
    args.adminIamUser === undefined
      ? { secretArn: pulumi.output(args.adminSecretArn as pulumi.Input<string>) }
      : { iamUser: pulumi.output(args.adminIamUser) },
  adminKeyArns: keysOf(args.adminSecretKmsKeyArn),
  adminDatabase: args.adminDatabase,
  securityGroupId: optional(args.securityGroupId),
});

function fromRds(args: RdsClusterArgs): ClusterFacts {
  const { from, engine } = args;
  const own =
    "clusterResourceId" in from
      ? {
          kind: "cluster" as const,
          host: from.endpoint,
          identifier: from.clusterIdentifier,
          resourceId: from.clusterResourceId,
        }
      : { kind: "instance" as const, host: from.address, identifier: from.identifier, resourceId: from.resourceId };
  const managed = from.masterUserSecrets.apply(managedSecret(own.kind));
  return {
    ...own,
    engine,
    // Whatever needs the host waits for it, so a function for the wrong engine is never made.
    host: pulumi.all([own.host, from.engine]).apply(([host, actual]) => assertEngine(host, actual, engine)),
    port: from.port,
    admin:
      args.adminIamUser !== undefined
        ? { iamUser: pulumi.output(args.adminIamUser) }
        : { secretArn: optional(args.adminSecretArn) ?? managed.apply(({ secretArn }) => secretArn) },
    adminKeyArns:
      args.adminSecretArn === undefined && args.adminIamUser === undefined
        ? managed.apply(({ kmsKeyId }) => (kmsKeyId === undefined ? [] : [kmsKeyId]))
        : keysOf(args.adminSecretKmsKeyArn),
    adminDatabase: args.adminDatabase,
    securityGroupId: optional(args.securityGroupId) ?? from.vpcSecurityGroupIds.apply(([first]) => first),
  };
}

const managedSecret =
  (kind: "cluster" | "instance") =>
  (secrets: MasterUserSecretLike[] | undefined): { secretArn: string; kmsKeyId: string | undefined } => {
    const [secret] = secrets ?? [];
    if (secret?.secretArn === undefined)
      throw new pulumi.RunError(
        `RDS does not manage the password of this ${kind}; set manageMasterUserPassword: true on it, or give cluster.adminSecretArn.`,
      );
    // An empty text is what the provider has for a key that it does not know.
    return { secretArn: secret.secretArn, kmsKeyId: secret.kmsKeyId || undefined };
  };

function assertEngine(host: string, actual: string, engine: EngineName): string {
  if (actual !== undefined && actual !== rdsEngineOf(engine))
    throw new pulumi.RunError(
      `cluster.engine is ${engine} and the database is ${actual}; name the engine that it has.`,
    );
  return host;
}
