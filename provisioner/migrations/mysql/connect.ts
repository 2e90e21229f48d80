import type { Connection } from "mysql2/promise";
import { dial, type Login } from "../../engines/mysql/connection";
import { identifierSql } from "../../engines/mysql/names";

/** Seconds a statement waits for a lock: whoever waits behind it waits as long. */
export const lockTimeoutSeconds = 5;

/** A session of the migrator in one database, with the roles that are active at login. Nothing of the admin's is in it. */
export async function connectMigrator(login: Login, database: string, files: boolean): Promise<Connection> {
  const connection = await dial(login, files);
  // Without a listener an 'error' event ends the process.
  connection.on("error", () => undefined);
  try {
    await connection.query(
      `SET SESSION lock_wait_timeout = ${lockTimeoutSeconds}, innodb_lock_wait_timeout = ${lockTimeoutSeconds}`,
    );
    await connection.query(`USE ${identifierSql(database)}`);
    return connection;
  } catch (error) {
    connection.destroy();
    throw error;
  }
}
