import { analyst, app } from "./scene";
import type { DemoEngine } from "./options";

/** Where the two engines need different words. */
export interface Dialect {
  createTable: string[];
  handGrant: (privilege: string, user: typeof app | typeof analyst) => string;
  handRevoke: (privilege: string, user: typeof app | typeof analyst) => string;
  /** One column `name`: every login and role that is not the server's own. */
  principals: string;
  databases: string;
  /** Something for which the server demands a superuser, or SUPER or its successors. */
  superuserOnly: { title: string; statement: string };
  /** One row with a column `cipher`: what this connection is encrypted with. */
  cipher: string;
}

export const dialects: Record<DemoEngine, Dialect> = {
  postgresql: {
    createTable: ["SET ROLE orders_owner", "CREATE TABLE orders (id serial PRIMARY KEY, item text NOT NULL)"],
    handGrant: (privilege, user) => `GRANT ${privilege} ON orders TO ${user}`,
    handRevoke: (privilege, user) => `REVOKE ${privilege} ON orders FROM ${user}`,
    principals: "SELECT rolname AS name FROM pg_roles ORDER BY 1",
    databases: "SELECT datname AS name FROM pg_database ORDER BY 1",
    superuserOnly: { title: "ALTER SYSTEM", statement: "ALTER SYSTEM SET work_mem = '8MB'" },
    cipher: "SELECT version || ' ' || cipher AS cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
  },
  mysql: {
    createTable: ["CREATE TABLE orders (id int AUTO_INCREMENT PRIMARY KEY, item text NOT NULL)"],
    handGrant: (privilege, user) => `GRANT ${privilege} ON orders.* TO '${user}'@'%'`,
    handRevoke: (privilege, user) => `REVOKE ${privilege} ON orders.* FROM '${user}'@'%'`,
    principals: "SELECT CONCAT(user, '@', host) AS name FROM mysql.user ORDER BY 1",
    databases: "SELECT schema_name AS name FROM information_schema.schemata ORDER BY 1",
    superuserOnly: { title: "SET GLOBAL", statement: "SET GLOBAL max_connections = 150" },
    cipher: `SELECT CONCAT(v.variable_value, ' ', c.variable_value) AS cipher
      FROM performance_schema.session_status v JOIN performance_schema.session_status c
      ON v.variable_name = 'Ssl_version' AND c.variable_name = 'Ssl_cipher'`,
  },
};

export const insert = "INSERT INTO orders (item) VALUES ('tea')";
export const select = "SELECT count(*) FROM orders";
export const update = "UPDATE orders SET item = item WHERE id < 0";
export const remove = "DELETE FROM orders WHERE id < 0";
