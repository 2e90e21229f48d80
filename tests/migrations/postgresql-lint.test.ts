import assert from "node:assert/strict";
import { readFolder } from "../../provisioner/migrations/folder";
import { analyse } from "../../provisioner/migrations/postgresql/analyse";

/** A file, and what is found in it, in order. */
const cases: [string, ...string[]][] = [
  ["ALTER TABLE t ADD COLUMN a int NOT NULL DEFAULT 0, ADD COLUMN b timestamptz NOT NULL DEFAULT now()"],
  ["ALTER TABLE t ADD COLUMN a int REFERENCES u (id)"],
  ["ALTER TABLE t ADD COLUMN a uuid DEFAULT gen_random_uuid()", "change-type"],
  ["ALTER TABLE t ADD COLUMN a bigserial", "change-type"],
  ["ALTER TABLE t ADD COLUMN a int GENERATED ALWAYS AS IDENTITY", "change-type"],
  ["ALTER TABLE t ADD COLUMN a int GENERATED ALWAYS AS (b + 1) STORED", "change-type"],
  ["ALTER TABLE t ADD COLUMN a int GENERATED ALWAYS AS (b + 1) VIRTUAL"],
  ["ALTER TABLE t ADD COLUMN a int UNIQUE CHECK (a > 0)", "blocking-constraint", "blocking-constraint"],
  ["ALTER TABLE t ADD CONSTRAINT e EXCLUDE USING gist (r WITH &&)", "blocking-constraint"],
  ["ALTER TYPE mood ADD VALUE IF NOT EXISTS 'x'"],
  ["DROP VIEW IF EXISTS v; CREATE VIEW v AS SELECT 1 AS a"],
  ["DROP VIEW IF EXISTS v CASCADE; CREATE VIEW v AS SELECT 1 AS a", "drop-object"],
  ["DROP VIEW v, w; CREATE VIEW v AS SELECT 1 AS a", "drop-object"],
  ["CREATE VIEW v AS SELECT 1 AS a; DROP VIEW v", "drop-object"],
  ["DROP TRIGGER IF EXISTS x ON s.t; CREATE TRIGGER x BEFORE UPDATE ON s.t FOR EACH ROW EXECUTE FUNCTION f()"],
  ["DROP TRIGGER x ON t; CREATE TRIGGER x BEFORE UPDATE ON u FOR EACH ROW EXECUTE FUNCTION f()", "drop-object"],
  ["DROP FUNCTION f(int); CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'"],
  ["DROP POLICY p ON t; CREATE POLICY p ON public.t USING (true)"],
  ["DROP TYPE x; CREATE TYPE x AS (a int)", "drop-object"],
  ["CREATE TABLE public.x (a int); CREATE INDEX ON x (a); UPDATE x SET a = 1; DELETE FROM x; TRUNCATE x; DROP TABLE x"],
  ["CREATE TABLE x AS SELECT 1 AS a; CREATE INDEX ON x (a)"],
  ["CREATE TABLE IF NOT EXISTS x (a int); CREATE INDEX ON x (a)", "blocking-index"],
  ["CREATE TABLE IF NOT EXISTS x AS SELECT 1 AS a; DROP TABLE x", "drop-table"],
  ["CREATE TABLE n (a int); ALTER TABLE n RENAME TO x; CREATE INDEX ON x (a)"],
  ["CREATE TEMP TABLE x (a int); DROP TABLE x"],
  ["CREATE TEMP TABLE x (a int); DROP TABLE public.x", "drop-table"],
  ["CREATE TABLE x (a int); DROP TABLE other.x; TRUNCATE x, y", "drop-table", "truncate"],
  ["WITH d AS (DELETE FROM t RETURNING *) INSERT INTO u SELECT * FROM d", "delete-all"],
  ["WITH d AS (DELETE FROM t WHERE a < 1 RETURNING *) INSERT INTO u SELECT * FROM d"],
  ["DROP OWNED BY CURRENT_USER", "drop-object"],
];

describe("findings of PostgreSQL files", () => {
  for (const [text, ...expected] of cases)
    it(text, async () => {
      const { files } = readFolder([{ name: "0001_x.sql", bytes: Buffer.from(text) }]);
      const { findings, problems } = await analyse(files);
      assert.deepEqual(
        findings.map(({ kind }) => kind),
        expected,
      );
      assert.deepEqual(problems, []);
    });
});
