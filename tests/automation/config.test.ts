import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { BadConfig, loadFleet, parseFleet } from "../../automation/config/load";
import { suggestion } from "../../automation/config/suggest";

const golden = path.join(__dirname, "golden");

function problemsOf(text: string, directory: string): string[] {
  try {
    parseFleet(text, "fleet.yaml", directory);
    return [];
  } catch (error) {
    assert.ok(error instanceof BadConfig, String(error));
    return error.lines();
  }
}

describe("fleet.yaml", () => {
  let directory: string;

  before(() => {
    directory = mkdtempSync(path.join(os.tmpdir(), "db-access-config-"));
    writeFileSync(path.join(directory, "index.ts"), "");
    writeFileSync(path.join(directory, "Pulumi.yaml"), "name: orders-access\nruntime: nodejs\n");
  });

  after(() => rmSync(directory, { recursive: true, force: true }));

  const good = "version: 1\nprogram: ./index.ts\nproject: orders\ntargets:\n  - name: a\n";

  it("takes the example that the documentation shows", () => {
    const { file } = loadFleet(path.join(__dirname, "..", "..", "examples", "fleet", "fleet.yaml"));
    assert.deepEqual(
      file.targets.map((target) => target.name),
      ["orders-eu", "orders-us", "shop"],
    );
  });

  for (const name of readdirSync(golden).filter((file) => file.endsWith(".fleet"))) {
    it(`tells everything that is wrong at once: ${name}`, () => {
      const expected = readFileSync(path.join(golden, name.replace(".fleet", ".txt")), "utf8")
        .trimEnd()
        .split("\n");
      assert.deepEqual(problemsOf(readFileSync(path.join(golden, name), "utf8"), directory), expected);
    });
  }

  it("never repeats a value that may be meant to be secret", () => {
    const lines = problemsOf(`${good}    env: { PASSWORD: 12345 }\n    config: { key: [hunter2] }\n`, directory);
    assert.equal(lines.length, 2);
    assert.doesNotMatch(lines.join("\n"), /12345|hunter2/);
  });

  it("demands a project for a file and takes a folder's own", () => {
    assert.deepEqual(problemsOf("version: 1\nprogram: .\ntargets: [{ name: a }]\n", directory), []);
    assert.match(
      problemsOf("version: 1\nprogram: ./index.ts\ntargets: [{ name: a }]\n", directory)[0],
      /project: is missing/,
    );
    assert.match(
      problemsOf("version: 1\nprogram: .\nproject: other\ntargets: [{ name: a }]\n", directory)[0],
      /fleet\.yaml:3:10 project: "other" is not the project of .*, which is orders-access; remove it/,
    );
  });

  it("lets a target complete the provisioner of the defaults", () => {
    const defaults = "defaults: { provisioner: { parameter: /db-access/orders } }\n";
    assert.deepEqual(problemsOf(`${good}    provisioner: { region: eu-west-1 }\n${defaults}`, directory), []);
    assert.match(
      problemsOf(`${good}    provisioner: { region: eu-west-1 }\n`, directory)[0],
      /neither parameter nor ref/,
    );
  });

  it("refuses a file backend that is not there, which would look like an empty one", () => {
    assert.match(
      problemsOf(`${good}backend: file://./state\n`, directory)[0],
      /fleet\.yaml:6:10 backend: "file:\/\/\.\/state" is a folder that does not exist; correct it, or create it/,
    );
  });

  it("names a file that is not there", () => {
    assert.throws(
      () => loadFleet(path.join(directory, "none.yaml")),
      (error: unknown) => {
        assert.ok(error instanceof BadConfig);
        assert.equal(error.exitCode, 4);
        assert.match(error.lines()[0], /none\.yaml:1:1 there is no such file; give its path with --config/);
        return true;
      },
    );
  });

  it("suggests what was probably meant, and nothing far away", () => {
    assert.equal(suggestion("regoin", ["region", "parameter"]), "region");
    assert.equal(suggestion("Targets", ["targets"]), "targets");
    assert.equal(suggestion("password", ["region", "parameter"]), undefined);
  });
});
