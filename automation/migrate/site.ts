import { AwsTransport, CallFailure, createClient, type Client } from "../../components/client";
import { manifestOf, packed } from "../../components/migration-folder";
import {
  migrationSchema,
  type MigrationFile,
  type MigrationOperation,
  type MigrationRequest,
  type MigrationSpec,
  type MigrationStatus,
  type ProvisionerRef,
} from "../../provisioner/protocol";
import { CommandFailure } from "../errors";
import { findProvisioner, type ProvisionerOptions } from "../reset/provisioner";
import { operator } from "../reset/reset";
import { variablesIn } from "./variables";

/** What every command about one database's migrations is told. */
export interface SiteOptions extends ProvisionerOptions {
  database?: string;
  directory?: string;
  historyTable?: string;
  runAs?: string;
  order?: "strict" | "allow";
  /** A file with the program's `variables` as JSON. */
  variables?: string;
  owner?: string;
}

/** One database of one provisioner. */
export interface Site {
  client: Client;
  ref: ProvisionerRef;
  owner: string;
  spec: MigrationSpec;
}

export async function siteOf(options: SiteOptions): Promise<Site> {
  const { database } = options;
  if (database === undefined)
    throw new CommandFailure("BadArguments", "Say which database is meant: --database <name>.");
  const spec = specOf({ ...options, database });
  const transport = new AwsTransport();
  const ref = await findProvisioner(options, transport).catch((error: unknown) => {
    throw error instanceof CallFailure ? error.error : error;
  });
  return { client: createClient(transport), ref, owner: options.owner ?? operator(), spec };
}

function specOf({
  database,
  historyTable,
  runAs,
  order,
  variables,
}: SiteOptions & { database: string }): MigrationSpec {
  const parsed = migrationSchema.safeParse({
    database,
    historyTable: historyTable ?? "db_access_migrations",
    ...(runAs === undefined ? {} : { runAs }),
    order: order ?? "strict",
    resolve: {},
    onChecksumMismatch: "error",
    lint: "refuse",
    ...(variables === undefined ? {} : { variables: variablesIn(variables) }),
  });
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new CommandFailure("BadArguments", `${path.join(".")}: ${message}.`);
}

export interface Question {
  operation: MigrationOperation;
  files?: readonly MigrationFile[];
  /** Whether the function needs the texts and not only names and hashes. */
  texts?: boolean;
  resolve?: MigrationSpec["resolve"];
  from?: MigrationRequest["from"];
}

/** Asks the function what it knows, or has it do one thing. */
export async function ask(
  site: Site,
  { operation, files = [], texts, resolve, from }: Question,
): Promise<MigrationStatus> {
  const status = await site.client.migrations(site.ref, {
    operation,
    owner: site.owner,
    migration: { ...site.spec, ...(resolve === undefined ? {} : { resolve }) },
    files: Object.entries(manifestOf(files)).map(([name, sha256]) => ({ name, sha256 })),
    ...(texts === true ? { texts: packed(files) } : {}),
    ...(from === undefined ? {} : { from }),
  });
  return fitToShow(status);
}

/** A history is a table that its owner can write to: names in it shall not speak to an operator's terminal. */
const fitToShow = (status: MigrationStatus): MigrationStatus =>
  JSON.parse(JSON.stringify(status), (_key, value: unknown) =>
    typeof value === "string" ? value.replace(/[\p{Cc}\p{Cf}]/gu, "?") : value,
  ) as MigrationStatus;

/** Stands first in every report. */
export interface Where {
  cluster: string;
  database: string;
  historyTable: string;
  runAs: string;
}

export const whereOf = ({ ref, spec }: Site, { runAs }: Pick<MigrationStatus, "runAs">): Where => ({
  cluster: ref.cluster,
  database: spec.database,
  historyTable: spec.historyTable,
  runAs,
});
