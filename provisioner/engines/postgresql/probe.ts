import { DatabaseError } from "pg";

import type { ProbeResult } from "../engine";
import { dial, openingError, type Login, type Reach } from "./dial";

/** Where the server refuses a login whose password it has accepted: no CONNECT, no such database, no connection left. */
const afterThePassword = new Set(["InitializeSessionUserId", "CheckMyDatabase", "InitPostgres"]);

/** Logs in and leaves. The server looks at the password before anything else about the login. */
export async function probeLogin(reach: Reach, login: Login, database: string): Promise<ProbeResult> {
  try {
    const client = await dial(reach, login, database);
    await client.end();
    return "accepted";
  } catch (error) {
    if (error instanceof DatabaseError) {
      if (error.code === "28P01" || error.code === "28000") return "refused";
      // A login with a limit can be full of the application's own connections.
      if (afterThePassword.has(error.routine ?? "")) return "accepted";
    }
    throw openingError(error, reach, database);
  }
}
