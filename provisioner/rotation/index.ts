import type { ClaimRecord } from "../access/record";
import { audit } from "../audit/audit";
import type { FunctionConfig } from "../config";
import type { EngineSession } from "../engines/engine";
import { toErrorBody } from "../errors";
import { endGrace, isGraceOver } from "./grace-end";
import { principalPrefix } from "./owned";

export { isScheduled, rotationEventOf, type RotationEvent } from "./event";
export { rotate } from "./rotate";

/** The clock's errand: what has worked beside a current password for long enough ends. Resolves with how many. */
export async function endGraces(
  config: FunctionConfig,
  requestId: string,
  session: EngineSession,
  deadline: number,
): Promise<number> {
  const query = { ids: [], idPrefixes: [principalPrefix(config)], owners: [], grantees: [] };
  const rows = await session.begin(query, deadline);
  const write = await endDue(config, requestId, session, rows).catch(async (error: unknown) => {
    await session.end({ write: [], remove: [] });
    throw error;
  });
  await session.end({ write, remove: [] });
  return write.length;
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
