import type { Product } from "./server";

/**
 * What may be granted on the whole server without more ado: it shows or maintains, and opens neither data nor accounts.
 * Sources: MySQL 8.0 and 9.7 "Static and Dynamic Privileges"; MariaDB 10.11 "Global Privileges"; what the admin of RDS
 * holds.
 */
const usual: Record<Exclude<Product, "postgresql">, string[]> = {
  mysql: [
    "PROCESS",
    "SHOW DATABASES",
    "REPLICATION CLIENT",
    "REPLICATION SLAVE",
    "RELOAD",
    "BACKUP_ADMIN",
    "CONNECTION_ADMIN",
    "FLUSH_OPTIMIZER_COSTS",
    "FLUSH_PRIVILEGES",
    "FLUSH_STATUS",
    "FLUSH_TABLES",
    "FLUSH_USER_RESOURCES",
    "INNODB_REDO_LOG_ARCHIVE",
    "RESOURCE_GROUP_USER",
    "SESSION_VARIABLES_ADMIN",
    "SHOW_ROUTINE",
    "XA_RECOVER_ADMIN",
  ],
  mariadb: [
    "PROCESS",
    "SHOW DATABASES",
    "BINLOG MONITOR",
    "REPLICATION SLAVE",
    "SLAVE MONITOR",
    "RELOAD",
    "CONNECTION ADMIN",
  ],
};

/**
 * Never, whatever the provisioner is told: each of them makes an administrator, or an account that the provisioner
 * could not take back.
 */
const never = [
  "ALL",
  "SUPER",
  "SYSTEM_USER",
  "FILE",
  "CREATE USER",
  "CREATE ROLE",
  "DROP ROLE",
  "ROLE_ADMIN",
  "GRANT OPTION",
  "PROXY",
  "SET_USER_ID",
  "SET USER",
  "SET_ANY_DEFINER",
  "ALLOW_NONEXISTENT_DEFINER",
  "SYSTEM_VARIABLES_ADMIN",
  "PERSIST_RO_VARIABLES_ADMIN",
  "SHUTDOWN",
];

export const isNeverGlobal = (privilege: string): boolean => never.includes(privilege);

export const globalPrivileges = (product: Exclude<Product, "postgresql">): string[] => usual[product];
