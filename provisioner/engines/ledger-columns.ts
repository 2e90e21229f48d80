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
