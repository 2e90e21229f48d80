import type * as pulumi from "@pulumi/pulumi";

type Text = pulumi.Input<string>;
type Texts = pulumi.Input<Text[]>;
/** Names, each of which must exist (`ObjectMissing`), or `"*"` for all that exist. */
type Names = pulumi.Input<"*" | Text[]>;

/** PostgreSQL: also what the named roles create later (default privileges). */
export interface FutureArgs {
  /** The creating roles, at least one; each must exist. */
  createdBy: Texts;
}

interface InDatabase {
  /** The database, which must exist. */
  database: Text;
}

interface InSchema extends InDatabase {
  /**
   * PostgreSQL: the schema. May be left out together with `future`: then what the creating roles own in every schema
   * of the database. MySQL and MariaDB have none (`NotSupported`).
   */
  schema?: pulumi.Input<string | undefined>;
}

interface WithFuture {
  /** PostgreSQL: default privileges. Default: only what exists. `NotSupported` elsewhere. */
  future?: pulumi.Input<FutureArgs | undefined>;
}

/**
 * MySQL, MariaDB: the server as a whole. Only PROCESS, SHOW DATABASES, REPLICATION CLIENT, REPLICATION SLAVE, RELOAD
 * and documented dynamic privileges, as far as the provisioner allows them. `NotSupported` on PostgreSQL.
 */
export interface GlobalTarget {
  kind: "global";
}

/** A whole database. On MySQL and MariaDB this is everything in it, now and later. */
export interface DatabaseTarget extends InDatabase {
  kind: "database";
}

/**
 * PostgreSQL: with `privileges`, a schema itself and not what is in it. With `template`, also everything in it, and with
 * `future` what the named roles create in it later.
 */
export interface SchemaTarget extends InDatabase, WithFuture {
  kind: "schema";
  /** The schema, which must exist. */
  schema: Text;
}

/** Tables, views, materialized views, partitioned and foreign tables. */
export interface TablesTarget extends InSchema, WithFuture {
  kind: "tables";
  /** Names or `"*"`. On MySQL and MariaDB `"*"` is future ones, too. */
  tables: Names;
}

/** Some columns of one table or view. Another table is a change in place. */
export interface ColumnsTarget extends InSchema {
  kind: "columns";
  /** The table or view. */
  table: Text;
  /** At least one; each must exist. */
  columns: Texts;
}

/** PostgreSQL: sequences. `NotSupported` elsewhere. */
export interface SequencesTarget extends InSchema, WithFuture {
  kind: "sequences";
  sequences: Names;
}

/** MySQL, MariaDB: a function and a procedure may share a name, so the type is needed. */
export interface RoutineArgs {
  /** Which of the two it is. */
  type: pulumi.Input<"function" | "procedure">;
  /** Its name, without arguments: there are no overloads. */
  name: Text;
}

/** Functions and procedures. */
export interface RoutinesTarget extends InSchema, WithFuture {
  kind: "routines";
  /**
   * PostgreSQL: signatures such as `"total(integer)"`, which keep overloads apart, or `"*"`. MySQL and MariaDB:
   * `{ type, name }`.
   */
  routines: pulumi.Input<"*" | pulumi.Input<string | RoutineArgs>[]>;
}

/** PostgreSQL: types and domains. `NotSupported` elsewhere. */
export interface TypesTarget extends InSchema, WithFuture {
  kind: "types";
  types: Names;
}

/** PostgreSQL: large objects by their oid. `NotSupported` elsewhere. */
export interface LargeObjectsTarget extends InDatabase {
  kind: "largeObjects";
  /** At least one; each must exist. */
  oids: pulumi.Input<pulumi.Input<number>[]>;
}

/** PostgreSQL 15 and later: parameters of the server, which a grantee may SET or ALTER SYSTEM. */
export interface ParametersTarget {
  kind: "parameters";
  /** Their names, at least one. */
  parameters: Texts;
}

/** A membership: the grantee becomes a member of the role. It has no privileges of its own. */
export interface RoleTarget {
  kind: "role";
  /** The role, which must exist. */
  role: Text;
  /** The member may pass the membership on. Default false. */
  admin?: pulumi.Input<boolean>;
  /** PostgreSQL 16 and later: the member has the role's privileges without SET ROLE. Default: the server's. */
  inherit?: pulumi.Input<boolean>;
  /** PostgreSQL 16 and later: the member may SET ROLE. Default: the server's. */
  set?: pulumi.Input<boolean>;
  /**
   * MySQL, MariaDB: active at login. Default true; MariaDB has one per account. Ignored with a warning where the member
   * is a login of rotation strategy `alternating`, whose own role is the default one.
   */
  default?: pulumi.Input<boolean>;
}

/** What a grant is on. `kind` is a plain literal, because it decides what the other fields are. */
export type GrantTarget =
  | GlobalTarget
  | DatabaseTarget
  | SchemaTarget
  | TablesTarget
  | ColumnsTarget
  | SequencesTarget
  | RoutinesTarget
  | TypesTarget
  | LargeObjectsTarget
  | ParametersTarget
  | RoleTarget;
