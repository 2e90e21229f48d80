import type { Connection } from "mysql2/promise";
import { dial, type Login } from "../../engines/mysql/connection";
import { errnoOf } from "../../engines/mysql/errors";
import { identifierSql } from "../../engines/mysql/names";
import { DbAccessError } from "../../errors";
import { endOf } from "../deadline";

/** Seconds a statement waits for a lock: whoever waits behind it waits as long. */
export const lockTimeoutSeconds = 5;

export interface MigratorLogin extends Login {
  withoutRoles: boolean;
}

/** A session of the migrator in one database. Nothing of the admin's is in it. */
export async function connectMigrator(login: MigratorLogin, database: string, files: boolean): Promise<Connection> {
  const connection = await dial(login, files);
  // Without a listener an 'error' event ends the process.
  connection.on("error", () => undefined);
  try {
    await connection.query(
      // The session that keeps the lock is idle for as long as a file takes.
      `SET SESSION lock_wait_timeout = ${lockTimeoutSeconds}, innodb_lock_wait_timeout = ${lockTimeoutSeconds}, wait_timeout = 86400`,
    );
    await limitStatements(connection, login.deadline);
    if (login.withoutRoles) await connection.query("SET ROLE NONE");
    await connection.query(`USE ${identifierSql(database)}`);
    return connection;
  } catch (error) {
    connection.destroy();
    throw entryError(error, database);
  }
}

const noDatabase = 1049;
const denied = 1044;

function entryError(error: unknown, database: string): unknown {
  const errno = errnoOf(error);
  const serverCode = String(errno);
  if (errno === noDatabase)
    return new DbAccessError("ObjectMissing", `Database ${database} does not exist; create it first.`, {
      property: "database",
      serverCode,
    });
  return errno === denied
    ? new DbAccessError(
        "NotAuthorized",
        `The migrator may not enter database ${database}; give its owner role rights in it.`,
        {
          serverCode,
        },
      )
    : error;
}

const unknownVariable = 1193;
/** Behind the end that this process makes: it is for a process that is gone by then. */
const afterSeconds = 2;

/** MariaDB alone can end any statement by its own clock. */
async function limitStatements(connection: Connection, deadline: number): Promise<void> {
  const seconds = Math.max(0, Math.ceil((endOf(deadline) - Date.now()) / 1000)) + afterSeconds;
  try {
    await connection.query("SET SESSION max_statement_time = ?", [seconds]);
  } catch (error) {
    if (errnoOf(error) !== unknownVariable) throw error;
  }
}

/**
 * After a file: what it has left open would be lost with its session although the file has run, and its locks, settings
 * and database would be in the way of the record.
 */
export async function settle(connection: Connection, database: string): Promise<void> {
  await connection.query(
    "COMMIT AND NO CHAIN NO RELEASE; UNLOCK TABLES; SET SESSION TRANSACTION READ WRITE; SET SESSION autocommit = 1; " +
      `USE ${identifierSql(database)}`,
  );
}
