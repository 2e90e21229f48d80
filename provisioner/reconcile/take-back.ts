import { itemKey } from "../access/item";
import type { PlanContext } from "../access/plan";
import type { ClaimRecord } from "../access/record";
import { schemaKey } from "../access/server";
import type { FunctionConfig } from "../config";
import type { LedgerChange } from "../engines/engine";
import { secretNameOf } from "../access/secret-text";
import { deleteSecret } from "../credentials/user-secret";
import { serviceOf } from "../service";
import type { Work } from "./work";

/**
 * An intent that came to nothing must not stay: it would stand in another owner's way and count as a claim on
 * privileges that nobody holds. What did come about stays recorded, and so does everything while a repetition may help.
 */
export async function takeBack(
  config: FunctionConfig,
  context: PlanContext,
  works: readonly Work[],
  before: ReadonlyMap<string, ClaimRecord>,
): Promise<LedgerChange> {
  const changes: LedgerChange = { write: [], remove: [] };
  const held = new Set(context.state.items.map(itemKey));
  for (const work of works) {
    const row = context.records.find((record) => record.id === work.plan?.id);
    if (row?.state !== "intent" || work.order.action === "remove") continue;
    const earlier = before.get(row.id);
    // Until it is taken back, what was begun is somebody's to remove.
    work.begun = !work.skipped;
    if (earlier === undefined && !work.skipped && work.error?.transient === true) continue;
    const known = new Set((earlier?.items ?? []).map((entry) => itemKey(entry.item)));
    const items = row.items.filter(
      ({ item, before: had }) => known.has(itemKey(item)) || (!had && held.has(itemKey(item))),
    );
    if (earlier !== undefined || cameAbout(context, { ...row, items })) {
      if (items.length < row.items.length) changes.write.push({ ...row, items });
      continue;
    }
    work.begun = false;
    changes.remove.push(row.id);
    if (row.claim.kind === "login" && !work.skipped) await discardSecret(config, row.claim, work);
  }
  return changes;
}

/** The login was not made, so nobody needs what was prepared for it. */
async function discardSecret(
  config: FunctionConfig,
  claim: Extract<ClaimRecord["claim"], { kind: "login" }>,
  work: Work,
): Promise<void> {
  if (claim.auth.kind !== "password" || claim.auth.suppliedSecretArn !== undefined || work.plan === undefined) return;
  const days = claim.auth.secret?.recoveryDays ?? 7;
  // The claim's own failure is what has to be said.
  await deleteSecret(secretNameOf(serviceOf(config), config.cluster, claim), work.plan.id, days).catch(() => []);
}

function cameAbout({ state }: PlanContext, { claim, items, grantee }: ClaimRecord): boolean {
  switch (claim.kind) {
    case "login":
    case "role":
      return state.principals.has(grantee);
    case "database":
      return state.databases.has(claim.name);
    case "schema":
      return state.schemas.has(schemaKey(claim.database, claim.name));
    case "migration":
      return true;
    case "grant":
      return items.length > 0;
  }
}
