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
    const answer = error instanceof DatabaseError ? answerOf(error) : undefined;
    if (answer === undefined) throw openingError(error, reach, database);
    return answer;
  }
}

function answerOf({ code, routine = "" }: DatabaseError): ProbeResult | undefined {
  const passed = afterThePassword.has(routine);
  if (code === "28000" || code === "28P01") return passed ? "locked" : "refused";
  // A login with a limit can be full of the application's own connections.
  if (passed) return "accepted";
  return code === "53300" ? "full" : undefined;
}
