import type { ClaimRecord } from "../access/record";
import { audit } from "../audit/audit";
import type { FunctionConfig } from "../config";
import type { EngineSession } from "../engines/engine";
import { DbAccessError, toErrorBody } from "../errors";
import { endGrace, isGraceOver } from "./grace-end";
import { principalPrefix } from "./owned";

export { isScheduled, rotationEventOf, type RotationEvent } from "./event";
export { rotate } from "./rotate";

/** The clock's errand: what has worked beside a current password for long enough ends. Throws when one of them could not. */
export async function endGraces(
  config: FunctionConfig,
  requestId: string,
  session: EngineSession,
  deadline: number,
): Promise<void> {
  const query = { ids: [], idPrefixes: [principalPrefix(config)], owners: [], grantees: [] };
  const rows = await session.begin(query, deadline);
  const due = rows.filter((row) => isGraceOver(row)).length;
  const write = await endDue(config, requestId, session, rows).catch(async (error: unknown) => {
    await session.end({ write: [], remove: [] });
    throw error;
  });
  await session.end({ write, remove: [] });
  if (write.length < due)
    throw new DbAccessError(
      "NotApplied",
      `${due - write.length} of ${due} former passwords or logins could not be ended; the audit events say which and why.`,
      { transient: true },
    );
}

/** Under the lock. The rows as they are afterwards. One that fails is told and comes again; it stops no other. */
export async function endDue(
  config: FunctionConfig,
  requestId: string,
  session: EngineSession,
  rows: readonly ClaimRecord[],
): Promise<ClaimRecord[]> {
  const ended: ClaimRecord[] = [];
  for (const row of rows) {
    const { claim, owner, id } = row;
    if (!isGraceOver(row) || claim.kind !== "login") continue;
    const event = { requestId, cluster: config.cluster, order: { action: "ensure" as const, owner, claim }, id };
    try {
      const end = await endGrace(session, row);
      if (end === undefined) continue;
      audit({ ...event, outcome: "changed", changes: [end.words] });
      ended.push(end.record);
    } catch (error) {
      audit({ ...event, outcome: "failed", changes: [], error: toErrorBody(error) });
    }
  }
  return ended;
}
