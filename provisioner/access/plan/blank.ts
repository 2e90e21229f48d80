import type { ClaimRecord } from "../record";
import type { ClaimPlan } from "./context";

/** A plan that does nothing and leaves the row as it is: what every plan begins with. */
export const blankPlan = (id: string, record: ClaimRecord | undefined): ClaimPlan => ({
  id,
  exists: record !== undefined && !record.retained,
  operations: [],
  credentials: { step: "none" },
  secretChanges: [],
  parameterChanges: [],
  changes: [],
  warnings: [],
  waitsFor: [],
  next: record,
  also: [],
  recordChanges: false,
  effective: [],
  unmanaged: [],
});

/** Who may take a thing that is there already: its owner again, or somebody who says so. */
export interface Adoption {
  /** It is there, and so far nobody's or left behind by somebody else. */
  adopting: boolean;
  /** What the row says of it from now on. */
  adopted: boolean;
}

export function adoptionOf(record: ClaimRecord | undefined, owner: string, there: boolean): Adoption {
  const ours = record !== undefined && (!record.retained || record.owner === owner);
  const adopting = !ours && there;
  return { adopting, adopted: record?.retained === true ? adopting : (record?.adopted ?? adopting) };
}
