import type { Case } from "./corpus";

const mysqlOnly = (version: string): boolean => version.startsWith("mysql@");
const mariadbOnly = (version: string): boolean => version.startsWith("mariadb@");
const tables = (name: string): string =>
  `SELECT count(*) AS n FROM information_schema.tables WHERE table_schema = 'shop' AND table_name = '${name}'`;

/** What the server's language has, sent as it is. */
export const mysqlLanguage: readonly Case[] = [
  {
    name: "procedures with blocks, loops and handlers",
    files: {
      "0001_routines.sql": `CREATE TABLE looped (n int PRIMARY KEY);
CREATE PROCEDURE fill_looped(most int)
BEGIN
  DECLARE i int DEFAULT 0; -- ; it's
  DECLARE CONTINUE HANDLER FOR 1062 BEGIN END;
  again: LOOP
    SET i = i + 1;
    IF i > most THEN LEAVE again; END IF;
    CASE WHEN i = 2 THEN INSERT INTO looped VALUES (1); ELSE INSERT INTO looped VALUES (i); END CASE;
  END LOOP;
END;
CALL fill_looped(3);`,
    },
    effects: [
      ["reader", "SELECT n FROM looped ORDER BY n", [1, 3]],
      ["stranger", "CALL fill_looped(4)", []],
      ["stranger", "INSERT INTO looped VALUES (9)", "1142"],
      ["reader", "SELECT n FROM looped ORDER BY n", [1, 3, 4]],
    ],
  },
  {
    name: "functions, triggers and events",
    files: {
      "0001_all.sql": `CREATE TABLE fired (n int, twice int);
CREATE FUNCTION doubled(n int) RETURNS int DETERMINISTIC NO SQL BEGIN RETURN n * 2; END;
CREATE TRIGGER fire BEFORE INSERT ON fired FOR EACH ROW BEGIN SET NEW.twice = doubled(NEW.n); SET @fired = 1; END;
CREATE EVENT later ON SCHEDULE EVERY 1 DAY DO BEGIN INSERT INTO fired (n) VALUES (0); DELETE FROM fired WHERE n = 0; END;
INSERT INTO fired (n) VALUES (4);`,
    },
    effects: [
      ["reader", "SELECT twice FROM fired", [8]],
      ["stranger", "SELECT doubled(5) AS n", [10]],
      ["hand", "SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = 'shop'", ["later"]],
    ],
  },
  {
    name: "comments of every kind, with quotes and semicolons",
    files: {
      "0001_comments.sql": `# it's; "one
CREATE TABLE noted (id int); # two; 'three
-- it's; four
/* five; ' */ INSERT INTO noted VALUES (1) /* ; */;
/*!50000 INSERT INTO noted VALUES (2) */;
INSERT INTO noted VALUES /*!50000 (3), */ (4); # six`,
    },
    effects: [["reader", "SELECT id FROM noted ORDER BY id", [1, 2, 3, 4]]],
  },
  {
    name: "comments and blanks at the end",
    files: {
      "0002_after.sql": "CREATE TABLE after_note (id int);\n\n-- the end\n/* really */\n# indeed\n",
      "0003_blanks.sql": "CREATE TABLE after_blanks (id int);\n\n",
    },
    effects: [["hand", `SELECT (${tables("after_note")}) + (${tables("after_blanks")}) AS n`, [2]]],
  },
  {
    name: "quotes, backslashes and arithmetic",
    files: {
      "0001_quotes.sql": String.raw`CREATE TABLE quoted AS SELECT 'it\'s; "' AS a, "it's; \"" AS b, 'two''s;' AS c, 5--1 AS d, 'back\\' AS e;
CREATE TABLE ${"`na``me; 'x"}${"`"} (id int);`,
    },
    effects: [
      [
        "reader",
        "SELECT CONCAT_WS('|', a, b, c, d, e) AS t FROM quoted",
        [String.raw`it's; "|it's; "|two's;|6|back\ `.trim()],
      ],
      ["reader", "SELECT COUNT(*) AS n FROM `na``me; 'x`", [0]],
    ],
  },
  {
    name: "modes that change what a quote is",
    files: {
      "0001_modes.sql": String.raw`SET SESSION sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES';
CREATE TABLE "moded" AS SELECT 'a\' AS t;
SET SESSION sql_mode = DEFAULT;
INSERT INTO moded VALUES ("b");`,
    },
    effects: [["reader", "SELECT t FROM moded", ["a\\", "b"]]],
  },
  {
    name: "a view with another definer is refused by the server",
    on: mysqlOnly,
    files: {
      "0001_definer.sql":
        "CREATE TABLE defined (id int);\nCREATE DEFINER = 'dbadmin'@'%' VIEW mine AS SELECT 1 AS one;",
    },
    fails: { file: "0001_definer.sql", code: "1227", statement: 2, rolledBack: false },
  },
  {
    name: "views with the definer's rights",
    files: {
      "0001_views.sql": `CREATE TABLE hidden (id int, secret int); INSERT INTO hidden VALUES (1, 2);
CREATE SQL SECURITY DEFINER VIEW shown AS SELECT id FROM hidden;
CREATE PROCEDURE show_all() SQL SECURITY DEFINER SELECT id FROM shown;`,
    },
    effects: [
      ["reader", "SELECT id FROM shown", [1]],
      ["stranger", "SELECT id FROM hidden", "1142"],
      ["stranger", "CALL show_all()", "ok"],
    ],
  },
  {
    name: "prepared statements",
    files: {
      "0001_prepared.sql":
        "SET @sql = 'CREATE TABLE prepared (id int)';\nPREPARE p FROM @sql; EXECUTE p; DEALLOCATE PREPARE p;\nINSERT INTO prepared VALUES (1);",
    },
    effects: [["reader", "SELECT id FROM prepared", [1]]],
  },
  {
    name: "blocks and sequences",
    on: mariadbOnly,
    files: {
      "0001_blocks.sql": `CREATE SEQUENCE counter START WITH 5;
CREATE TABLE blocks (n int);
BEGIN NOT ATOMIC DECLARE x int DEFAULT 1; WHILE x < 3 DO INSERT INTO blocks VALUES (NEXTVAL(counter)); SET x = x + 1; END WHILE; END;
/*M! INSERT INTO blocks VALUES (7) */;`,
    },
    effects: [["reader", "SELECT n FROM blocks ORDER BY n", [5, 6, 7]]],
  },
];

/** What a file does to its session, and who it is. */
export const mysqlSessions: readonly Case[] = [
  {
    name: "what is made tomorrow can be read by whom may read everything",
    files: { "0001_new.sql": "CREATE TABLE brand_new (id int); INSERT INTO brand_new VALUES (1);" },
    effects: [
      ["reader", "SELECT id FROM brand_new", [1]],
      ["reader", "INSERT INTO brand_new VALUES (2)", "1142"],
      ["stranger", "SELECT id FROM brand_new", "1142"],
    ],
  },
  {
    name: "settings, variables, temporary tables and prepared statements end with their file",
    files: {
      "0001_set.sql": "SET SESSION sql_mode = '', time_zone = '+05:00', @mine = 1;\nSET NAMES latin1;",
      "0002_make.sql": "CREATE TEMPORARY TABLE passing (id int); PREPARE p FROM 'SELECT 1';",
      "0003_after.sql": `CREATE TABLE leftovers AS SELECT @@sql_mode <> '' AS a, @@time_zone = 'SYSTEM' AS b, @mine IS NULL AS c,
  @@character_set_client = 'utf8mb4' AS d, 'é表🐘' AS t;
CREATE TABLE passing (id int);`,
    },
    effects: [
      ["reader", "SELECT t FROM leftovers WHERE a AND b AND c AND d", ["é表🐘"]],
      ["reader", "SELECT COUNT(*) AS n FROM passing", [0]],
    ],
  },
  {
    name: "a file that goes into another database is recorded in its own, and the next one begins there",
    files: {
      "0001_other.sql": "CREATE TABLE before_use (id int);\nUSE more;\nCREATE TABLE in_other (id int);",
      "0002_after.sql": "CREATE TABLE after_use (id int);",
    },
    effects: [
      ["hand", `SELECT (${tables("before_use")}) + (${tables("after_use")}) AS n`, [2]],
      ["hand", "SELECT COUNT(*) AS n FROM more.in_other", [0]],
    ],
  },
  {
    name: "a database that the owner has nothing in",
    files: { "0001_use.sql": "SELECT 1;\nUSE mysql;" },
    fails: { file: "0001_use.sql", code: "1044", statement: 2, rolledBack: false },
  },
  {
    name: "transactions in a file",
    files: {
      "0001_table.sql": "CREATE TABLE traded (n int);",
      "0002_trade.sql":
        "START TRANSACTION; INSERT INTO traded VALUES (1); COMMIT; START TRANSACTION; INSERT INTO traded VALUES (2); ROLLBACK;",
    },
    effects: [["reader", "SELECT n FROM traded", [1]]],
  },
  {
    name: "a transaction that a file leaves open",
    files: {
      "0001_table.sql": "CREATE TABLE left_open (n int);",
      "0002_open.sql": "START TRANSACTION; INSERT INTO left_open VALUES (1);",
      "0003_auto.sql": "SET autocommit = 0; INSERT INTO left_open VALUES (2);",
    },
    effects: [["reader", "SELECT n FROM left_open ORDER BY n", [1, 2]]],
  },
  {
    name: "tables that a file leaves locked",
    files: {
      "0001_lock.sql":
        "CREATE TABLE locked (n int); LOCK TABLES locked WRITE; INSERT INTO locked VALUES (1); UNLOCK TABLES;",
      "0002_lock.sql": "LOCK TABLES locked WRITE; INSERT INTO locked VALUES (2);",
      "0003_after.sql": "INSERT INTO locked VALUES (3);",
    },
    effects: [["reader", "SELECT n FROM locked ORDER BY n", [1, 2, 3]]],
  },
  ...["SET GLOBAL max_connections = 5", "CREATE USER somebody", "FLUSH TABLES WITH READ LOCK"].map((sql): Case => ({
    name: `${sql} is refused by the server`,
    files: { "0001_more.sql": `CREATE TABLE IF NOT EXISTS more (id int);\n${sql};` },
    fails: { file: "0001_more.sql", code: "1227", statement: 2, rolledBack: false },
  })),
  {
    name: "a file of the client is not read",
    files: {
      "0001_load.sql": "CREATE TABLE loaded (t text);\nLOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE loaded;",
    },
    fails: { file: "0001_load.sql", statement: 2, rolledBack: false },
    effects: [["reader", "SELECT COUNT(*) AS n FROM loaded", [0]]],
  },
];

const rows = Array.from({ length: 2_000 }, (_, n) => `INSERT INTO long_file VALUES (${n}, 'row ${n}; it\\'s');`);
const results = "CREATE PROCEDURE answers() BEGIN SELECT 1; SELECT 2; SELECT 3; END;";

/** How the text comes, and which statement it was. */
export const mysqlTexts: readonly Case[] = [
  {
    name: "DELIMITER is refused, with words for it",
    files: { "0001_client.sql": "CREATE TABLE client (id int);\n  delimiter //\nCREATE PROCEDURE p() BEGIN END//" },
    refused: /0001_client\.sql has DELIMITER, which is for the mysql client; delete these lines.* \(line 2\)/,
    effects: [["hand", tables("client"), [0]]],
  },
  {
    name: "a byte order mark, CRLF, and no end of line at the end",
    files: {
      "0001_crlf.sql":
        "\uFEFF-- é\r\nCREATE TABLE crlf AS\r\nSELECT 'a\r\nb' AS t;\r\n\r\nINSERT INTO crlf VALUES ('c')",
    },
    effects: [["reader", "SELECT t FROM crlf", ["a\nb", "c"]]],
  },
  {
    name: "an error in the middle",
    files: {
      "0001_error.sql": "CREATE TABLE middle (id int);\nSELECT 1;\n# é; 表\nSELECT nothing_like_it;\nSELECT 2;",
    },
    fails: { file: "0001_error.sql", code: "1054", statement: 3, rolledBack: false },
  },
  {
    name: "what is no SQL stops where it stands",
    files: { "0001_syntax.sql": "CREATE TABLE syntax (id int);\nSELEC 1;" },
    fails: { file: "0001_syntax.sql", code: "1064", statement: 2, rolledBack: false },
  },
  {
    name: "an error behind a procedure that answers several times",
    files: { "0001_answers.sql": `${results}\nCALL answers();\nSELECT 1;\nSELECT nothing_like_it;` },
    fails: { file: "0001_answers.sql", code: "1054", statement: 4, rolledBack: false },
  },
  {
    name: "an error in a procedure that has answered already",
    files: {
      "0001_fails.sql":
        "CREATE PROCEDURE fails() BEGIN SELECT 1; SELECT 2; SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'; END;\nSELECT 1;\nCALL fails();",
    },
    fails: { file: "0001_fails.sql", code: "1644", statement: 3, rolledBack: false },
  },
  {
    name: "a long file of short statements, and an error at its end",
    files: { "0001_long.sql": `CREATE TABLE long_file (id int, t text);\n${rows.join("\n")}\nSELECT nothing_like_it;` },
    fails: { file: "0001_long.sql", code: "1054", statement: 2_002, rolledBack: false },
    effects: [["reader", "SELECT COUNT(*) AS n FROM long_file", [2_000]]],
  },
];
