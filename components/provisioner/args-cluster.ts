import type * as pulumi from "@pulumi/pulumi";
import type { EngineName } from "../../provisioner/protocol";

/** What RDS keeps of an admin's password that it manages. */
export interface MasterUserSecretLike {
  secretArn: string;
  kmsKeyId: string;
}

/** What is read of an `aws.rds.Cluster`. */
export interface RdsClusterLike {
  readonly clusterIdentifier: pulumi.Output<string>;
  readonly clusterResourceId: pulumi.Output<string>;
  readonly endpoint: pulumi.Output<string>;
  readonly port: pulumi.Output<number>;
  readonly engine: pulumi.Output<string>;
  readonly masterUserSecrets: pulumi.Output<MasterUserSecretLike[]>;
  readonly vpcSecurityGroupIds: pulumi.Output<string[]>;
}

/** What is read of an `aws.rds.Instance`. */
export interface RdsInstanceLike {
  readonly identifier: pulumi.Output<string>;
  readonly resourceId: pulumi.Output<string>;
  readonly address: pulumi.Output<string>;
  readonly port: pulumi.Output<number>;
  readonly engine: pulumi.Output<string>;
  readonly masterUserSecrets: pulumi.Output<MasterUserSecretLike[]>;
  readonly vpcSecurityGroupIds: pulumi.Output<string[]>;
}

interface CommonClusterArgs {
  /**
   * What the server is, as a plain value: it decides how claims are written. `postgresql`, `aurora-postgresql`, `mysql`,
   * `aurora-mysql` or `mariadb`.
   */
  engine: EngineName;
  /** The secret with the admin's user name and password, as RDS writes it. */
  adminSecretArn?: pulumi.Input<string>;
  /** The customer managed key of that secret, where it has one. */
  adminSecretKmsKeyArn?: pulumi.Input<string>;
  /** In place of `adminSecretArn`: the admin is a login with IAM authentication, and no admin password exists. */
  adminIamUser?: pulumi.Input<string>;
  /** PostgreSQL: the database that keeps the ledger. Default `postgres`. */
  adminDatabase?: pulumi.Input<string>;
  /** The group that lets traffic in to the database; a rule for the functions is added to it. */
  securityGroupId?: pulumi.Input<string>;
}

/** A database by its values. */
export interface PlainClusterArgs extends CommonClusterArgs {
  from?: undefined;
  /** The writer's host name. */
  endpoint: pulumi.Input<string>;
  /** Default 5432 for PostgreSQL, 3306 otherwise. */
  port?: pulumi.Input<number>;
  /** The identifier of the cluster or the instance; tools of RDS expect it in logins' secrets. */
  identifier?: pulumi.Input<string>;
  /** What `identifier` names. Default: `cluster` for Aurora, otherwise `instance`. */
  kind?: "cluster" | "instance";
  /** `cluster-…` or `db-…`: it names the database in IAM policies and is needed for IAM authentication. */
  resourceId?: pulumi.Input<string>;
}

/** A database made by `@pulumi/aws`: everything but the engine is read from it. */
export interface RdsClusterArgs extends CommonClusterArgs {
  /** An `aws.rds.Cluster` or an `aws.rds.Instance`. Without `adminSecretArn` RDS must manage its password. */
  from: RdsClusterLike | RdsInstanceLike;
}

/** The database that a provisioner serves. */
export type ClusterArgs = PlainClusterArgs | RdsClusterArgs;
