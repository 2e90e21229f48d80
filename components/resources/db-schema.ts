import * as pulumi from "@pulumi/pulumi";
import { AccessResource, type Adopt, type CommonArgs } from "./base";

export interface DbSchemaArgs extends CommonArgs {
  /** The database it is in. A change makes a new schema there. */
  database: pulumi.Input<string>;
  /** The schema's name, used as written. A change makes a new schema. */
  name: pulumi.Input<string>;
  /** The role that owns it. Default: the provisioner's own login. */
  owner?: pulumi.Input<string>;
  /** What deleting the resource does: `retain`, or `drop` (`OwnsObjects` while it holds any). Default `retain`. */
  deletion?: pulumi.Input<"drop" | "retain">;
  /**
   * `true` takes over a schema that exists; `"fromLedger"` one that db-access made before the cluster was restored under
   * another name. Default false: `SchemaExists`.
   */
  adopt?: pulumi.Input<Adopt>;
}

/** One schema of a PostgreSQL database. `NotSupported` on MySQL and MariaDB, where a schema is a database. */
export class DbSchema extends AccessResource {
  declare readonly name: pulumi.Output<string>;
  declare readonly database: pulumi.Output<string>;

  constructor(name: string, args: DbSchemaArgs, opts?: pulumi.CustomResourceOptions) {
    super("DbSchema", name, args, opts);
  }
}
