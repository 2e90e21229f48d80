import type { Context } from "./context";
import { ownsObjects, runClearing } from "./drop";
import { readReferences } from "./drop-references";
import { readCluster } from "./read-cluster";
import { leaveIam, makeEnterable, resolveFor, workWith } from "./removal";
import { dropOwned } from "./statements";

/**
 * Drops what the role owns, in every database, each in a transaction of its own: what one run has not come to, the next
 * one finds. Without CASCADE, so that what others own and what depends on it is a reason to stop. A whole database is
 * never dropped like this.
 */
export async function dropEverythingOwned(context: Context, name: string): Promise<string[]> {
  const { connections, facts } = context;
  const admin = await connections.admin();
  const references = await readReferences(admin, facts, name);
  if (references === undefined) return [];
  if (references.sharedOwned.length > 0) throw ownsObjects(name, references.sharedOwned.join(", "));
  const { items } = await readCluster(admin, facts, { names: [name], databases: [], schemas: [], ownersOf: [] });
  await leaveIam(context, items);
  const warnings: string[] = [];
  for (const reference of references.inside.filter(({ owns }) => owns)) {
    warnings.push(...(await makeEnterable(context, reference)));
    const work = workWith(context, await resolveFor(context, [], [name]));
    work.addAs(name, [dropOwned(name)]);
    await runClearing(context, name, reference.database, work.finish());
  }
  return warnings;
}
