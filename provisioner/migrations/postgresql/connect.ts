import type { Client } from "pg";
import { dial, openingError, type Login, type Reach } from "../../engines/postgresql/dial";

/** How long a statement waits for a lock: whoever waits behind it waits as long. */
export const lockTimeoutMs = 5_000;

export interface MigratorReach extends Reach {
  database: string;
  /** The role that the session acts as from its first statement. RESET ROLE comes back to it, and never to more. */
  runAs: string;
}

/** A session of the migrator. Nothing of the admin's is in it. */
export async function connectMigrator(reach: MigratorReach, login: Login): Promise<Client> {
  const settings = {
    role: reach.runAs,
    lock_timeout: String(lockTimeoutMs),
    statement_timeout: String(Math.max(1, reach.deadline - Date.now())),
    idle_in_transaction_session_timeout: "60000",
    standard_conforming_strings: "on",
    DateStyle: "ISO",
  };
  try {
    const client = await dial(reach, login, reach.database, settings);
    await noticeLostClients(client);
    return client;
  } catch (error) {
    throw openingError(error, reach, reach.database);
  }
}

/**
 * PostgreSQL 14 and newer: a statement whose client is gone ends with it, and not when it is through; and the session
 * that keeps the lock is idle for as long as a file takes.
 */
const noticeLostClients = (client: Client): Promise<unknown> =>
  client.query(
    "SELECT pg_catalog.set_config(name, CASE name WHEN 'idle_session_timeout' THEN '0' ELSE '1000' END, false) FROM pg_catalog.pg_settings WHERE name IN ('client_connection_check_interval', 'idle_session_timeout')",
  );

/** What a file has set, prepared or made for its session ends with it. */
export async function forgetSession(client: Client, runAs: string): Promise<void> {
  await client.query("DISCARD ALL");
  await client.query(`SET ROLE ${client.escapeIdentifier(runAs)}`);
  await noticeLostClients(client);
}
