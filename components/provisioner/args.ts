import type * as pulumi from "@pulumi/pulumi";
import type { AccessArgs } from "./args-access";
import type { ClusterArgs } from "./args-cluster";
import type { DirectoryArgs } from "./args-directory";
import type { MigrationsArgs } from "./args-migrations";
import type { MonitoringArgs } from "./args-monitoring";
import type { NetworkArgs } from "./args-network";
import type { ChildTransforms } from "./children";

/** What can be said of one of the functions. */
export interface FunctionArgs {
  /** Memory in MB, 128 to 10240; processor time follows it. Default 512. */
  memoryMb?: number;
  /**
   * Seconds after which it is ended. `access`: 30 to 300, which is how long callers wait for it; default 300.
   * `migrate`: 30 to 900, default 900. `rotate`: 30 to 900, default 300.
   */
  timeoutSeconds?: number;
  /**
   * How many may run at once, and with it how many connections the database sees. Default: 10 for `access`, 2 for
   * `migrate`, 5 for `rotate`. -1: whatever the account has left, for accounts that have nothing to reserve.
   */
  reservedConcurrency?: number;
}

/** The functions, each with settings of its own. */
export interface FunctionsArgs {
  access?: FunctionArgs;
  migrate?: FunctionArgs;
  rotate?: FunctionArgs;
  /** The Node.js of AWS Lambda. Default `nodejs22.x`; a newer one at will. */
  runtime?: pulumi.Input<string>;
  /** X-Ray traces of every invocation that is sampled; they hold no statement and no value. Default true. */
  tracing?: boolean;
}

/** The execution roles. */
export interface RolesArgs {
  /** The path of the roles that are made. Default `/db-access/`: a deployer's right to make roles can be limited to it. */
  path?: string;
  /** A managed policy that bounds what the roles can ever do. Default: none. */
  permissionsBoundary?: pulumi.Input<string>;
  /** ARN of a role of yours in place of a new one; it needs what `policies.access` of the component says. */
  access?: pulumi.Input<string>;
  /** ARN of a role of yours; it needs what `policies.migrate` says. */
  migrate?: pulumi.Input<string>;
  /** ARN of a role of yours; it needs what `policies.rotate` says. */
  rotate?: pulumi.Input<string>;
}

/** Customer managed keys. Everything is encrypted without them too, with keys of AWS. */
export interface KeysArgs {
  /** Encrypts the functions' environment, which holds no secret. */
  environment?: pulumi.Input<string>;
  /** Encrypts the log groups. Its policy has to admit `logs.<region>.amazonaws.com`. */
  logs?: pulumi.Input<string>;
  /** Encrypts the alarms' topic. Its policy has to admit `cloudwatch.amazonaws.com`. Default: the topic is not encrypted. */
  topic?: pulumi.Input<string>;
  /** Encrypts the dead letters. Its policy has to admit `events.amazonaws.com`. */
  deadLetters?: pulumi.Input<string>;
  /**
   * The keys of logins' secrets, of their replicas and of secrets that supply passwords. The functions may use these and
   * no others. Default: none besides AWS's own.
   */
  secrets?: pulumi.Input<string>[];
  /** The keys that published passwords may have (`parameterPasswordKeyArn`). Default: none besides AWS's own. */
  parameters?: pulumi.Input<string>[];
}

/** How the server is recognised, where it does not have a certificate of RDS for its endpoint. */
export interface TlsArgs {
  /** The name in the certificate, when it is not the endpoint: a CNAME in front of it. */
  serverName?: pulumi.Input<string>;
  /** PEM text that is trusted in place of the certificates of RDS that the archive holds. */
  ca?: string;
}

export interface ProvisionerArgs {
  /**
   * The logical name of the cluster, chosen once: it is part of every claim's identity and of the names of functions,
   * parameters and secrets. The endpoint, the identifier and the engine's version may change; this may not. A lower case
   * letter, then up to 39 lower case letters, digits and hyphens.
   */
  clusterName: string;
  /** The database. */
  cluster: ClusterArgs;
  /** Where the functions run. */
  network: NetworkArgs;
  /** Who may invoke the functions besides those whom the account's own IAM policies let. Default: nobody. */
  access?: AccessArgs;
  /**
   * What the names of logins' secrets begin with; the functions may make no others. Default `rds-` and
   * `<clusterName>/`.
   */
  secretNamePrefixes?: string[];
  /**
   * Paths of Parameter Store under which logins' parameters may be kept; the functions may write nowhere else. `[]`: no
   * parameters. Default `/<clusterName>`.
   */
  parameterPaths?: string[];
  /** Rotation functions of yours that logins may name in `rotation.functionArn`. Default: none. */
  rotationFunctionArns?: pulumi.Input<string>[];
  /** Tags of the admin's secret that logins may take over in `secret.inherit.tags`. Default: none. */
  inheritedTagKeys?: string[];
  /** MySQL, MariaDB: server-wide privileges that grants may name besides the harmless ones. Default: none. */
  allowGlobalPrivileges?: string[];
  /** A bucket for files of migrations that are too large for a request. Default: they have to fit into 5.5 MB. */
  migrations?: MigrationsArgs;
  functions?: FunctionsArgs;
  roles?: RolesArgs;
  keys?: KeysArgs;
  monitoring?: MonitoringArgs;
  /**
   * When the `access` function ends the grace periods of rotated passwords: `rate(…)` or `cron(…)` of EventBridge.
   * Default `rate(15 minutes)`. `false`: never, former passwords and logins then stay until the next rotation.
   */
  schedule?: string | false;
  /** A directory whose groups' members can get logins with IAM authentication. Default: none. */
  directory?: DirectoryArgs;
  /**
   * Name of the parameter whose changes are events for the `access` function: the list of all users of a fleet, once
   * there is one. This version answers them and changes nothing. Default: none.
   */
  rosterParameter?: string;
  tls?: TlsArgs;
  /**
   * Lets the provisioner be deleted while stacks still claim things through it, which nobody can end any more then.
   * Deployed with `pulumi up` before it counts. Default false.
   */
  forceDestroy?: boolean;
  /** Tags of everything that has tags, besides `db-access:provisioner`. The provider's default tags are kept. */
  tags?: Record<string, pulumi.Input<string>>;
  /** Last word on the inputs of every child of a kind. */
  transforms?: ChildTransforms;
}
