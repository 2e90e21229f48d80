import * as pulumi from "@pulumi/pulumi";
import { AccessResource, type CommonArgs } from "./base";

export interface DbRoleArgs extends CommonArgs {
  /**
   * The role's name, used as written; the same limits as a login's. Logins and roles share one name space. A change
   * makes a new role and removes the old one.
   */
  name: pulumi.Input<string>;
  /**
   * What deleting the resource does: `drop` (`OwnsObjects` while the role owns any) or `retain`. Default `drop`;
   * `retain` while `adopt` is true.
   */
  deletion?: pulumi.Input<"drop" | "retain">;
  /** Take over a role that exists. Default false: `RoleExists`. */
  adopt?: pulumi.Input<boolean>;
}

/** A role that cannot log in: it owns things, or collects privileges for its members. */
export class DbRole extends AccessResource {
  declare readonly name: pulumi.Output<string>;

  constructor(name: string, args: DbRoleArgs, opts?: pulumi.CustomResourceOptions) {
    super("DbRole", name, args, opts);
  }
}
