import type { ClaimRecord } from "../access/record";
import { ChangeTrail } from "../audit";
import type { FunctionConfig } from "../config";
import type { EngineSession } from "../engines/engine";
import { DbAccessError, toErrorBody } from "../errors";
import { endGrace, isGraceOver } from "./grace-end";
import { principalPrefix } from "./owned";

export { isScheduled, rotationEventOf, type RotationEvent } from "./event";
export { rotate } from "./rotate";

/**
 * The clock's errand: what has worked beside a current password for long enough ends. Resolves with how many; throws when
 * one of them could not.
 */
export async function endGraces(
  config: FunctionConfig,
  requestId: string,
  session: EngineSession,
  deadline: number,
): Promise<number> {
  const query = { ids: [], idPrefixes: [principalPrefix(config)], owners: [], grantees: [] };
  const rows = await session.begin(query, deadline);
  const due = rows.filter((row) => isGraceOver(row)).length;
  const trail = new ChangeTrail(session.ledger.head);
  const write = await endDue(config, requestId, session, rows, trail).catch(async (error: unknown) => {
    trail.abandon(error);
    await session.end({ write: [], remove: [] });
    throw error;
  });
  await trail.record((head) => session.end({ write, remove: [], head }));
  if (write.length < due)
    throw new DbAccessError(
      "NotApplied",
      `${due - write.length} of ${due} former passwords or logins could not be ended; the audit events say which and why.`,
      { transient: true },
    );
  return due;
}

/** Under the lock. The rows as they are afterwards. One that fails is on the trail and comes again; it stops no other. */
export async function endDue(
  config: FunctionConfig,
  requestId: string,
  session: EngineSession,
  rows: readonly ClaimRecord[],
  trail: ChangeTrail,
): Promise<ClaimRecord[]> {
  const ended: ClaimRecord[] = [];
  for (const row of rows) {
    const { claim, owner, id } = row;
    if (!isGraceOver(row) || claim.kind !== "login") continue;
    const event = { requestId, cluster: config.cluster, order: { action: "ensure" as const, owner, claim }, id };
    try {
      const end = await endGrace(session, row);
      if (end === undefined) continue;
      trail.add({ ...event, outcome: "changed", changes: [end.words] });
      ended.push(end.record);
    } catch (error) {
      trail.add({ ...event, outcome: "failed", changes: [], error: toErrorBody(error) });
    }
  }
  return ended;
}
