import type * as pulumi from "@pulumi/pulumi";

type Text = pulumi.Input<string>;
type Texts = pulumi.Input<Text[]>;

/** PostgreSQL: also what the named roles create later (default privileges). */
export interface FutureArgs {
  /** The creating roles, at least one; each must exist. */
  createdBy: Texts;
}

/** A whole database. */
export interface DatabaseTarget {
  kind: "database";
  database: Text;
}

/** PostgreSQL: a schema itself, not what is in it. */
export interface SchemaTarget {
  kind: "schema";
  database: Text;
  schema: Text;
}

/** Tables and views. */
export interface TablesTarget {
  kind: "tables";
  database: Text;
  /** PostgreSQL: the schema, required. MySQL and MariaDB have none. */
  schema?: pulumi.Input<string | undefined>;
  /** Names, each of which must exist, or `"*"` for all that exist. On MySQL and MariaDB `"*"` is future ones, too. */
  tables: pulumi.Input<"*" | Text[]>;
  /** PostgreSQL: default privileges. Default: only what exists. */
  future?: pulumi.Input<FutureArgs | undefined>;
}

/** A membership: the grantee becomes a member of the role. It has no privileges of its own. */
export interface RoleTarget {
  kind: "role";
  role: Text;
  /** The member may pass the membership on. Default false. */
  admin?: pulumi.Input<boolean>;
  /** PostgreSQL 16 and later: the member has the role's privileges without SET ROLE. Default: the server's. */
  inherit?: pulumi.Input<boolean>;
  /** PostgreSQL 16 and later: the member may SET ROLE. Default: the server's. */
  set?: pulumi.Input<boolean>;
  /** MySQL, MariaDB: active at login. Default true; MariaDB has one per account. */
  default?: pulumi.Input<boolean>;
}

/** What a grant is on. `kind` is a plain literal, because it decides what the other fields are. */
export type GrantTarget = DatabaseTarget | SchemaTarget | TablesTarget | RoleTarget;
