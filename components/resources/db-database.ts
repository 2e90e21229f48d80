import * as pulumi from "@pulumi/pulumi";
import { AccessResource, type Adopt, type CommonArgs } from "./base";

export interface DbDatabaseArgs extends CommonArgs {
  /** The database's name, used as written. A change makes a new database; the old one stays unless `deletion` is `drop`. */
  name: pulumi.Input<string>;
  /**
   * The role that owns it. On MySQL and MariaDB, which have no owners: a role that gets every privilege on it. Default:
   * the provisioner's own login.
   */
  owner?: pulumi.Input<string>;
  /** PostgreSQL: take CONNECT and TEMPORARY from PUBLIC, so that only grants let anybody in. Default true. */
  revokePublic?: pulumi.Input<boolean>;
  /** MySQL, MariaDB: the character set, default `utf8mb4`. PostgreSQL: the encoding, default `UTF8`. Only for a new one. */
  charset?: pulumi.Input<string>;
  /** What deleting the resource does: `retain`, or `drop` with all data. Default `retain`. */
  deletion?: pulumi.Input<"drop" | "retain">;
  /**
   * `true` takes over a database that exists; `"fromLedger"` one that db-access made before the cluster was restored under
   * another name. Default false: `DatabaseExists`.
   */
  adopt?: pulumi.Input<Adopt>;
}

/** One database. */
export class DbDatabase extends AccessResource {
  declare readonly name: pulumi.Output<string>;

  constructor(name: string, args: DbDatabaseArgs, opts?: pulumi.CustomResourceOptions) {
    super("DbDatabase", name, args, opts);
  }
}
