import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { checkout } from "../support/engine";

interface ComponentDocs {
  problems(): Promise<string[]>;
}

const page = (...names: string[]): string => readFileSync(path.join(checkout, "docs", ...names), "utf8");

describe("the pages of the components", () => {
  it("say what the doc comments say, and every argument has one (node scripts/component-docs.js writes them)", async () => {
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const { problems } = require(path.join(checkout, "scripts", "component-docs.js")) as ComponentDocs;
    assert.deepEqual(await problems(), []);
  });

  it("have no argument of a Provisioner whose default is not explained in docs/provisioner.md", () => {
    const sections = page("components", "Provisioner.md").split(/^## /m).slice(1);
    // Those that hold others have a link in place of a type.
    const named = sections
      .filter((section) => /^(Arguments|\w+Args|AlarmThresholds)\n/.test(section))
      .flatMap((section) => [...section.matchAll(/^\| `(\w+)`[^|]*\| `/gm)].map(([, name]) => name));
    assert.ok(named.length > 50, "the page has its arguments");
    const explained = page("provisioner.md");
    const missing = [...new Set(named)].filter((name) => !new RegExp(`[\`.]${name}\\b`).test(explained));
    assert.deepEqual(missing, []);
  });
});
