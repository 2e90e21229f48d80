import * as pulumi from "@pulumi/pulumi";
import { AccessResource, type Adopt, type CommonArgs, type OwnedObjectsArgs } from "./base";

/** Where a login's password is kept: one secret of AWS Secrets Manager, written by the provisioner. */
export interface SecretArgs {
  /**
   * The secret's name. Must begin with one of the provisioner's prefixes (`SecretNameRefused`) and belong to nobody
   * else (`SecretNameTaken`). Default: `rds-<database or cluster>-<user>-secret`.
   */
  name?: pulumi.Input<string>;
  /** The key that encrypts it. Default: the account's `aws/secretsmanager`, which no other account can use. */
  kmsKeyArn?: pulumi.Input<string>;
  /**
   * Who may read it besides those whom IAM lets, by its resource policy: account ids of 12 digits and ARNs of IAM roles,
   * users or roots. Those of other accounts need `kmsKeyArn`, and that key's policy must let them decrypt. An empty
   * list takes away what the policy says; left out, the policy is left alone.
   */
  readers?: pulumi.Input<pulumi.Input<string>[]>;
  /** Copies in other Regions. One that is no longer listed is removed. Default: none. */
  replicas?: pulumi.Input<pulumi.Input<ReplicaArgs>[]>;
  /** What it takes over from the admin's secret, then and whenever that changes. Default: nothing. */
  inherit?: pulumi.Input<InheritArgs>;
  /** Days for which a deleted secret can be restored: 7 to 30, or 0 for immediate deletion. Default 7. */
  recoveryDays?: pulumi.Input<number>;
}

/** A copy of a login's secret in another Region. */
export interface ReplicaArgs {
  /** For example `eu-central-1`. */
  region: pulumi.Input<string>;
  /** A key of that Region. Default: its `aws/secretsmanager`. */
  kmsKeyArn?: pulumi.Input<string>;
}

/** What a login's secret takes over from the admin's. */
export interface InheritArgs {
  /**
   * Its resource policy, beside `readers`. The preview names whom it lets in; one that is public is refused
   * (`PublicPolicy`). Default false.
   */
  policy?: pulumi.Input<boolean>;
  /** The values of its tags with these keys; never `aws:…` and not those that say whose a secret is. Default: none. */
  tags?: pulumi.Input<pulumi.Input<string>[]>;
  /** When it is rotated, in place of `rotation.days` and `rotation.schedule`. Default false. */
  rotation?: pulumi.Input<boolean>;
}

/** How the password is replaced without anybody asking: `days` or `schedule`, and a `strategy` or a `functionArn`. */
export interface RotationArgs {
  /**
   * How it is done; `RotationRefused` where the engine cannot. `dual` (MySQL): the former password works beside the new
   * one until the grace period ends. `alternating` (PostgreSQL, MariaDB): `username` becomes a role that holds all
   * privileges, and two logins `<username>_a` and `<username>_b` take turns (`NameTooLong` with the suffix); what the other
   * arguments say applies to both. `single`: one password; whoever connects with the former one is refused from that moment.
   */
  strategy?: pulumi.Input<"dual" | "alternating" | "single">;
  /** Days between two rotations, 1 to 1000. Either this or `schedule`, unless `auth.secret.inherit.rotation` is true. */
  days?: pulumi.Input<number>;
  /**
   * A schedule of Secrets Manager in UTC: `rate(4 hours)` to `rate(999 days)`, or on the hour such as
   * `cron(0 4 ? * SUN *)`.
   */
  schedule?: pulumi.Input<string>;
  /**
   * `dual`, `alternating`: seconds for which the former password or login still works after a rotation. Shorter than the
   * time between two. Default 3600.
   */
  graceSeconds?: pulumi.Input<number>;
  /**
   * A rotation function of your own, in place of `strategy`: it is attached and db-access never rotates itself.
   * Secrets Manager must be allowed to invoke it (`RotationRefused`).
   */
  functionArn?: pulumi.Input<string>;
}

/** How a login proves who it is. `kind` is a plain literal, because it decides what the other fields are. */
export type UserAuth =
  | {
      kind: "password";
      secret?: pulumi.Input<SecretArgs>;
      /**
       * In place of `secret`, `rotation` and `passwordVersion`: the ARN of a secret of yours that holds the password, as
       * plain text or as JSON with `password`. It is read and never written. A password itself is no input anywhere.
       */
      suppliedSecretArn?: pulumi.Input<string>;
    }
  /** IAM database authentication: no password exists. `IamUnavailable` where the server lacks it. */
  | { kind: "iam" };

/** MySQL, MariaDB: how often each account of the login may do something in an hour. 0 or left out: no limit. */
export interface LimitsArgs {
  /** Statements. */
  queriesPerHour?: pulumi.Input<number>;
  /** Statements that change something. */
  updatesPerHour?: pulumi.Input<number>;
  /** Connections begun. */
  connectionsPerHour?: pulumi.Input<number>;
}

/** What deleting a login does, in detail. */
export interface UserDeletionArgs extends OwnedObjectsArgs {
  /** As `deletion` without details. */
  policy: pulumi.Input<"drop" | "lock" | "retain">;
  /** With `drop` and `lock`: end the sessions it has. Default true. */
  endSessions?: pulumi.Input<boolean>;
}

export interface DbUserArgs extends CommonArgs {
  /**
   * The login's name, used as written: at most 63 bytes on PostgreSQL, 32 characters on MySQL and 80 on MariaDB
   * (`NameTooLong`), and not one of the system's (`ReservedName`). A change makes a new login and removes the old one.
   */
  username?: pulumi.Input<string>;
  /**
   * In place of `username`: the name is this, `_` and 8 characters that follow from the owner. It is kept while the
   * prefix is unchanged, and known at preview.
   */
  usernamePrefix?: pulumi.Input<string>;
  /**
   * MySQL, MariaDB: where the login may come from. Each host is an account of it, added and removed in place;
   * accounts that are not listed are untouched. Default `["%"]`. PostgreSQL has none (`NotSupported`).
   */
  hosts?: pulumi.Input<pulumi.Input<string>[]>;
  /** Password or IAM. A change from one to the other is made in place. */
  auth: UserAuth;
  /** The login's default database: part of the secret and of its default name. Gives no privilege. */
  database?: pulumi.Input<string>;
  /** Any change means one reset of the password. Only with password authentication and a secret of our own. Default 1. */
  passwordVersion?: pulumi.Input<number>;
  /**
   * How and when the password is replaced without anybody asking. Not with IAM (`RotationRefused`). What a rotation
   * changes is no drift. Default: never.
   */
  rotation?: pulumi.Input<RotationArgs>;
  /**
   * Publishes host, port, database, user name and the secret's ARN as parameters of Parameter Store under this path, for
   * example `/orders/api`. `ParameterTaken` where one exists that is not this login's. Default: none.
   */
  parameterPath?: pulumi.Input<string>;
  /**
   * The password as well, as a SecureString that this KMS key (ARN or id) encrypts. Default: the password is in its
   * secret and nowhere else.
   */
  parameterPasswordKeyArn?: pulumi.Input<string>;
  /** Concurrent connections, at least 1; under `alternating` of each of the two logins. Default: no limit. */
  connectionLimit?: pulumi.Input<number>;
  /** PostgreSQL: the password is refused after this ISO time, such as `2027-01-31T00:00:00Z`. Default: never. */
  validUntil?: pulumi.Input<string>;
  /** MySQL, MariaDB: days after which the password must be changed, 0 for never. Default: the server's. */
  passwordExpires?: pulumi.Input<number>;
  /**
   * Refuse connections without TLS. Default true on MySQL and MariaDB. On PostgreSQL only the server can do that:
   * true is an error where it does not. An IAM login always uses TLS.
   */
  requireTls?: pulumi.Input<boolean>;
  /** No login while true; sessions are ended. Privileges stay. Default false. */
  locked?: pulumi.Input<boolean>;
  /** MySQL, MariaDB: limits by the hour. Default: none. PostgreSQL has none (`NotSupported`). */
  limits?: pulumi.Input<LimitsArgs>;
  /**
   * PostgreSQL: defaults of the login's sessions by parameter, such as `{ statement_timeout: "30s" }`. Settings that
   * are not named are left alone; one that is no longer named is taken away. `NotSupported` elsewhere.
   */
  settings?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /**
   * What deleting the resource does: `drop` removes the login, its privileges and its secret (`OwnsObjects` while it
   * owns any), `lock` keeps everything but the way in, `retain` touches nothing. `{ policy, … }` also says what
   * becomes of owned objects and of sessions. Default `drop`; `retain` while `adopt` is true.
   */
  deletion?: pulumi.Input<"drop" | "lock" | "retain" | UserDeletionArgs>;
  /**
   * `true` takes over a login that exists; `"fromLedger"` one that db-access made before the cluster was restored under
   * another name. Either gives it a secret and a password of its own. Default false: `UserExists`.
   */
  adopt?: pulumi.Input<Adopt>;
}

/** One login: its name, its authentication and, with a password, its secret. Privileges come with `DbGrant`. */
export class DbUser extends AccessResource {
  /** The login's name, also where a prefix made it; under `alternating` the role's. */
  declare readonly username: pulumi.Output<string>;
  /** The host to connect to: the writer's. */
  declare readonly endpoint: pulumi.Output<string>;
  /** The port to connect to. */
  declare readonly port: pulumi.Output<number>;
  /** Where the password is. Undefined for an IAM login. */
  declare readonly secretArn: pulumi.Output<string>;
  /** Changes with every reset and rotation: what depends on it is deployed again. Undefined for an IAM login. */
  declare readonly secretVersionId: pulumi.Output<string>;
  /** The resource of `rds-db:connect` in the application's policy. Undefined for a password login. */
  declare readonly iamConnectArn: pulumi.Output<string>;
  /** A policy document that lets an application connect as this login. Undefined for a password login. */
  declare readonly iamPolicyJson: pulumi.Output<string>;
  /** The parameters under `parameterPath`. Undefined without. */
  declare readonly parameterNames: pulumi.Output<string[]>;
  /** ISO time of the last reset or rotation. Undefined for an IAM login. */
  declare readonly passwordLastChanged: pulumi.Output<string>;
  /** Who knows that time: the server, or db-access's ledger. */
  declare readonly passwordLastChangedSource: pulumi.Output<"server" | "ledger">;

  constructor(name: string, args: DbUserArgs, opts?: pulumi.CustomResourceOptions) {
    super("DbUser", name, args, opts);
  }
}
