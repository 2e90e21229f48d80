import { reachOf } from "../../connection";
import { dial, openingError } from "../../engines/postgresql/dial";
import { entering } from "../entering";
import type { FamilyMigrations } from "../family";
import { analyse } from "./analyse";
import { historyTableOf, readHistory } from "./history-table";
import { lockHolder } from "./lock";
import { PostgresqlMigrationSession } from "./session";

export const postgresqlMigrations: FamilyMigrations = {
  analyse,

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
      return { history: await readHistory(client, table), holder: await lockHolder(client, table) };
    } finally {
      await client.end().catch(() => undefined);
    }
  },
};
