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
  /** Days for which a deleted secret can be restored: 7 to 30, or 0 for immediate deletion. Default 7. */
  recoveryDays?: pulumi.Input<number>;
}

/** How a login proves who it is. `kind` is a plain literal, because it decides what the other fields are. */
export type UserAuth =
  | { kind: "password"; secret?: pulumi.Input<SecretArgs> }
  /** IAM database authentication: no password exists. `IamUnavailable` where the server lacks it. */
  | { kind: "iam" };

/** MySQL, MariaDB: how often each account of the login may do something in an hour. 0 or left out: no limit. */
export interface LimitsArgs {
  queriesPerHour?: pulumi.Input<number>;
  updatesPerHour?: pulumi.Input<number>;
  connectionsPerHour?: pulumi.Input<number>;
}

/** What deleting a login does, in detail. */
export interface UserDeletionArgs extends OwnedObjectsArgs {
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
  /** Raise it by one for one reset of the password. Only with password authentication. Default 1. */
  passwordVersion?: pulumi.Input<number>;
  /** Concurrent connections, at least 1. Default: no limit. */
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
  /** The login's name, also where a prefix made it. */
  declare readonly username: pulumi.Output<string>;
  declare readonly endpoint: pulumi.Output<string>;
  declare readonly port: pulumi.Output<number>;
  /** Where the password is. Undefined for an IAM login. */
  declare readonly secretArn: pulumi.Output<string>;
  /** Changes with every reset: what depends on it is deployed again. Undefined for an IAM login. */
  declare readonly secretVersionId: pulumi.Output<string>;
  /** The resource of `rds-db:connect` in the application's policy. Undefined for a password login. */
  declare readonly iamConnectArn: pulumi.Output<string>;
  /** ISO time of the last reset. Undefined for an IAM login. */
  declare readonly passwordLastChanged: pulumi.Output<string>;
  /** Who knows that time: the server, or db-access's ledger. */
  declare readonly passwordLastChangedSource: pulumi.Output<"server" | "ledger">;

  constructor(name: string, args: DbUserArgs, opts?: pulumi.CustomResourceOptions) {
    super("DbUser", name, args, opts);
  }
}
