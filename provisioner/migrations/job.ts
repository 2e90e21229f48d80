import type { EngineSession } from "../engines/engine";
import type { Invocation } from "../invocation";
import type { MigrationRequest } from "../protocol/migrations";
import type { FamilyMigrations } from "./family";
import type { MigrationFile } from "./folder";
import { mysqlMigrations } from "./mysql";
import type { PlannedFile } from "./plan";
import { postgresqlMigrations } from "./postgresql";

/** One request on migrations, with what it needs. */
export interface Job extends Invocation {
  /** The admin's, for the cluster's lock and ledger. No file runs in it. */
  session: EngineSession;
  request: MigrationRequest;
  family: FamilyMigrations;
  /** The role that files act as. */
  runAs: string;
  /** It is the database's owner. */
  owns: boolean;
  files: PlannedFile[];
  /** With their variables. Missing where only names came. */
  texts?: MigrationFile[];
}

export type JobWithTexts = Job & { texts: MigrationFile[] };

export const familyOf = ({ config }: Pick<Invocation, "config">): FamilyMigrations =>
  config.family === "postgresql" ? postgresqlMigrations : mysqlMigrations;
