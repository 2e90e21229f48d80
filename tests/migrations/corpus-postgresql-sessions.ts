import { majorOf, type Case } from "./corpus";

const owner = (table: string): string => `SELECT tableowner::text FROM pg_tables WHERE tablename = '${table}'`;
const since = (major: number) => (version: string) => majorOf(version) >= major;

/** What a file does to its session, and who it is. */
export const postgresqlSessions: readonly Case[] = [
  {
    name: "what a file makes belongs to the owner, and grants for tables to come apply",
    files: { "0001_new.sql": "CREATE TABLE brand_new (id int); INSERT INTO brand_new VALUES (1);" },
    effects: [
      ["hand", owner("brand_new"), ["shop_owner"]],
      ["reader", "SELECT id FROM brand_new", [1]],
      ["reader", "INSERT INTO brand_new VALUES (2)", "42501"],
      ["stranger", "SELECT id FROM brand_new", "42501"],
    ],
  },
  {
    name: "RESET ROLE, and roles by setting, come back to the owner",
    files: {
      "0001_reset.sql": "RESET ROLE; CREATE TABLE by_reset (id int);",
      "0002_config.sql":
        "SELECT set_config('role', 'shop_owner', false); RESET ALL; CREATE TABLE by_reset_all (id int);",
    },
    effects: [["hand", `${owner("by_reset")} UNION ALL ${owner("by_reset_all")}`, ["shop_owner", "shop_owner"]]],
  },
  ...["SET ROLE dbadmin", "SET SESSION AUTHORIZATION dbadmin", "SELECT set_config('role', 'dbadmin', false)"].map(
    (sql): Case => ({
      name: `${sql.replace(/'/g, "")} is refused by the server`,
      files: { "0001_become.sql": `CREATE TABLE become (id int);\n${sql};` },
      fails: { file: "0001_become.sql", code: "42501", rolledBack: true },
      effects: [["reader", "SELECT to_regclass('become') IS NULL", [true]]],
    }),
  ),
  {
    name: "SET ROLE NONE leaves the login with nothing",
    on: since(16),
    files: { "0001_none.sql": "SET ROLE NONE;\nCREATE TABLE by_nobody (id int);" },
    fails: { file: "0001_none.sql", code: "42501", line: 2, rolledBack: true },
  },
  {
    name: "SET SESSION AUTHORIZATION DEFAULT comes back to the owner",
    files: { "0001_default.sql": "SET SESSION AUTHORIZATION DEFAULT;\nCREATE TABLE by_default (id int);" },
    effects: [["hand", owner("by_default"), ["shop_owner"]]],
  },
  {
    name: "a search path and other settings end with their file",
    files: {
      "0001_path.sql": "CREATE SCHEMA elsewhere; SET search_path = elsewhere; CREATE TABLE here (id int);",
      "0002_local.sql":
        "SET LOCAL search_path = elsewhere; SET DateStyle = 'German'; SET standard_conforming_strings = off;",
      "0003_empty.sql": "SELECT pg_catalog.set_config('search_path', '', false);",
      "0004_after.sql": String.raw`CREATE TABLE here AS SELECT current_setting('DateStyle') AS style, 'a\b' AS b;`,
    },
    effects: [["reader", "SELECT style || b FROM public.here", ["ISO, MDYa\\b"]]],
  },
  {
    name: "an encoding ends with its file",
    files: {
      "0001_latin.sql": "SET client_encoding = 'LATIN1';",
      "0002_after.sql": "CREATE TABLE encoded AS SELECT 'é表'::text AS t;",
    },
    effects: [["reader", "SELECT t FROM encoded", ["é表"]]],
  },
  {
    name: "a temporary table, a prepared statement and LISTEN end with their file",
    files: {
      "0001_temporary.sql": "CREATE TEMP TABLE passing (id int); PREPARE p AS SELECT 1; LISTEN news; NOTIFY news, 'x';",
      "0002_after.sql": `CREATE TABLE leftovers AS SELECT (SELECT count(*)::int FROM pg_prepared_statements WHERE name = 'p')
  + (SELECT count(*)::int FROM pg_listening_channels()) + (CASE WHEN to_regclass('passing') IS NULL THEN 0 ELSE 1 END) AS n;`,
    },
    effects: [["reader", "SELECT n FROM leftovers", [0]]],
  },
  {
    name: "temporary tables with the names of the history do no harm",
    files: {
      "0001_shadow.sql":
        "CREATE TEMP TABLE history_of_shadow (x int); CREATE TEMP TABLE history_of_shadow_log (x int);",
    },
    migration: { historyTable: "history_of_shadow" },
  },
  {
    name: "locks that a file takes end with it, and it cannot let go of the run's own",
    files: {
      "0001_locks.sql": "SELECT pg_advisory_lock(42); SELECT pg_advisory_unlock_all(); SELECT pg_advisory_lock(43);",
      "0002_after.sql":
        "CREATE TABLE locks_held AS SELECT count(*)::int AS n FROM pg_locks WHERE locktype = 'advisory';",
    },
    // The run's, and that of the file which asks.
    effects: [["reader", "SELECT n FROM locks_held", [2]]],
  },
  {
    name: "a transaction that a file makes read-only is the server's error",
    files: { "0001_read.sql": "SET TRANSACTION READ ONLY;" },
    fails: { file: "0001_read.sql", code: "25006", rolledBack: true },
  },
  {
    name: "read-only by default ends with its file",
    files: {
      "0001_default.sql": "SET default_transaction_read_only = on;",
      "0002_after.sql": "CREATE TABLE writable (id int);",
    },
    effects: [["reader", "SELECT count(*)::int FROM writable", [0]]],
  },
  {
    name: "a file without a transaction that discards its session is recorded, and the next one acts as the owner",
    files: {
      "0001_discard.sql": "-- migrate: no-transaction\nCREATE TABLE discarded (id int);\nDISCARD ALL;",
      "0002_after.sql": "CREATE TABLE after_discard (id int);",
    },
    effects: [["hand", owner("after_discard"), ["shop_owner"]]],
  },
  {
    name: "rows that a file sends to its client go nowhere",
    files: {
      "0001_out.sql":
        "CREATE TABLE sent AS SELECT 1 AS n; COPY sent TO STDOUT; SELECT * FROM sent; INSERT INTO sent VALUES (2);",
    },
    effects: [["reader", "SELECT n FROM sent", [1, 2]]],
  },
];
