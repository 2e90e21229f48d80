import { majorOf, type Case } from "./corpus";

const since = (major: number) => (version: string) => majorOf(version) >= major;
const before = (major: number) => (version: string) => majorOf(version) < major;

/** What the server's language has: nothing here is cut into statements by guessing. */
export const postgresqlLanguage: readonly Case[] = [
  {
    name: "dollar quotes, with tags in tags",
    files: {
      "0001_quotes.sql": String.raw`CREATE FUNCTION quoted(n int) RETURNS text LANGUAGE plpgsql AS $fn$
DECLARE t text := $inner$it's; "a" $$ -- no comment $inner$;
BEGIN
  EXECUTE $sql$SELECT $x$y;z$x$$sql$ INTO t;
  RETURN t || n; -- $fn
END $fn$;
CREATE FUNCTION "Straße"() RETURNS text LANGUAGE sql AS $é$ SELECT 'ß;'::text $é$;`,
    },
    effects: [
      ["stranger", "SELECT quoted(1)", ["y;z1"]],
      ["stranger", 'SELECT "Straße"()', ["ß;"]],
    ],
  },
  {
    name: "comments in comments, with quotes and semicolons",
    files: {
      "0001_comments.sql": `/* one; /* two 'open; */ "still; */ CREATE TABLE commented (id int); -- it's; done
/* $$ */ INSERT INTO commented VALUES (1); --'
INSERT INTO commented /*;*/ VALUES (2) /* no semicolon at the end */`,
    },
    effects: [["reader", "SELECT id FROM commented ORDER BY id", [1, 2]]],
  },
  {
    name: "strings with escapes",
    files: {
      "0001_escapes.sql": String.raw`CREATE TABLE escapes AS SELECT E'it\'s; \\' AS a, 'back\' AS b, U&'\0041;' AS c, 'two''s;' AS d;`,
    },
    effects: [["reader", "SELECT concat_ws('|', a, b, c, d) FROM escapes", ["it's; \\|back\\|A;|two's;"]]],
  },
  {
    name: "names with capitals, quotes, dots and other alphabets",
    files: { "0001_names.sql": 'CREATE TABLE "Naïve "" t.a;ble 表" ("SELECT" int); CREATE TABLE Folded (Id int);' },
    effects: [
      ["reader", 'SELECT count(*)::int FROM "Naïve "" t.a;ble 表"', [0]],
      ["reader", "SELECT count(id)::int FROM folded", [0]],
    ],
  },
  {
    name: "a function with BEGIN ATOMIC",
    on: since(14),
    files: {
      "0001_atomic.sql": `CREATE TABLE atoms (n int);
CREATE FUNCTION add_atom(n int) RETURNS bigint LANGUAGE sql SECURITY DEFINER BEGIN ATOMIC
  INSERT INTO atoms VALUES (n); INSERT INTO atoms VALUES (n + 1);
  SELECT count(*) FROM atoms;
END;
SELECT add_atom(1);`,
    },
    effects: [
      ["stranger", "SELECT add_atom(3)", ["4"]],
      ["reader", "SELECT n FROM atoms ORDER BY n", [1, 2, 3, 4]],
    ],
  },
  {
    name: "a language that the server is too old for is its error, with the line",
    on: before(14),
    files: {
      "0001_atomic.sql": "CREATE TABLE too_new (n int);\n\nCREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END;",
    },
    fails: { file: "0001_atomic.sql", code: "42601", line: 3, rolledBack: true },
    effects: [["reader", "SELECT to_regclass('too_new') IS NULL", [true]]],
  },
  {
    name: "MERGE",
    on: since(15),
    files: {
      "0001_merge.sql": `CREATE TABLE merged (id int PRIMARY KEY, n int);
MERGE INTO merged USING (VALUES (1), (2)) v(id) ON merged.id = v.id
  WHEN MATCHED THEN UPDATE SET n = 1 WHEN NOT MATCHED THEN INSERT VALUES (v.id, 0);`,
    },
    effects: [["reader", "SELECT id FROM merged ORDER BY id", [1, 2]]],
  },
  {
    name: "a rule with two actions",
    files: {
      "0001_rule.sql": `CREATE TABLE ruled (id int); CREATE TABLE seen (id int); CREATE TABLE seen_too (id int);
CREATE RULE doubled AS ON INSERT TO ruled DO ALSO (INSERT INTO seen VALUES (NEW.id); INSERT INTO seen_too VALUES (NEW.id););
INSERT INTO ruled VALUES (7);`,
    },
    effects: [["reader", "SELECT id FROM seen UNION ALL SELECT id FROM seen_too", [7, 7]]],
  },
  {
    name: "a procedure and a trigger",
    files: {
      "0001_tables.sql": "CREATE TABLE audited (id int); CREATE TABLE notes (who text, id int);",
      "0002_routines.sql": `CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN INSERT INTO notes VALUES (current_user, NEW.id); RETURN NEW; END $$;
CREATE TRIGGER noted AFTER INSERT ON audited FOR EACH ROW EXECUTE FUNCTION note();
CREATE PROCEDURE add_audited(n int) LANGUAGE sql SECURITY DEFINER AS $$ INSERT INTO audited VALUES (n); $$;
CALL add_audited(1);`,
    },
    effects: [
      ["stranger", "CALL add_audited(2)", []],
      ["stranger", "INSERT INTO audited VALUES (3)", "42501"],
      ["reader", "SELECT who || id FROM notes ORDER BY id", ["shop_owner1", "shop_owner2"]],
    ],
  },
  {
    name: "a procedure that commits",
    files: {
      "0001_make.sql": `CREATE TABLE in_parts (n int);
CREATE PROCEDURE fill_parts() LANGUAGE plpgsql AS $$ BEGIN FOR i IN 1..3 LOOP INSERT INTO in_parts VALUES (i); COMMIT; END LOOP; END $$;`,
      "0002_call.sql": "-- migrate: no-transaction\nCALL fill_parts();",
      "0003_call.sql": "CALL fill_parts();",
    },
    fails: { file: "0003_call.sql", code: "2D000", rolledBack: true },
    effects: [["reader", "SELECT n FROM in_parts ORDER BY n", [1, 2, 3]]],
  },
  {
    name: "views and materialized views",
    files: {
      "0001_views.sql": `CREATE TABLE viewed (id int, secret text); INSERT INTO viewed VALUES (1, 'x');
CREATE VIEW open_view AS SELECT id FROM viewed; GRANT SELECT ON open_view TO stranger;
CREATE MATERIALIZED VIEW counted AS SELECT count(*)::int AS n FROM viewed; CREATE UNIQUE INDEX ON counted (n);
INSERT INTO viewed VALUES (2, 'y'); REFRESH MATERIALIZED VIEW CONCURRENTLY counted;`,
    },
    effects: [
      ["stranger", "SELECT id FROM open_view", [1, 2]],
      ["stranger", "SELECT id FROM viewed", "42501"],
      ["reader", "SELECT n FROM counted", [2]],
    ],
  },
  {
    name: "partitions",
    files: {
      "0001_parts.sql": `CREATE TABLE days (at date, n int) PARTITION BY RANGE (at);
CREATE TABLE days_2025 PARTITION OF days FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE days_rest PARTITION OF days DEFAULT;
INSERT INTO days VALUES ('2025-05-05', 1), ('2026-05-05', 2);`,
    },
    effects: [["reader", "SELECT n FROM days_2025", [1]]],
  },
  {
    name: "a constraint that is checked at the end",
    files: {
      "0001_deferred.sql": `CREATE TABLE parents (id int PRIMARY KEY);
CREATE TABLE children (parent int REFERENCES parents DEFERRABLE INITIALLY DEFERRED);
INSERT INTO children VALUES (1);`,
    },
    fails: { file: "0001_deferred.sql", code: "23503", rolledBack: true },
    effects: [["reader", "SELECT to_regclass('children') IS NULL", [true]]],
  },
  {
    name: "an enum's new value in one file, and used in the next",
    files: {
      "0001_type.sql": "CREATE TYPE mood AS ENUM ('glad'); CREATE TABLE moods (m mood);",
      "0002_value.sql": "ALTER TYPE mood ADD VALUE 'sad';",
      "0003_use.sql": "INSERT INTO moods VALUES ('sad');",
    },
    effects: [["reader", "SELECT m::text FROM moods", ["sad"]]],
  },
  {
    name: "an enum's new value that is used in the same transaction",
    files: {
      "0001_type.sql": "CREATE TYPE colour AS ENUM ('red'); CREATE TABLE colours (c colour);",
      "0002_trap.sql": "ALTER TYPE colour ADD VALUE 'blue';\nINSERT INTO colours VALUES ('blue');",
    },
    fails: { file: "0002_trap.sql", code: "55P04", line: 2, rolledBack: true },
    effects: [["hand", "SELECT enumlabel::text FROM pg_enum WHERE enumtypid = 'colour'::regtype", ["red"]]],
  },
];
