import { familyOf, type EngineName } from "../../provisioner/protocol";
import { knownProduct, normalised, withDefaults } from "./canonical";
import { withoutImplied, type Kind } from "./kinds";
import { hasUnknown, isUnknown, sameWire, valueAt, withoutNulls, type Properties } from "./wire";

export interface DiffResult {
  changes: boolean;
  replaces: string[];
}

/** What decides whether two sets of inputs mean the same. */
function compared(kind: Kind, properties: Properties): Properties {
  const given: Properties = {};
  for (const key of ["provisioner", "ownerKey", ...kind.fields]) given[key] = properties[key];
  const inputs = normalised(kind, withDefaults(kind, withoutNulls(given) as Properties));
  return withoutImplied(kind, inputs, knownProduct(inputs));
}

const family = (inputs: Properties): string | undefined =>
  knownProduct(inputs) === undefined ? undefined : familyOf(valueAt(inputs, ["provisioner", "engine"]) as EngineName);

/** Two grants on targets of one kind: without `schema`, `future` is about every schema, which is another target. */
function oneKind(before: Properties, after: Properties): boolean {
  const [old, now] = [valueAt(before, ["on", "kind"]), valueAt(after, ["on", "kind"])];
  return typeof old === "string" && old === now && !isUnknown(old);
}

/** Only a value that is known on both sides, and different, makes another thing of it. */
function replaced(kind: Kind, before: Properties, after: Properties): string[] {
  const moved = (path: readonly string[]): boolean => {
    const [old, now] = [valueAt(before, path), valueAt(after, path)];
    // State of another age may lack a key; among targets of one kind its absence says something.
    if (!(path[0] === "on" && oneKind(before, after)) && (old === undefined || now === undefined)) return false;
    return !hasUnknown(old) && !hasUnknown(now) && !sameWire(old, now);
  };
  const keys = kind.identity.filter(moved).map((path) => path[0]);
  const [oldFamily, newFamily] = [family(before), family(after)];
  const otherFamily = oldFamily !== undefined && newFamily !== undefined && oldFamily !== newFamily;
  if (moved(["provisioner", "cluster"]) || otherFamily) keys.push("provisioner");
  return [...new Set(keys)];
}

/**
 * Pure, and every value may be unknown. `olds` is the state, `news` what `check` has returned. A replacement is made
 * before the old one is removed: a replaced grant ends granted, and a replaced login takes a secret of a fixed name over,
 * which the end of the old one then leaves alone.
 */
export function diff(kind: Kind, olds: Properties, news: Properties): DiffResult {
  const before = compared(kind, olds);
  const after = compared(kind, news);
  const replaces = replaced(kind, before, after);
  const drifted = Array.isArray(olds.drift) && olds.drift.length > 0;
  return {
    changes: replaces.length > 0 || drifted || hasUnknown(after) || !sameWire(before, after),
    replaces,
  };
}
