import { reachOf } from "../../connection";
import { dial, openingError } from "../../engines/postgresql/dial";
import { identifier, literal } from "../../engines/postgresql/quote";
import { entering } from "../entering";
import type { FamilyMigrations } from "../family";
import { analyse } from "./analyse";
import { historyTableOf, readHistory } from "./history-table";
import { lockHolder } from "./lock";
import { recogniseOthers } from "./others";
import { PostgresqlMigrationSession } from "./session";

export const postgresqlMigrations: FamilyMigrations = {
  analyse,
  quoting: { identifier, literal },

  openSession: (run, enter, { database, runAs }, historyTable) =>
    entering(enter, (login) =>
      PostgresqlMigrationSession.open({ ...reachOf(run), database, runAs }, login, historyTable),
    ),

  async lookAt(run, admin, database, historyTable) {
    const reach = reachOf(run);
    const client = await dial(reach, admin, database).catch((error: unknown) => {
      throw openingError(error, reach, database);
    });
    try {
      const table = historyTableOf(historyTable);
      const [history, holder] = [await readHistory(client, table), await lockHolder(client, table)];
      return { history, holder, others: await recogniseOthers(client) };
    } finally {
      await client.end().catch(() => undefined);
    }
  },
};
