import { adminName, superuserName } from "./engine";

/** What RDS gives its master user from 8.0.36 on: no SUPER, no SYSTEM_USER, no FILE, no SHUTDOWN. */
const masterPrivileges = [
  ...["SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "RELOAD", "PROCESS", "REFERENCES", "INDEX", "ALTER"],
  ...["SHOW DATABASES", "CREATE TEMPORARY TABLES", "LOCK TABLES", "EXECUTE", "REPLICATION SLAVE", "REPLICATION CLIENT"],
  ...["CREATE VIEW", "SHOW VIEW", "CREATE ROUTINE", "ALTER ROUTINE", "CREATE USER", "EVENT", "TRIGGER"],
  ...["CREATE ROLE", "DROP ROLE", "APPLICATION_PASSWORD_ADMIN", "ROLE_ADMIN", "XA_RECOVER_ADMIN"],
];

/**
 * The accounts and procedures RDS adds to MySQL, one statement per entry. The admin holds its privileges through a role,
 * as on RDS.
 */
export function rdsAccounts(version: string): string[] {
  const definer = version.startsWith("8.0") ? "SET_USER_ID" : "SET_ANY_DEFINER";
  return [
    ...["localhost", "%"].flatMap((host) => [
      `CREATE USER '${superuserName}'@'${host}' IDENTIFIED WITH caching_sha2_password BY RANDOM PASSWORD`,
      `GRANT ALL PRIVILEGES ON *.* TO '${superuserName}'@'${host}' WITH GRANT OPTION`,
    ]),
    ...rdsProcedures,
    "CREATE ROLE 'rds_superuser_role'@'%'",
    `GRANT ${[...masterPrivileges, definer].join(", ")} ON *.* TO 'rds_superuser_role'@'%' WITH GRANT OPTION`,
    `CREATE USER '${adminName}'@'%' IDENTIFIED WITH caching_sha2_password BY RANDOM PASSWORD`,
    `GRANT 'rds_superuser_role'@'%' TO '${adminName}'@'%'`,
    `SET DEFAULT ROLE 'rds_superuser_role'@'%' TO '${adminName}'@'%'`,
    "DROP USER 'root'@'localhost'",
  ];
}

/** The admin has no CONNECTION_ADMIN: it ends sessions of others through these, as on RDS, and never RDS's own. */
export const rdsProcedures = [killProcedure("rds_kill", "KILL"), killProcedure("rds_kill_query", "KILL QUERY")];

function killProcedure(name: string, statement: string): string {
  const own = `SELECT COUNT(*) FROM information_schema.processlist WHERE id = thread AND user = '${superuserName}'`;
  const refusal = "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'Cannot kill an internal RDS session'";
  return (
    `CREATE DEFINER='${superuserName}'@'localhost' PROCEDURE mysql.${name}(IN thread BIGINT) SQL SECURITY DEFINER ` +
    `BEGIN IF (${own}) > 0 THEN ${refusal}; END IF; ${statement} thread; END`
  );
}
