import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { added, copyMigrations, failing, put, texts, watermarked } from "../../automation/demo/schema-files";
import { readMigrations } from "../../components/migration-folder";

describe("the demo's migrations", () => {
  let directory: string;

  beforeEach(() => (directory = mkdtempSync(path.join(os.tmpdir(), "db-access-files-"))));
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("are a folder that a program takes, with the example's files and the demo's", () => {
    const folder = copyMigrations(path.join(directory, "migrations"));
    put(folder, added, texts.added);
    put(folder, failing, texts.failing);
    assert.deepEqual(
      readMigrations(folder).map(({ name }) => name),
      ["0001_orders.sql", added, failing],
    );
  });

  it("are found wherever a text of theirs is, however deep and whatever is around it", () => {
    mkdirSync(path.join(directory, "deep", "er"), { recursive: true });
    writeFileSync(path.join(directory, "clean.json"), "{}");
    assert.deepEqual(watermarked(directory), []);
    for (const [name, text] of Object.entries(texts))
      writeFileSync(
        path.join(directory, "deep", "er", name),
        Buffer.concat([Buffer.from([0, 255]), Buffer.from(text)]),
      );
    assert.deepEqual(
      watermarked(directory).sort(),
      Object.keys(texts)
        .map((name) => path.join("deep", "er", name))
        .sort(),
    );
  });
});
