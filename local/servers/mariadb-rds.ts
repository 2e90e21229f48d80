import { adminName, superuserName } from "./engine";
import { rdsProcedures } from "./mysql-rds";

/** What RDS gives its master user on MariaDB: no SUPER, no FILE, no SHUTDOWN. RDS uses no role for it here. */
const masterPrivileges = [
  ...["SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "RELOAD", "PROCESS", "REFERENCES", "INDEX", "ALTER"],
  ...["SHOW DATABASES", "CREATE TEMPORARY TABLES", "LOCK TABLES", "EXECUTE", "REPLICATION SLAVE", "REPLICATION CLIENT"],
  ...["CREATE VIEW", "SHOW VIEW", "CREATE ROUTINE", "ALTER ROUTINE", "CREATE USER", "EVENT", "TRIGGER"],
];

/** Run after the system tables are made. The accounts are locked out until the first start gives them a password. */
export const rdsAccounts: string[] = [
  // Before the server reads its accounts: root's, of every host name.
  "DELETE FROM mysql.global_priv WHERE User IN ('root', '')",
  "FLUSH PRIVILEGES",
  ...["localhost", "%"].flatMap((host) => [
    `CREATE USER '${superuserName}'@'${host}' IDENTIFIED VIA mysql_native_password USING 'invalid'`,
    `GRANT ALL PRIVILEGES ON *.* TO '${superuserName}'@'${host}' WITH GRANT OPTION`,
  ]),
  ...rdsProcedures,
  `CREATE USER '${adminName}'@'%' IDENTIFIED VIA mysql_native_password USING 'invalid'`,
  `GRANT ${masterPrivileges.join(", ")} ON *.* TO '${adminName}'@'%' WITH GRANT OPTION`,
];
