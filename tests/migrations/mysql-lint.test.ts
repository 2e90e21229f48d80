import assert from "node:assert/strict";
import { readFolder } from "../../provisioner/migrations/folder";
import { analyse } from "../../provisioner/migrations/mysql/analyse";

/** What the lint says of one file, each as `kind` or, where it is not the first line, `kind (line)`. */
async function foundIn(text: string): Promise<string[]> {
  const { files } = readFolder([{ name: "0001_file.sql", bytes: Buffer.from(text) }]);
  const { problems, findings } = await analyse(files);
  assert.deepEqual(problems, [], text);
  return findings.map(({ kind, line }) => (line === 1 ? kind : `${kind} (${line})`));
}

/** Each is a file of its own. Whatever follows is still looked at, unless the last one says that nobody can. */
const files: Record<string, [text: string, ...findings: string[]][]> = {
  "what drops": [
    ["DROP TABLE a;", "drop-table"],
    ["drop table if exists `a`, b cascade", "drop-table"],
    ["DROP VIEW v; DROP EVENT e; DROP SEQUENCE s;", "drop-object", "drop-object", "drop-object"],
    ["DROP SCHEMA IF EXISTS shop;", "drop-schema"],
    ["DROP INDEX i ON t; DROP TEMPORARY TABLE a; DROP PREPARE p;"],
    ["ALTER TABLE t ADD COLUMN a int, DROP b;", "drop-column"],
    ["ALTER TABLE t DROP PARTITION p0;", "drop-table"],
    ["CREATE OR REPLACE TABLE t (id int);", "drop-table"],
    ["CREATE OR REPLACE VIEW v AS SELECT 1;"],
  ],
  "what empties or writes": [
    ["TRUNCATE t; TRUNCATE TABLE t;", "truncate", "truncate"],
    ["ALTER TABLE t TRUNCATE PARTITION p0", "truncate"],
    ["DELETE FROM t; DELETE a FROM a JOIN b ON a.id = b.id;", "delete-all", "delete-all"],
    ["DELETE FROM t WHERE id = 1; DELETE FROM t ORDER BY id LIMIT 5;"],
    ["UPDATE t SET a = 1;", "update-all"],
    ["UPDATE t JOIN u ON t.id = u.id SET t.a = u.a;", "update-all"],
    ["UPDATE t SET a = 1 WHERE (SELECT 1) = 1; UPDATE t SET a = 1 LIMIT 5;"],
    ["WITH c AS (SELECT 1 AS id) UPDATE t JOIN c ON c.id = t.id SET a = 1;", "update-all"],
  ],
  "what changes under a running application": [
    ["RENAME TABLE a TO b;", "rename"],
    ["ALTER TABLE t RENAME COLUMN a TO b; ALTER TABLE t RENAME TO u;", "rename", "rename"],
    ["ALTER TABLE t RENAME INDEX a TO b, ALTER COLUMN c SET DEFAULT 1;"],
    ["ALTER TABLE t MODIFY a bigint NOT NULL;", "change-type"],
    ["ALTER TABLE t CHANGE a b bigint;", "rename", "change-type"],
    ["ALTER TABLE t CHANGE a `A` varchar(90), LOCK=NONE;"],
    ["ALTER TABLE t ADD COLUMN a int NOT NULL;", "not-null"],
    ["ALTER TABLE t ADD (a int, b int NOT NULL);", "not-null"],
    ["ALTER TABLE t ADD a int NOT NULL DEFAULT 1, ADD b int AS (a + 1) VIRTUAL NOT NULL, ADD c int;"],
  ],
  "what blocks": [
    ["CREATE INDEX i ON t (a); CREATE UNIQUE INDEX u ON t (b) ALGORITHM=INPLACE LOCK=NONE;"],
    ["CREATE FULLTEXT INDEX i ON t (a);", "blocking-index"],
    ["CREATE INDEX i ON t (a) ALGORITHM=COPY;", "blocking-index"],
    ["ALTER TABLE t ADD SPATIAL INDEX (a);", "blocking-index"],
    ["ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u (id);", "blocking-constraint"],
    ["ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u (id), ALGORITHM=INPLACE, LOCK=NONE;"],
    ["ALTER TABLE t DROP PRIMARY KEY;", "blocking-constraint"],
    ["ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (a);"],
    ["ALTER TABLE t ALGORITHM=COPY, ADD INDEX (a);", "change-type"],
  ],
  "what the file has made is nobody's yet": [
    ["CREATE TABLE t (a int);\nALTER TABLE `t` DROP COLUMN a;\nTRUNCATE t;\nDELETE FROM t;\nDROP TABLE t;"],
    ["CREATE TABLE IF NOT EXISTS t (a int);\nDELETE FROM t;", "delete-all (2)"],
    ["CREATE TABLE t (a int);\nDROP TABLE t, u;", "drop-table (2)"],
    ["DROP TABLE t;\nCREATE TABLE t (a int);", "drop-table"],
    ["DROP PROCEDURE IF EXISTS p;\nCREATE PROCEDURE p()\nBEGIN END;\nDROP FUNCTION p;", "drop-object (4)"],
    ["CREATE PROCEDURE p() SELECT 1;\nCALL p();\nDROP PROCEDURE p;"],
    ["CREATE OR REPLACE VIEW v AS SELECT 1;\nDROP VIEW v;", "drop-object (2)"],
  ],
  "bodies, which run later": [
    ["CREATE PROCEDURE p(n int)\nBEGIN\n  DELETE FROM t;\n  DROP TABLE t;\nEND;\nDROP TABLE u;", "drop-table (6)"],
    [
      "CREATE DEFINER = `a`@`%` FUNCTION f(a varchar(9)) RETURNS int READS SQL DATA\nBEGIN\n  DECLARE n int DEFAULT 0;\n" +
        "  IF a = ';' THEN SET n = 1; ELSEIF a > 'b' THEN SET n = 2; END IF;\n  WHILE n < 9 DO SET n = n + 1; END WHILE;\n" +
        "  RETURN n;\nEND;\nTRUNCATE u;",
      "truncate (8)",
    ],
    [
      "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW BEGIN SET NEW.a = 1; DELETE FROM u; END;\nDROP VIEW v",
      "drop-object (2)",
    ],
    [
      "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO BEGIN DELETE FROM t; END;\nALTER EVENT e DISABLE;\nTRUNCATE t;",
      "truncate (3)",
    ],
    ["CREATE OR REPLACE PROCEDURE p() SELECT 1; DELETE FROM t;", "delete-all"],
  ],
  "comments, strings and names": [
    [
      "-- DROP TABLE a;\n# DROP TABLE b; '\n/* DROP TABLE c; */ SELECT 'DROP TABLE d;';\n\nDROP TABLE e;",
      "drop-table (5)",
    ],
    ["INSERT INTO t VALUES ('it\\'s; x', \"a\\\"; b\", 'x'';y', `c;d`);\nDROP TABLE e;", "drop-table (2)"],
    ["/* a /* b */ DROP TABLE e;", "drop-table"],
    [
      "INSERT INTO t VALUES ('😀😀😀 é');\n/*!50001 DROP TABLE a */;\n/*M!100100 TRUNCATE b */;",
      "drop-table (2)",
      "truncate (3)",
    ],
    ["/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`b`*/ /*!50003 TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @a = 1 */;"],
    [
      'SET sql_mode = \'ANSI_QUOTES\';\nCREATE TABLE "t;x" ("id" int);\nDELETE FROM "t;x";\nDELETE FROM "u";',
      "delete-all (4)",
    ],
    ["SELECT 1 AS `a\\`;\nDROP TABLE t; SELECT 1 AS `b`;", "drop-table (2)"],
    ["SELECT 1 AS `drop`, `table` FROM `truncate`;"],
  ],
  "what MariaDB has beside MySQL": [
    ["ALTER TABLE IF EXISTS t ADD COLUMN IF NOT EXISTS a uuid, DROP COLUMN IF EXISTS b;", "drop-column"],
    ["ALTER ONLINE TABLE t WAIT 5 ADD COLUMN a inet6, ALGORITHM=NOCOPY;"],
    ["CREATE INDEX IF NOT EXISTS i ON t (a); CREATE OR REPLACE INDEX i ON t (a);"],
    ["DELETE FROM t RETURNING id; INSERT INTO t VALUES (1) RETURNING id;", "delete-all"],
    ["DELETE FROM t WHERE id = 1 RETURNING id;"],
    ["CREATE SEQUENCE s START WITH 1; CREATE OR REPLACE SEQUENCE s;", "drop-object"],
    [
      "SET STATEMENT lock_wait_timeout = 1 FOR SELECT 1; WITH c AS (SELECT 1) SELECT * FROM c; DROP TABLE t;",
      "drop-table",
    ],
    ["SET STATEMENT lock_wait_timeout = 1 FOR DROP TABLE t;", "drop-table"],
    ["CREATE TABLE t (id uuid DEFAULT uuid(), a int PERSISTENT) WITH SYSTEM VERSIONING;"],
  ],
  "what is not understood": [
    ["SELECT 1;\nPREPARE p FROM @sql;\nEXECUTE p;\nDROP TABLE t;", "not-analysed (2)", "drop-table (4)"],
    ["EXECUTE IMMEDIATE CONCAT('DROP', ' TABLE t');", "not-analysed"],
    ["ALTER TABLE t ADD SYSTEM VERSIONING;\nDROP TABLE t;", "not-analysed", "drop-table (2)"],
    ["ANALYZE DELETE FROM t;", "not-analysed"],
    ["SELECT 1;\nSELECT 5--1;\n;DROP TABLE t;", "not-analysed (2)", "drop-table (3)"],
    ["SET sql_mode = 'NO_BACKSLASH_ESCAPES';\nSELECT 'a\\'; DROP TABLE t; SELECT 'b';", "not-analysed (2)"],
    ["SELECT 1;\n\nBEGIN NOT ATOMIC\n  DROP TABLE t;\nEND;\nDROP TABLE u;", "not-analysed (3)"],
    ["CREATE PACKAGE p AS FUNCTION f RETURN int; END;\nDROP TABLE u;", "not-analysed"],
    ["CREATE PROCEDURE p() BEGIN FOR i IN 1..3 DO SELECT i; END FOR; END;\nDROP TABLE u;", "not-analysed"],
  ],
};

describe("lint of MySQL and MariaDB files", function () {
  this.timeout(60_000);

  for (const [what, cases] of Object.entries(files))
    it(what, async () => {
      for (const [text, ...findings] of cases) assert.deepEqual(await foundIn(text), findings, text);
    });

  it("a file that is full of rows is read in little time, and what stands behind them is found", async () => {
    const rows = Array.from({ length: 20_000 }, (_, n) => `INSERT INTO t (a, b) VALUES (${n}, 'name ${n}');`);
    assert.deepEqual(await foundIn(`${rows.join("\n")}\nDROP TABLE t;`), ["drop-table (20001)"]);
  });

  it("DELIMITER is refused where a client would obey it, and let be where it is none", async () => {
    const { files: [file] = [] } = readFolder([
      { name: "0001_x.sql", bytes: Buffer.from("SELECT 1;\nDELIMITER //\nCREATE PROCEDURE p() BEGIN END//\n") },
    ]);
    assert.ok(file !== undefined);
    assert.match((await analyse([file])).problems.map(({ words }) => words).join(), /has DELIMITER.* \(line 2\)$/);
    assert.deepEqual(
      await foundIn("/*\ndelimiter is for clients\n*/\nCREATE TABLE t (\n  delimiter varchar(9)\n);"),
      [],
    );
  });

  it("a file without a statement is refused", async () => {
    for (const text of ["-- later", "/* later */ # and later"]) {
      const { files } = readFolder([{ name: "0001_x.sql", bytes: Buffer.from(text) }]);
      assert.deepEqual(
        (await analyse(files)).problems.map(({ words }) => words),
        ["holds no statement; write one, or remove the file"],
      );
    }
  });

  it("no finding repeats what stands in the file", async () => {
    const { files: [file] = [] } = readFolder([
      { name: "0001_x.sql", bytes: Buffer.from("DROP TABLE hush; hush 'hush'; PREPARE hush FROM 'hush';") },
    ]);
    assert.ok(file !== undefined);
    const { findings } = await analyse([file]);
    assert.deepEqual(
      findings.map(({ kind }) => kind),
      ["drop-table", "not-analysed"],
    );
    assert.ok(!JSON.stringify(findings).includes("hush"));
  });
});
