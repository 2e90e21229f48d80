import * as pulumi from "@pulumi/pulumi";
import { AccessResource, type Adopt, type CommonArgs } from "./base";
import type { GrantTarget } from "./targets";

/** MySQL, MariaDB: one account of a login. */
export interface AccountArgs {
  /** The login's name. */
  name: pulumi.Input<string>;
  /** The host, as in the login's `hosts`. */
  host: pulumi.Input<string>;
}

/** A set of privileges of one's own: what other templates have, and more. */
export interface TemplateArgs {
  /** Named templates, or others of one's own. */
  extends?: pulumi.Input<pulumi.Input<string | TemplateArgs>[]>;
  /** Privileges in any case and order. */
  privileges?: pulumi.Input<pulumi.Input<string>[]>;
}

export interface DbGrantArgs extends CommonArgs {
  /**
   * Who gets it: the name of a login or role, which must exist (`ObjectMissing`), or on PostgreSQL `PUBLIC`. On MySQL
   * and MariaDB a name means every account of that login, and `{ name, host }` one of them. Of a login of
   * rotation strategy `alternating` it means the role that both logins share. A change ends this grant after making the
   * new one.
   */
  grantee: pulumi.Input<string | AccountArgs>;
  /**
   * On what. A change of kind, database, schema or role ends this grant after making the new one; lists are changed in
   * place. A named object that does not exist is an error that names it.
   */
  on: GrantTarget;
  /** Privileges in any case and order, or `ALL`. One of `privileges` and `template`; neither for a membership. */
  privileges?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * A named set: `read`, `readonly`, `write`, `readwrite`, `admin` or `trusted_admin`; or one composed of others. On a
   * PostgreSQL schema it means everything in it: the schema itself, its tables, sequences, routines and types.
   */
  template?: pulumi.Input<string | TemplateArgs>;
  /**
   * `revoke` claims that the grantee does not hold the privileges: on PostgreSQL for `PUBLIC`, whose built-in defaults
   * come back when the resource goes; on MySQL as a partial revoke, where the server has them. Default `grant`.
   */
  effect?: pulumi.Input<"grant" | "revoke">;
  /** The grantee may pass it on. Default false. */
  withGrantOption?: pulumi.Input<boolean>;
  /**
   * PostgreSQL: taking something back also takes back what the grantee passed on. Default false: refused with the
   * names of those who depend on it (`DependentPrivileges`).
   */
  cascade?: pulumi.Input<boolean>;
  /** `additive` leaves other privileges on the target alone, `exclusive` takes them away. Default `additive`. */
  mode?: pulumi.Input<"additive" | "exclusive">;
  /**
   * PostgreSQL: also claim what is needed to get there: CONNECT on the database, USAGE on the schema and, with INSERT,
   * on the tables' sequences. Default true; never for `PUBLIC`.
   */
  reach?: pulumi.Input<boolean>;
  /**
   * A privilege that is there already is always taken as it is, recorded as there before, and stays when the resource
   * goes. `"fromLedger"`: what db-access gave before the cluster was restored under another name is this grant's own,
   * and goes with it. Default false; `true` says no more.
   */
  adopt?: pulumi.Input<Adopt>;
}

/** Privileges of one grantee on one target, or one membership. */
export class DbGrant extends AccessResource {
  /** What this grant claims, in canonical form, one line for each object. */
  declare readonly effective: pulumi.Output<string[]>;
  /** What the grantee has on the same target and nobody claims. Left alone when the mode is `additive`. */
  declare readonly unmanaged: pulumi.Output<string[]>;

  constructor(name: string, args: DbGrantArgs, opts?: pulumi.CustomResourceOptions) {
    super("DbGrant", name, args, opts);
  }
}
