/**
 * The row that holds the head of the change events: its number is the generation, its hash stands in the claim. It is a
 * row among the claims, so that one statement writes both. No reading of claims shows it.
 */
export const headId = "#audit";
export const headState = "audit";

/** What a row of the ledger has beside its id, in both families. */
export const ledgerColumns = [
  "owner",
  "kind",
  "grantee",
  "database_name",
  "state",
  "generation",
  "adopted",
  "retained",
  "claim",
  "items",
  "credentials",
] as const;
