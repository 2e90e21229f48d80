import type { GrantClaim } from "../claims";
import type { Item } from "../item";
import { expandPrivileges } from "../privileges";
import { templatePrivileges } from "../templates";
import type { PlanContext } from "./context";

/** A grant in terms of the server at hand. */
export interface Expansion {
  wanted: Item[];
  /** What exclusive mode decides about, and what `unmanaged` reports about. */
  target: (item: Item) => boolean;
  waitsFor: string[];
}

export const wantedPrivileges = (context: PlanContext, claim: GrantClaim): string[] => {
  const { product, versionNumber } = context.facts;
  const kind = claim.on.kind;
  const named =
    claim.template === undefined ? (claim.privileges ?? []) : (templatePrivileges(product, kind, claim.template) ?? []);
  return expandPrivileges(product, kind, named, versionNumber);
};
