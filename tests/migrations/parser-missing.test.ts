import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { loadParser, ParserMissing } from "../../provisioner/migrations/parser-missing";
import { checkout } from "../support/engine";

const program = `
  const { analyse } = require("./" + process.argv[1] + "/analyse.js");
  const { ParserMissing } = require("./parser-missing.js");
  const file = { name: "0001_x.sql", text: "SELECT 1;", header: { allows: [], unknown: [], noTransaction: false } };
  analyse([]).then(() => analyse([file])).catch((error) =>
    console.log(error instanceof ParserMissing, error.packageName, error.message));
`;

describe("lint without the parsers' packages", function () {
  this.timeout(60_000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), "db-access-lint-"));
    cpSync(path.join(checkout, "dist", "provisioner", "migrations"), folder, { recursive: true });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const [family, name] of [
    ["postgresql", "libpg-query"],
    ["mysql", "dt-sql-parser"],
  ])
    it(`${family}: says which one is not installed`, () => {
      const said = execFileSync(process.execPath, ["-e", program, family], { cwd: folder, encoding: "utf8" });
      assert.match(said, new RegExp(`^true ${name} The package ${name} is not installed`));
    });

  it("another failure is not taken for that", async () => {
    const load = (): Promise<never> => Promise.reject(new Error("no memory for some-parser"));
    await assert.rejects(loadParser("some-parser", load), (error) => !(error instanceof ParserMissing));
  });
});
