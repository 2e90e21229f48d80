import { cpSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { example } from "./stage";

/** Stands in every file that the demo writes, and nowhere else: where it is found, a file's text is. */
export const watermark = "farthing";

export const added = "0002_shelf.sql";
export const failing = "0003_scales.sql";

/** For PostgreSQL and MySQL alike. */
export const texts = {
  added: `-- Where it lies.
ALTER TABLE orders ADD COLUMN shelf varchar(20) DEFAULT '${watermark}';
CREATE VIEW shelf AS SELECT id, item, shelf FROM orders;
`,
  edited: `-- Where it lies.
ALTER TABLE orders ADD COLUMN shelf varchar(40) DEFAULT '${watermark}';
CREATE VIEW shelf AS SELECT id, item, shelf FROM orders;
`,
  failing: `-- What it was weighed with.
CREATE TABLE scales (id int PRIMARY KEY, coin varchar(20) DEFAULT '${watermark}');
-- There is no such table.
INSERT INTO weights (id) VALUES (1);
`,
  mended: `-- What it was weighed with.
CREATE TABLE IF NOT EXISTS scales (id int PRIMARY KEY, coin varchar(20) DEFAULT '${watermark}');
INSERT INTO scales (id) VALUES (1);
`,
};

/** A copy of the example's folder, to which the demo adds. */
export function copyMigrations(folder: string): string {
  cpSync(path.join(path.dirname(example("first-run")), "migrations"), folder, { recursive: true });
  return folder;
}

export const put = (folder: string, file: string, text: string): void => writeFileSync(path.join(folder, file), text);

/** The files below a folder that hold the watermark. */
export function watermarked(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(watermark))
    .map((file) => path.relative(folder, file));
}
