import { DbAccessError } from "../../errors";
import type { ProbeResult } from "../engine";
import { Connection, type Login } from "./connection";

/** Wrong password or unknown account, no account for this host; locked, on MySQL and on MariaDB. */
const refusals = new Set(["1045", "1130", "1698", "3118", "4151"]);

/** The password was right, and the account has to change it first. */
const expired = "1862";

/** A short connection of its own. The server picks the account's host by where the connection comes from. */
export async function probeLogin(login: Login): Promise<ProbeResult> {
  try {
    const connection = await Connection.open(login);
    await connection.close();
    return "accepted";
  } catch (error) {
    if (!(error instanceof DbAccessError) || error.serverCode === undefined) throw error;
    if (error.serverCode === expired) return "accepted";
    if (refusals.has(error.serverCode)) return "refused";
    throw error;
  }
}
