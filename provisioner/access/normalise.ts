import type { Claim, Target } from "./claims";
import { canonicalPrivilege } from "./privileges";

const sortedUnique = (values: readonly string[]): string[] => [...new Set(values)].sort();

function normaliseTarget(on: Target): Target {
  if (on.kind !== "tables") return on;
  return {
    ...on,
    tables: on.tables === "*" ? "*" : sortedUnique(on.tables),
    ...(on.future === undefined ? {} : { future: { createdBy: sortedUnique(on.future.createdBy) } }),
  };
}

/** Order, spelling and case of what the server does not distinguish never make a difference. For valid claims. */
export function normaliseClaim<C extends Claim>(claim: C): C {
  if (claim.kind === "grant")
    return {
      ...claim,
      on: normaliseTarget(claim.on),
      ...(claim.privileges === undefined ? {} : { privileges: sortedUnique(claim.privileges.map(canonicalPrivilege)) }),
    };
  if (claim.kind === "login")
    return {
      ...claim,
      ...(claim.hosts === undefined ? {} : { hosts: sortedUnique(claim.hosts) }),
      ...(claim.validUntil === undefined ? {} : { validUntil: new Date(claim.validUntil).toISOString() }),
    };
  return claim;
}
