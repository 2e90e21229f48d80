import { DbAccessError } from "../../errors";
import type { ProbeResult } from "../engine";
import { Connection, type Login, type Reach } from "./connection";

/** Logs in and leaves. The server looks at the password before anything else about the login. */
export async function probeLogin(reach: Reach, login: Login, database: string): Promise<ProbeResult> {
  try {
    const connection = await Connection.open(reach, login, database);
    await connection.close();
    return "accepted";
  } catch (error) {
    if (!(error instanceof DbAccessError)) throw error;
    if (error.code === "AdminLoginRefused") return "refused";
    // Authenticated, and only then without CONNECT on this database.
    if (error.serverCode === "42501") return "accepted";
    throw error;
  }
}
