import * as pulumi from "@pulumi/pulumi";
import { AccessResource, type Adopt, type CommonArgs, type OwnedObjectsArgs } from "./base";

/** What deleting a role does, in detail. */
export interface RoleDeletionArgs extends OwnedObjectsArgs {
  /** As `deletion` without details. */
  policy: pulumi.Input<"drop" | "retain">;
}

export interface DbRoleArgs extends CommonArgs {
  /**
   * The role's name, used as written; the same limits as a login's. Logins and roles share one name space. A change
   * makes a new role and removes the old one.
   */
  name: pulumi.Input<string>;
  /**
   * What deleting the resource does: `drop` (`OwnsObjects` while the role owns any) or `retain`. `{ policy, … }` also
   * says what becomes of owned objects. Default `drop`; `retain` while `adopt` is true.
   */
  deletion?: pulumi.Input<"drop" | "retain" | RoleDeletionArgs>;
  /**
   * `true` takes over a role that exists; `"fromLedger"` one that db-access made before the cluster was restored under
   * another name. Default false: `RoleExists`.
   */
  adopt?: pulumi.Input<Adopt>;
}

/** A role that cannot log in: it owns things, or collects privileges for its members. */
export class DbRole extends AccessResource {
  declare readonly name: pulumi.Output<string>;

  constructor(name: string, args: DbRoleArgs, opts?: pulumi.CustomResourceOptions) {
    super("DbRole", name, args, opts);
  }
}
