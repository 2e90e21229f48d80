/** Who has claimed the logins as which migrations run: the provisioner itself. */
export const MIGRATIONS_OWNER = "db-access/migrations";
