import { majorOf, type Case } from "./corpus";

const since = (major: number) => (version: string) => majorOf(version) >= major;
const outside = "-- migrate: no-transaction\n";

const strays = [
  "COMMIT",
  "ROLLBACK",
  "BEGIN",
  "END",
  "ABORT",
  "START TRANSACTION",
  "SAVEPOINT a",
  "PREPARE TRANSACTION 'a'",
];
const alone: [string, string][] = [
  ["CREATE INDEX CONCURRENTLY i ON t (id)", "an index made beside writers"],
  ["DROP INDEX CONCURRENTLY i", "an index dropped beside writers"],
  ["REINDEX INDEX CONCURRENTLY i", "an index made anew beside writers"],
  ["VACUUM", "VACUUM"],
  ["CREATE DATABASE other", "CREATE DATABASE"],
  ["DROP DATABASE other", "DROP DATABASE"],
];

/** Transactions, and what cannot run in one. */
export const postgresqlTransactions: readonly Case[] = [
  ...strays.map((sql): Case => ({
    name: `a stray ${sql}`,
    files: { "0001_stray.sql": `CREATE TABLE stray (id int);\n  ${sql};\nCREATE TABLE stray_too (id int);` },
    refused: /0001_stray\.sql begins or ends a transaction, and the file is one already; remove it \(line 2\)/,
    effects: [["hand", "SELECT to_regclass('stray') IS NULL", [true]]],
  })),
  {
    name: "a stray COMMIT in a block is the server's error",
    files: { "0001_block.sql": "CREATE TABLE blocked (id int);\nDO $$ BEGIN COMMIT; END $$;" },
    fails: { file: "0001_block.sql", code: "2D000", rolledBack: true },
    effects: [["hand", "SELECT to_regclass('blocked') IS NULL", [true]]],
  },
  ...alone.map(([sql, words]): Case => ({
    name: `${words} in a transaction`,
    files: { "0001_alone.sql": `SELECT 1;\n\n${sql};` },
    refused: /0001_alone\.sql cannot run in a transaction; .* "-- migrate: no-transaction" \(line 3\)/,
  })),
  {
    name: "what the server alone knows cannot run in a transaction leaves nothing",
    files: { "0001_reindex.sql": "CREATE TABLE reindexed (id int);\nREINDEX SCHEMA public;" },
    fails: { file: "0001_reindex.sql", code: "25001", rolledBack: true },
    effects: [["hand", "SELECT to_regclass('reindexed') IS NULL", [true]]],
  },
  {
    name: "a new database is nothing that the owner may make",
    files: { "0001_database.sql": `${outside}CREATE DATABASE other;` },
    fails: { file: "0001_database.sql", code: "42501", statement: 1, rolledBack: false },
  },
  {
    name: "an index beside writers, VACUUM, and a table",
    files: {
      "0001_table.sql": "CREATE TABLE indexed (id int); INSERT INTO indexed VALUES (1);",
      "0002_index.sql": `${outside}-- é; 表\nCREATE INDEX CONCURRENTLY indexed_id ON indexed (id); -- beside\nVACUUM ANALYZE indexed;\nREINDEX INDEX CONCURRENTLY indexed_id`,
    },
    effects: [["hand", "SELECT indisvalid FROM pg_index WHERE indexrelid = 'indexed_id'::regclass", [true]]],
  },
  {
    name: "an index beside writers that fails half-way",
    files: {
      "0001_table.sql": "CREATE TABLE doubled (id int); INSERT INTO doubled VALUES (1), (1);",
      "0002_index.sql": `${outside}SELECT 1;\nCREATE UNIQUE INDEX CONCURRENTLY doubled_id ON doubled (id);`,
    },
    fails: {
      file: "0002_index.sql",
      code: "23505",
      statement: 2,
      rolledBack: false,
      words: /doubled_id is half made: drop it/,
    },
    effects: [["hand", "SELECT indisvalid FROM pg_index WHERE indexrelid = 'doubled_id'::regclass", [false]]],
  },
  {
    name: "a partition that is taken away beside readers",
    on: since(14),
    files: {
      "0001_parts.sql":
        "CREATE TABLE whole (n int) PARTITION BY LIST (n); CREATE TABLE whole_1 PARTITION OF whole FOR VALUES IN (1); INSERT INTO whole VALUES (1);",
      "0002_detach.sql": `${outside}ALTER TABLE whole DETACH PARTITION whole_1 CONCURRENTLY;`,
    },
    effects: [["reader", "SELECT (SELECT count(*)::int FROM whole) * 10 + (SELECT count(*)::int FROM whole_1)", [1]]],
  },
  {
    name: "an enum's new value that is used at once, statement by statement",
    files: {
      "0001_type.sql": "CREATE TYPE size AS ENUM ('s'); CREATE TABLE sizes (s size);",
      "0002_value.sql": `${outside}ALTER TYPE size ADD VALUE 'l'; INSERT INTO sizes VALUES ('l');`,
    },
    effects: [["reader", "SELECT s::text FROM sizes", ["l"]]],
  },
];

const rows = Array.from({ length: 40_000 }, (_, n) => `INSERT INTO long_file VALUES (${n}, 'row ${n}; it''s');`);

/** How the text comes, and what is no SQL. */
export const postgresqlTexts: readonly Case[] = [
  {
    name: "rows of COPY are refused, with words for them",
    files: { "0001_copy.sql": "CREATE TABLE copied (id int);\nCOPY copied FROM stdin;\n1\n2\n\\.\n" },
    refused: /0001_copy\.sql .*COPY … FROM STDIN are for psql; write them as INSERT.* \(line 3\)/,
  },
  {
    name: "COPY without rows is refused",
    files: { "0001_copy.sql": "COPY pg_temp.x FROM STDIN;" },
    refused: /0001_copy\.sql loads rows with COPY … FROM STDIN, which is for psql/,
  },
  {
    name: "files of the server are refused",
    files: { "0001_copy.sql": "COPY (SELECT 1) TO PROGRAM 'cat';" },
    refused: /0001_copy\.sql reads or writes a file of the server/,
  },
  {
    name: "commands of psql are refused, with words for them",
    files: { "0001_psql.sql": "CREATE TABLE p (id int);\n\\connect shop\n" },
    refused: /0001_psql\.sql .*Lines that begin with a backslash are for psql; remove them \(line 2\)/,
  },
  {
    name: "what is no SQL is refused with its line, also behind characters of several bytes",
    files: { "0001_bad.sql": "SELECT 'é表🐘';\n-- 🐘🐘🐘🐘🐘🐘🐘🐘🐘🐘🐘🐘\n\nSELEC 1;" },
    refused: /0001_bad\.sql is no SQL that PostgreSQL reads \(line 4\)/,
  },
  {
    name: "an error behind characters of several bytes is in the right line",
    files: { "0001_line.sql": "SELECT 'é表🐘🐘🐘🐘🐘🐘🐘🐘🐘🐘';\n-- 🐘\n\nSELECT nothing_like_it;\n-- é" },
    fails: { file: "0001_line.sql", code: "42703", line: 4, rolledBack: true },
  },
  {
    name: "a byte order mark, CRLF, and no end of line at the end",
    files: {
      "0001_crlf.sql":
        "\uFEFF-- é\r\nCREATE TABLE crlf AS\r\nSELECT 'a\r\nb'::text AS t;\r\n\r\nINSERT INTO crlf VALUES ('c')",
    },
    effects: [["reader", "SELECT t FROM crlf", ["a\nb", "c"]]],
  },
  {
    name: "a very long file",
    files: { "0001_long.sql": `CREATE TABLE long_file (id int, t text);\n${rows.join("\n")}` },
    effects: [["reader", "SELECT count(*)::int FROM long_file", [rows.length]]],
  },
  {
    name: "a very long file that fails at its end leaves nothing, and says where",
    files: { "0001_long.sql": `CREATE TABLE long_file (id int, t text);\n${rows.join("\n")}\nSELECT 1 / 0;` },
    migration: { historyTable: "history_long" },
    fails: { file: "0001_long.sql", code: "42P07", rolledBack: true },
  },
];
