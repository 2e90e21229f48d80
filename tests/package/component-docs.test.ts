import assert from "node:assert/strict";
import path from "node:path";
import { checkout } from "../support/engine";

interface ComponentDocs {
  problems(): Promise<string[]>;
}

describe("the pages of the components", () => {
  it("say what the doc comments say, and every argument has one (node scripts/component-docs.js writes them)", async () => {
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const { problems } = require(path.join(checkout, "scripts", "component-docs.js")) as ComponentDocs;
    assert.deepEqual(await problems(), []);
  });
});
