import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { doctor } from "../../local/doctor";
import { ensurePulumi, PulumiUnavailable } from "../../local/pulumi";
import { companionOf, companions, isRecentEnough } from "../../local/pulumi/path";
import { run } from "../../local/servers/command";

const program = `
  const pulumi = require("@pulumi/pulumi");
  const provider = { create: async (inputs) => ({ id: "one", outs: { doubled: inputs.value * 2 } }) };
  class Doubled extends pulumi.dynamic.Resource {
    constructor(name, value) { super(provider, name, { value, doubled: undefined }); }
  }
  exports.doubled = new Doubled("twenty-one", 21).doubled;
`;

describe("the Pulumi CLI", () => {
  let folder: string;
  const { PATH, DB_ACCESS_CACHE } = process.env;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "db-access-pulumi-"));
  });

  afterEach(() => {
    process.env.PATH = PATH;
    if (DB_ACCESS_CACHE === undefined) delete process.env.DB_ACCESS_CACHE;
    else process.env.DB_ACCESS_CACHE = DB_ACCESS_CACHE;
    fs.rmSync(folder, { recursive: true, force: true });
  });

  function fakeCli(version: string, names: string[]): void {
    for (const name of ["pulumi", ...names]) {
      fs.writeFileSync(path.join(folder, name), `#!/bin/sh\necho ${version}\n`, { mode: 0o755 });
    }
    process.env.PATH = folder;
  }

  it("runs a program with a dynamic resource", async function () {
    this.timeout(600_000);
    const { directory, version } = await ensurePulumi((line) => console.log(`      ${line}`));
    assert.match(version, /^3\.\d+\.\d+/);
    for (const name of companions) assert.ok(companionOf(path.join(directory, "pulumi"), name), name);
    fs.symlinkSync(path.resolve(__dirname, "../../node_modules"), path.join(folder, "node_modules"));
    fs.writeFileSync(path.join(folder, "Pulumi.yaml"), "name: setup\nruntime: nodejs\n");
    fs.writeFileSync(path.join(folder, "index.js"), program);
    fs.mkdirSync(path.join(folder, "state"));
    const env = {
      ...process.env,
      PATH: `${directory}${path.delimiter}${PATH}`,
      PULUMI_BACKEND_URL: `file://${path.join(folder, "state")}`,
      PULUMI_HOME: path.join(folder, "home"),
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    };
    const pulumi = (...args: string[]) => run("pulumi", [...args, "--non-interactive"], { cwd: folder, env });
    await pulumi("stack", "init", "test");
    await pulumi("up", "--yes", "--skip-preview");
    assert.equal((await pulumi("stack", "output", "doubled")).trim(), "42");
  });

  it("of PATH is used when it is recent and complete", async () => {
    fakeCli("v3.201.0", companions);
    assert.deepEqual(await ensurePulumi(), { directory: folder, version: "3.201.0", source: "path" });
  });

  it("is told apart by version", () => {
    assert.deepEqual(["3.190.0", "3.200.1-alpha"].map(isRecentEnough), [true, true]);
    assert.deepEqual(["3.189.9", "2.200.0", "4.0.0"].map(isRecentEnough), [false, false, false]);
  });

  it("that cannot be had is one clear sentence", async () => {
    // Too old, and a PATH without Go and without what the installer needs.
    fakeCli("v3.100.0", companions);
    process.env.DB_ACCESS_CACHE = path.join(folder, "cache");
    await assert.rejects(ensurePulumi(), (error: Error) => {
      assert.ok(error instanceof PulumiUnavailable);
      assert.match(error.message, /^There is no Pulumi CLI 3\.190\.0 or newer on PATH.*official installer.*Go/);
      return true;
    });
    assert.deepEqual(fs.readdirSync(path.join(folder, "cache/pulumi")), []);
  });

  it("and everything else the local stack needs is listed by the doctor, which fetches nothing", async () => {
    process.env.DB_ACCESS_CACHE = path.join(folder, "cache");
    const lines = await doctor();
    for (const what of ["Node.js", "Pulumi CLI", "postgresql@17", "mysql@8.0", "mariadb@10.11", "go", "mvn"]) {
      const line = lines.find((candidate) => candidate.what === what);
      assert.ok(line && (line.found ?? line.willFetch ?? line.missing), what);
    }
    assert.equal(fs.existsSync(path.join(folder, "cache")), false);
    fakeCli("v3.100.0", []);
    const missing = (await doctor()).find((line) => line.what === "postgresql@17");
    assert.match(missing?.missing ?? "", /npm/);
  });
});
