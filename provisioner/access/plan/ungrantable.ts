import { itemKey, type Item } from "../item";
import type { RecordedItem } from "../record";
import { Refusal } from "../refusal";
import { itemChanges, objectWords } from "../words";
import type { PlanContext } from "./context";
import type { Ownership } from "./ownership";

/** Some things only a superuser can give, or give on: that is known before anything is tried. */
export function refuseUngrantable({ state, facts }: PlanContext, grant: readonly Item[], { barrier }: Ownership): void {
  for (const item of grant) {
    const { kind, object, privilege } = item;
    const reason = barrier(item);
    if (reason !== undefined)
      throw new Refusal("NotAuthorized", `Cannot ${itemChanges("grant", [item]).join("; ")}. ${reason}`, "on");
    const passable =
      kind === "parameter" ? state.parameters?.get(object) : kind === "global" ? state.grantableGlobals : undefined;
    if (passable === undefined || passable.includes(privilege)) continue;
    throw new Refusal(
      "NotAuthorized",
      kind === "parameter"
        ? `The provisioner's login ${facts.admin.name} may not pass on ${privilege} on parameter ${object}; a superuser has to grant it that WITH GRANT OPTION, which RDS offers for no parameter of its own.`
        : `The provisioner's login ${facts.admin.name} may not pass on ${privilege} on the whole server; grant it that WITH GRANT OPTION, or remove the privilege.`,
      "privileges",
    );
  }
}

/**
 * "Everything" is what somebody of ours can grant on, and what this claim has given already. What is left out is said,
 * once for each object, unless somebody else has given it.
 */
export function withoutBarred(
  wanted: readonly Item[],
  { held, recorded }: { held: readonly Item[]; recorded: readonly RecordedItem[] },
  { barrier }: Ownership,
): { wanted: Item[]; warnings: string[] } {
  const there = new Set(held.map(itemKey));
  const ours = new Set(recorded.map(({ item }) => itemKey(item)).filter((key) => there.has(key)));
  const warnings = new Set<string>();
  const reachable = wanted.filter((item) => {
    const reason = ours.has(itemKey(item)) ? undefined : barrier(item);
    if (reason !== undefined && !there.has(itemKey(item))) warnings.add(`Left out: ${objectWords(item)}. ${reason}`);
    return reason === undefined;
  });
  return { wanted: reachable, warnings: [...warnings] };
}
