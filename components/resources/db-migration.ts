import * as pulumi from "@pulumi/pulumi";
import { DbAccessError, type ProvisionerRef } from "../../provisioner/protocol";
import { defaultClient } from "../client";
import { defaultHistoryTable } from "../lifecycle/migration";
import { hasUnknown, PROVIDER_KEY } from "../lifecycle/wire";
import { migrationLines } from "../migration-preview";
import { manifestOf, packed, readMigrations } from "../migration-folder";
import { ownerOf } from "../owner";
import { previewsOnline } from "../preview";
import { refOf } from "../reference";
import { declare } from "../registry";
import { providerTexts, typeOf } from "../shim";
import type { CommonArgs } from "./base";

/** What somebody who has looked at the database says of a file that failed part of the way. */
export interface ResolveArgs {
  /** `retry`: run it again. `applied`: all of it is there now. `skip`: never run it. */
  as: pulumi.Input<"retry" | "applied" | "skip">;
  /** The failure that was looked at, as the message names it: another one has to be looked at again. */
  failure: pulumi.Input<string>;
}

export interface DbMigrationArgs extends CommonArgs {
  /** The database that the files change. Another one is another resource. */
  database: pulumi.Input<string>;
  /**
   * The folder with the files, from the program's own: `0001_what.sql` once and in order, `R__what.sql` whenever it has
   * changed, `0001_what.verify.sql` as a check after its file. Other names that end in `.sql` are refused.
   */
  directory: string;
  /**
   * The role that files act as and that owns what they make. Default: the database's owner. Never the provisioner's own
   * login, with whose rights no file runs.
   */
  runAs?: pulumi.Input<string>;
  /**
   * Table of the history, `name` or `schema.name`; beside it `<name>_log` and `<name>_lock`. Default
   * `db_access_migrations` in schema `public`. Another one is another resource.
   */
  historyTable?: pulumi.Input<string>;
  /** `strict` refuses a number below one that has run; `allow` runs it. Default `strict`. */
  order?: pulumi.Input<"strict" | "allow">;
  /** In a database without a history: the highest number that is there already and is not run. */
  baseline?: pulumi.Input<string>;
  /** By file name, what became of a file that failed without a transaction around it. */
  resolve?: pulumi.Input<Record<string, pulumi.Input<ResolveArgs>>>;
  /** What a file means that is not what ran: `error`, or `repair` to record it as it is now. Default `error`. */
  onChecksumMismatch?: pulumi.Input<"error" | "repair">;
  /** What a file that destroys or blocks means unless it says that it is meant: `refuse` or `warn`. Default `refuse`. */
  lint?: pulumi.Input<"refuse" | "warn">;
  /**
   * What `${name}` in a file stands for, written by the server's own rules for names and texts. Without this argument
   * nothing in a file is replaced; with it, an undeclared name is refused and `$${name}` is the text itself. State holds
   * the values: never a secret, which is refused.
   */
  variables?: pulumi.Input<Record<string, pulumi.Input<VariableArgs>>>;
  /**
   * What becomes of the files' work when the resource goes. `retain`: it stays, with its history. `forget`: it stays,
   * and the history goes. `down`: `0001_what.down.sql` of every file that has run, the last first, and then the history
   * goes; refused before anything runs while one is missing. Default `retain`.
   */
  onDestroy?: pulumi.Input<"retain" | "down" | "forget">;
}

/** A variable's value. One of the two. */
export interface VariableArgs {
  /** The name of a table, column, role or the like. */
  identifier?: pulumi.Input<string>;
  /** A text, a number, or true or false. On MySQL and MariaDB a text has no quotes and no backslashes. */
  literal?: pulumi.Input<string | number | boolean>;
}

/**
 * A folder of SQL files, applied to a database in order and each one once, as a role of the database's and never as its
 * admin. State holds names and hashes. Deleting it leaves the database as it is.
 */
export class DbMigration extends pulumi.CustomResource {
  /** The files that are in the database, by name. */
  declare readonly applied: pulumi.Output<string[]>;
  /** The files that were still to run when the database was last looked at; empty after an `up`. */
  declare readonly pending: pulumi.Output<string[]>;
  /** One sentence: what deleting this resource will do. */
  declare readonly onDelete: pulumi.Output<string>;
  /** What the last refresh found different, one line each; empty after an `up`. */
  declare readonly drift: pulumi.Output<string[]>;

  constructor(name: string, args: DbMigrationArgs, opts?: pulumi.CustomResourceOptions) {
    const type = typeOf("DbMigration");
    const owner = ownerOf(name, type, opts?.parent);
    const files = filesOf(args.directory);
    const props = {
      ...args,
      provisioner: refOf(args.provisioner),
      ownerKey: pulumi.all([args.ownerKey, owner]).apply(([key, own]) => key ?? own),
      files: manifestOf(files),
      ...(args.variables === undefined ? {} : { variables: withoutSecrets(name, args.variables) }),
    };
    const computed = { applied: undefined, pending: undefined, onDelete: undefined, drift: undefined };
    super(type, name, { ...computed, ...props, [PROVIDER_KEY]: providerTexts.DbMigration }, opts);
    this.register(name, props);
    if (!previewsOnline()) return;
    pulumi.output(props as pulumi.Input<Record<string, unknown>>).apply(async (known) => {
      if (hasUnknown(known)) return;
      const done = pulumi.runtime.rpcKeepAlive();
      try {
        const lines = await migrationLines(defaultClient(), known.provisioner as ProvisionerRef, known, packed(files));
        await Promise.all(lines.map(({ level, words }) => pulumi.log[level](words, this)));
      } finally {
        done();
      }
    });
  }

  /** Two resources with one history are found before the engine has made anything. */
  private register(name: string, props: pulumi.Inputs): void {
    const { provisioner, ownerKey, database, historyTable } = props;
    pulumi.output({ provisioner, ownerKey, database, historyTable }).apply((known) => {
      if (hasUnknown(known) || typeof known.database !== "string") return;
      const { cluster } = known.provisioner as ProvisionerRef;
      const table = typeof known.historyTable === "string" ? known.historyTable : defaultHistoryTable;
      const claim = { kind: "migration" as const, database: known.database, historyTable: table };
      const conflict = declare(cluster, claim, String(known.ownerKey), `DbMigration ${JSON.stringify(name)}`);
      if (conflict !== undefined) throw new pulumi.ResourceError(conflict, this, true);
    });
  }
}

/** State holds variables, and so does the log of whatever fails: a secret does not get as far as that. */
const withoutSecrets = (name: string, variables: pulumi.Input<unknown>): pulumi.Output<unknown> =>
  pulumi.output(pulumi.isSecret(pulumi.output(variables))).apply((secret) => {
    if (!secret) return variables;
    throw new pulumi.RunError(
      `DbMigration ${JSON.stringify(name)}: variables holds a secret, and state would hold it; let the database read it from where it is kept.`,
    );
  });

/** In the program, so that a preview shows which files are new: a file that is wrong is said before anything is made. */
function filesOf(directory: string): ReturnType<typeof readMigrations> {
  try {
    return readMigrations(directory);
  } catch (error) {
    if (!(error instanceof DbAccessError)) throw error;
    throw new pulumi.RunError(`DbMigration: ${error.message}`);
  }
}
