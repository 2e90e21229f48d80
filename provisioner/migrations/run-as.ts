import { claimId } from "../access/id";
import type { FunctionConfig } from "../config";
import type { EngineSession } from "../engines/engine";
import { DbAccessError } from "../errors";
import type { MigrationSpec } from "../protocol/migrations";

export interface RunAs {
  role: string;
  /** It is the database's owner: everything in it is its own. */
  owns: boolean;
}

/** The role that files act as. Whoever acts as the admin can do everything that the admin can: files never do. */
export async function runAsOf(
  config: FunctionConfig,
  session: EngineSession,
  { database, runAs }: Pick<MigrationSpec, "database" | "runAs">,
): Promise<RunAs> {
  if (database === session.facts.adminDatabase)
    throw new DbAccessError(
      "ReservedName",
      `Database ${database} is the provisioner's own, with its record of claims; files run in another one.`,
      { property: "database" },
    );
  const query = { names: [], databases: [database], schemas: [], ownersOf: [] };
  const found = (await session.read(query)).databases.get(database);
  if (found === undefined)
    throw new DbAccessError("ObjectMissing", `Database ${database} does not exist; create it first.`, {
      property: "database",
    });
  const owner = found.owner ?? (await recordedOwner(config, session, database));
  const role = runAs ?? owner;
  if (role === undefined || role === session.facts.admin.name)
    throw new DbAccessError(
      "MigrationRefused",
      `${runAs === undefined ? `Database ${database} has no owner but` : "runAs is"} the provisioner's own login, and files never run with its rights. Give the database an owner role, or name a role with runAs. Nothing was changed.`,
    );
  return { role, owns: role === owner };
}

/** MySQL and MariaDB have no owner of a database: the ledger has the role that its resource names. */
async function recordedOwner(
  { family, cluster }: FunctionConfig,
  session: EngineSession,
  name: string,
): Promise<string | undefined> {
  const id = claimId(family, cluster, { kind: "database", name, deletion: "retain" }, "");
  const [row] = await session.ledger.read({ ids: [id], idPrefixes: [], owners: [], grantees: [] });
  return row?.claim.kind === "database" ? row.claim.owner : undefined;
}
