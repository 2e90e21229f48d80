import { DbAccessError } from "../../errors";
import type { Context } from "./context";
import { OwnerWork } from "./owner-work";
import { resolve } from "./resolve";
import { endSessions, plainStatement } from "./statements";
import { runTransaction } from "./transaction";

/** After the lock-out of new logins has been committed; otherwise they would come back. */
export async function endAllSessions(context: Context, name: string): Promise<string[]> {
  const { connections, facts, adminUsesIam } = context;
  const admin = await connections.admin();
  const step = `ending the sessions of ${name}`;
  try {
    await admin.script(endSessions(name), { step });
  } catch (error) {
    if (!(error instanceof DbAccessError) || error.code !== "NotAuthorized") throw error;
    // Without pg_signal_backend only the role itself may end its sessions.
    const resolved = await resolve(admin, facts, { items: [], schemas: [], databases: [], roles: [name] });
    const work = new OwnerWork(facts, resolved.roles, adminUsesIam);
    work.addAs(name, [plainStatement(endSessions(name))]);
    await runTransaction(admin, work.finish(), step);
  }
  return admin.takeWarnings();
}
