import { reachOf } from "../../connection";
import { dial, type Login } from "../../engines/mysql/connection";
import { DbAccessError } from "../../errors";
import type { FamilyMigrations, MigrationRun } from "../family";
import { analyse } from "./analyse";
import { readHistory, type HistoryTable } from "./history-table";
import { lockHolder } from "./lock";
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

export const mysqlMigrations: FamilyMigrations = {
  analyse,

  openSession: (run, enter, { database }, historyTable) =>
    MysqlMigrationSession.open(async () => loginOf(run, await enter()), tableOf(database, historyTable)),

  async lookAt(run, admin, database, historyTable) {
    const table = tableOf(database, historyTable);
    const connection = await dial(loginOf(run, admin));
    try {
      return { history: await readHistory(connection, table), holder: await lockHolder(connection, table) };
    } finally {
      connection.destroy();
    }
  },
};
