import { analyst, app } from "./scene";
import type { DemoEngine } from "./options";

/** Where the two engines need different words. */
export interface Dialect {
  handGrant: (privilege: string, user: typeof app | typeof analyst) => string;
  handRevoke: (privilege: string, user: typeof app | typeof analyst) => string;
  /** One column `name`: every login and role that is not the server's own. */
  principals: string;
  databases: string;
  /** Something for which the server demands a superuser, or SUPER or its successors. */
  superuserOnly: { title: string; statement: string };
  /** One row with a column `cipher`: what this connection is encrypted with. */
  cipher: string;
  /** Who stands for what a file has made, and one row with a column `name` that says so of the view `shelf`. */
  maker: { what: string; name: string; query: string };
  /** One column `name`: every table of the database but the history's. */
  tables: string;
  /** One column `shut`: whether nobody can log in as the user. No row when it is not there. */
  shut: (user: string) => string;
  /** How a file is told that failed, and what is left of it. */
  failure: { place: RegExp; left: string[] };
}

export const dialects: Record<DemoEngine, Dialect> = {
  postgresql: {
    handGrant: (privilege, user) => `GRANT ${privilege} ON orders TO ${user}`,
    handRevoke: (privilege, user) => `REVOKE ${privilege} ON orders FROM ${user}`,
    principals: "SELECT rolname AS name FROM pg_roles ORDER BY 1",
    databases: "SELECT datname AS name FROM pg_database ORDER BY 1",
    superuserOnly: { title: "ALTER SYSTEM", statement: "ALTER SYSTEM SET work_mem = '8MB'" },
    cipher: "SELECT version || ' ' || cipher AS cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
    maker: {
      what: "owns",
      name: "orders_owner",
      query: "SELECT viewowner AS name FROM pg_views WHERE viewname = 'shelf'",
    },
    tables:
      "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'db\\_access%' ORDER BY 1",
    shut: (user) => `SELECT NOT rolcanlogin AS shut FROM pg_roles WHERE rolname = '${user}'`,
    failure: { place: /at line 4/, left: [] },
  },
  mysql: {
    handGrant: (privilege, user) => `GRANT ${privilege} ON orders.* TO '${user}'@'%'`,
    handRevoke: (privilege, user) => `REVOKE ${privilege} ON orders.* FROM '${user}'@'%'`,
    principals: "SELECT CONCAT(user, '@', host) AS name FROM mysql.user ORDER BY 1",
    databases: "SELECT schema_name AS name FROM information_schema.schemata ORDER BY 1",
    superuserOnly: { title: "SET GLOBAL", statement: "SET GLOBAL max_connections = 150" },
    cipher: `SELECT CONCAT(v.variable_value, ' ', c.variable_value) AS cipher
      FROM performance_schema.session_status v JOIN performance_schema.session_status c
      ON v.variable_name = 'Ssl_version' AND c.variable_name = 'Ssl_cipher'`,
    maker: {
      what: "definer of",
      name: "orders_migrator@%",
      query: "SELECT definer AS name FROM information_schema.views WHERE table_name = 'shelf'",
    },
    tables: `SELECT table_name AS name FROM information_schema.tables
      WHERE table_schema = 'orders' AND table_type = 'BASE TABLE' AND table_name NOT LIKE 'db\\_access%' ORDER BY 1`,
    shut: (user) => `SELECT account_locked = 'Y' AS shut FROM mysql.user WHERE user = '${user}'`,
    failure: { place: /at statement 2/, left: ["scales"] },
  },
};

export const insert = "INSERT INTO orders (item) VALUES ('tea')";
export const select = "SELECT count(*) FROM orders";
export const update = "UPDATE orders SET item = item WHERE id < 0";
export const remove = "DELETE FROM orders WHERE id < 0";
