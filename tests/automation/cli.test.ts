import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { commandLine } from "../../automation/cli";
import { packageVersion } from "../../automation/package-info";
import { dbAccess } from "./support";

const helpOf = (...names: string[]): string => {
  let command = commandLine();
  for (const name of names) {
    const next = command.commands.find((candidate) => candidate.name() === name);
    assert.ok(next !== undefined, name);
    command = next;
  }
  return command.helpInformation();
};

describe("db-access --help", () => {
  it("says in one line what each command is for", async () => {
    const { status, stdout } = await dbAccess(["--help"]);
    assert.equal(status, 0);
    for (const command of ["local", "fleet", "reset", "doctor", "demo"])
      assert.match(stdout, new RegExp(`^ {2}${command}\\b`, "m"));
    assert.match(stdout, /Examples:\n {2}db-access doctor/);
    assert.match(stdout, /Exit codes:\n {2}0 .*\n {2}1 .*\n {2}3 .*\n {2}4 /);
  });

  it("names the options of the fleet commands", () => {
    for (const operation of ["preview", "up", "refresh", "destroy"]) {
      const help = helpOf("fleet", operation);
      for (const option of ["--config", "--target", "--concurrency", "--json"]) assert.ok(help.includes(option), help);
    }
  });

  it("names the options of the local stack, a reset and the demo", () => {
    for (const option of ["--engine", "--directory", "--json"]) assert.ok(helpOf("local", "up").includes(option));
    for (const option of ["--parameter", "--ref", "--yes", "--json"]) assert.ok(helpOf("reset").includes(option));
    for (const option of ["--engine", "--keep"]) assert.ok(helpOf("demo").includes(option));
  });
});

describe("db-access", function () {
  this.timeout(60_000);
  let directory: string;

  before(() => (directory = mkdtempSync(path.join(os.tmpdir(), "db-access-cli-"))));
  after(() => rmSync(directory, { recursive: true, force: true }));

  it("knows its version", async () => {
    assert.equal((await dbAccess(["--version"])).stdout, `${packageVersion()}\n`);
  });

  it("ends with 1 for a command it does not know, and says what was meant", async () => {
    const { status, stderr } = await dbAccess(["flet"]);
    assert.equal(status, 1);
    assert.match(stderr, /unknown command 'flet'\n\(Did you mean fleet\?\)/);
  });

  it("refuses a demo of what it cannot play", async () => {
    const { status, stderr } = await dbAccess(["demo", "--engine", "oracle"]);
    assert.equal(status, 1);
    assert.match(stderr, /'oracle' is invalid.*Use postgresql or mysql\./);
  });

  it("ends with 1 and one line for an engine it does not know", async () => {
    const { status, stderr } = await dbAccess(["local", "up", "--engine", "oracle", "--directory", directory]);
    assert.equal(status, 1);
    assert.match(stderr, /^UnknownEngine: There is no local server "oracle"\. Available: .*\n$/);
  });

  it("shows where an error came from only when asked", async () => {
    const args = ["local", "up", "--engine", "oracle", "--directory", directory];
    assert.match((await dbAccess(args, { DB_ACCESS_DEBUG: "1" })).stderr, /\n\s+at /);
  });

  it("ends with 4 for a fleet file with problems, and lists them as JSON too", async () => {
    const file = path.join(directory, "fleet.yaml");
    writeFileSync(file, "version: 1\nprogramm: .\ntargets:\n  - name: a\n");
    const { status, stdout, stderr } = await dbAccess(["fleet", "up", "--config", file, "--json"]);
    assert.equal(status, 4);
    assert.match(stderr, /fleet\.yaml:2:1 programm: unknown key; did you mean program\?/);
    const { error } = JSON.parse(stdout) as { error: { code: string; problems: { line: number; property: string }[] } };
    assert.equal(error.code, "BadConfig");
    assert.deepEqual(
      error.problems.map(({ line, property }) => [line, property]),
      [
        [1, "program"],
        [2, "programm"],
      ],
    );
  });

  it("ends with 1 for a local stack that is not there", async () => {
    const { status, stdout } = await dbAccess(["local", "status", "--json", "--directory", directory]);
    assert.equal(status, 1);
    assert.deepEqual(JSON.parse(stdout), { status: "absent", engines: {} });
  });

  it("prints what the machine has, as a table and as JSON", async () => {
    const { stdout } = await dbAccess(["doctor", "--json"]);
    const lines = JSON.parse(stdout) as { what: string }[];
    assert.ok(lines.some(({ what }) => what === "Node.js"));
    assert.match((await dbAccess(["doctor"])).stdout, /^what +found\n─+ +─+\nNode\.js +\d+/);
  });
});
