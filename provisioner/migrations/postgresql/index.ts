import { reachOf } from "../../connection";
import { dial, openingError } from "../../engines/postgresql/dial";
import { toDbAccessError } from "../../engines/postgresql/errors";
import { identifier, literal } from "../../engines/postgresql/quote";
import { DbAccessError } from "../../errors";
import { entering } from "../entering";
import type { FamilyMigrations, MigrationRun } from "../family";
import { analyse } from "./analyse";
import { historyTableOf, readHistory } from "./history-table";
import { recordLost } from "../lost";
import { lockHolder } from "./lock";
import { recogniseOthers } from "./others";
import { PostgresqlMigrationSession } from "./session";

const denied = "42501";
/** The driver's own words, for a session that has ended before or while it was asked. */
const lost = /^(Client has encountered a connection error|Connection terminated)/;

function errorOf(run: MigrationRun, error: unknown, historyTable: string): DbAccessError {
  if ((error as { code?: string }).code === denied)
    return new DbAccessError(
      "NotAuthorized",
      `The history ${historyTable} cannot be read or kept: ${(error as Error).message}. Give the role that files act as USAGE and CREATE of its schema, or name another historyTable.`,
      { property: "historyTable", serverCode: denied },
    );
  if (error instanceof Error && lost.test(error.message)) return recordLost(historyTable);
  return toDbAccessError(error, { ...reachOf(run), step: `keeping the history ${historyTable}` });
}

export const postgresqlMigrations: FamilyMigrations = {
  analyse,
  quoting: { identifier, literal },

  openSession: (run, enter, { database, runAs }, historyTable) =>
    entering(enter, (login) =>
      PostgresqlMigrationSession.open({ ...reachOf(run), database, runAs }, login, historyTable),
    ),

  errorOf,

  async lookAt(run, admin, database, historyTable) {
    const reach = reachOf(run);
    const client = await dial(reach, admin, database).catch((error: unknown) => {
      throw openingError(error, reach, database);
    });
    try {
      const table = historyTableOf(historyTable);
      const [history, holder] = [await readHistory(client, table), await lockHolder(client, table)];
      return { history, holder, others: await recogniseOthers(client) };
    } catch (error) {
      throw errorOf(run, error, historyTable);
    } finally {
      await client.end().catch(() => undefined);
    }
  },
};
