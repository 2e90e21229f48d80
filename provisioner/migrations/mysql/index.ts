import { reachOf } from "../../connection";
import { dial, type Login } from "../../engines/mysql/connection";
import { errnoOf, statementError } from "../../engines/mysql/errors";
import { identifierSql } from "../../engines/mysql/names";
import { DbAccessError } from "../../errors";
import type { FamilyMigrations, MigrationRun } from "../family";
import { analyse } from "./analyse";
import { readHistory, type HistoryTable } from "./history-table";
import { literal } from "./literal";
import { recordLost } from "../lost";
import { lockHolder } from "./lock";
import { recogniseOthers } from "./others";
import { MysqlMigrationSession } from "./session";

const loginOf = (
  run: MigrationRun,
  { username, password, iam = false }: { username: string; password: string; iam?: boolean },
): Login => ({ ...reachOf(run), username, password, iam });

/** A history is beside what it is about: there are no schemas in a database here. */
function tableOf(database: string, historyTable: string): HistoryTable {
  if (historyTable.includes("."))
    throw new DbAccessError(
      "InvalidInput",
      `historyTable is ${historyTable}; MySQL and MariaDB take a table's name only.`,
      {
        property: "historyTable",
      },
    );
  return { database, name: historyTable };
}

/** The driver's own words, for a session that has ended before or while it was asked. */
const lost = /closed state|^Connection lost/;

const errorOf = (run: MigrationRun, error: unknown, historyTable: string): DbAccessError =>
  errnoOf(error) === undefined && error instanceof Error && lost.test(error.message)
    ? recordLost(historyTable)
    : statementError(error, `keeping the history ${historyTable}`, { ...reachOf(run), username: "the migrator" });

export const mysqlMigrations: FamilyMigrations = {
  analyse,
  quoting: { identifier: identifierSql, literal },

  openSession: (run, enter, { database, withoutRoles }, historyTable) =>
    MysqlMigrationSession.open(
      async () => ({ ...loginOf(run, await enter()), withoutRoles }),
      tableOf(database, historyTable),
    ),

  errorOf,

  async lookAt(run, admin, database, historyTable) {
    const table = tableOf(database, historyTable);
    const connection = await dial(loginOf(run, admin));
    try {
      const [history, holder] = [await readHistory(connection, table), await lockHolder(connection, table)];
      return { history, holder, others: await recogniseOthers(connection, database) };
    } catch (error) {
      throw errorOf(run, error, historyTable);
    } finally {
      connection.destroy();
    }
  },
};
