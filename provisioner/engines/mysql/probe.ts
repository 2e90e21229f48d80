import { DbAccessError } from "../../errors";
import type { ProbeResult } from "../engine";
import { Connection, type Login } from "./connection";
import { cleartextAsked } from "./errors";
import { patiently } from "./patience";

/**
 * What the server says to a login that it does not let in. It looks at the password first: everything but the first
 * group is heard by whoever knows it.
 */
const answers = new Map<string, ProbeResult>([
  // Wrong password or unknown account, no account for this host, another way to log in.
  ...["1045", "1130", "1698", cleartextAsked].map((code) => [code, "refused"] as const),
  // Of MySQL and of MariaDB.
  ...["3118", "4151"].map((code) => [code, "locked"] as const),
  // The password has to be changed first; the account's limits are reached, or the server's for one account.
  ...["1862", "1226", "1203"].map((code) => [code, "accepted"] as const),
]);

/** The server had no connection left for anybody. */
const full = "1040";

/** A short connection of its own. The server picks the account's host by where the connection comes from. */
export async function probeLogin(login: Login): Promise<ProbeResult> {
  try {
    return await patiently(login.deadline, () => attempt(login));
  } catch (error) {
    if (error instanceof DbAccessError && error.serverCode === full) return "full";
    throw error;
  }
}

async function attempt(login: Login): Promise<ProbeResult> {
  try {
    const connection = await Connection.open(login);
    await connection.close();
    return "accepted";
  } catch (error) {
    const answer = error instanceof DbAccessError ? answers.get(error.serverCode ?? "") : undefined;
    if (answer === undefined) throw error;
    return answer;
  }
}
