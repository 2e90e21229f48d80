import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import mutations from "./rules.json";

const root = path.join(__dirname, "..", "..");

/** `npm run mutate` takes long; that its list still fits the code is known at once. */
describe("the mutations of the rules", () => {
  it("are at least one for each rule", () => {
    const rules = new Set(mutations.map(({ rule }) => rule));
    assert.deepEqual(
      [...rules],
      Array.from({ length: 13 }, (_, at) => at + 1),
    );
  });

  for (const { rule, name, file, line, replacement, test } of mutations)
    it(`rule ${rule}: ${name} is one line of the code`, () => {
      const lines = readFileSync(path.join(root, file), "utf8").split("\n");
      assert.equal(lines.filter((candidate) => candidate.trim() === line).length, 1, `${line} in ${file}`);
      assert.notEqual(replacement, line);
      assert.ok(existsSync(path.join(root, test)), test);
    });
});
