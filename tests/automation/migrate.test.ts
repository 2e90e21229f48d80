import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { compare } from "../../automation/migrate/compare";
import { ask } from "../../automation/migrate/site";
import { newMigration } from "../../automation/migrate/new";
import { readFolder } from "../../provisioner/migrations/folder";
import type { MigrationSpec, MigrationStatus } from "../../provisioner/protocol";
import { clientOf, FakeProvisioner } from "../components/support/fake-provisioner";
import { ref as refWith } from "../components/support/inputs";
import { dbAccess } from "./support";

/** Without a server. */
describe("db-access migrate", function () {
  this.timeout(60_000);
  let directory: string;
  let folder: string;
  let count = 0;

  before(() => (directory = mkdtempSync(path.join(os.tmpdir(), "db-access-migrate-"))));
  beforeEach(() => (folder = path.join(directory, String((count += 1)))));
  after(() => rmSync(directory, { recursive: true, force: true }));

  function fill(files: Record<string, string>): void {
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  }
  const migrate = (...args: string[]) => dbAccess(["migrate", ...args, "--directory", folder]);
  const written = (what: string, options: Parameters<typeof newMigration>[1] = {}, now?: Date): string[] =>
    newMigration(what, { ...options, directory: folder }, now).map((file) => path.basename(file));

  describe("new", () => {
    it("takes the next number, as wide as the folder's own", () => {
      assert.deepEqual(written("Add orders & lines"), ["0001_add_orders_lines.sql"]);
      assert.deepEqual(written("Ünïcode, too"), ["0002_unicode_too.sql"]);
      fill({ "0009_a.sql": "SELECT 1", "R__b.sql": "SELECT 1" });
      assert.deepEqual(written("next"), ["0010_next.sql"]);
      fill({ "00099_wider.sql": "SELECT 1" });
      assert.deepEqual(written("next"), ["00100_next.sql"]);
    });

    it("takes the time in a folder that is numbered by time, and never a number below the last", () => {
      const now = new Date("2026-02-03T04:05:06.789Z");
      fill({ "20251231235959_a.sql": "SELECT 1" });
      assert.deepEqual(written("b", {}, now), ["20260203040506_b.sql"]);
      assert.deepEqual(written("c", {}, now), ["20260203040507_c.sql"]);
    });

    it("writes what belongs to it, and the folder can be read", () => {
      assert.deepEqual(written("Add orders", { with: ["verify", "down"] }), [
        "0001_add_orders.sql",
        "0001_add_orders.verify.sql",
        "0001_add_orders.down.sql",
      ]);
      assert.deepEqual(written("order totals", { repeatable: true }), ["R__order_totals.sql"]);
      const entries = readdirSync(folder).map((name) => ({ name, bytes: readFileSync(path.join(folder, name)) }));
      const { files, problems } = readFolder(entries);
      assert.deepEqual([files.length, problems], [4, []]);
      // What the words at its top explain is not said by it.
      for (const { header } of files) assert.deepEqual(header, { noTransaction: false, allows: [], unknown: [] });
    });

    it("never writes over a file, and refuses what cannot be a name", () => {
      written("totals", { repeatable: true });
      writeFileSync(path.join(folder, "R__totals.sql"), "mine");
      assert.throws(() => written("totals", { repeatable: true }), { code: "FileExists" });
      assert.equal(readFileSync(path.join(folder, "R__totals.sql"), "utf8"), "mine");
      assert.throws(() => written("!!!"), { code: "BadArguments", message: /letters or digits/ });
      writeFileSync(path.join(folder, "R__more.verify.sql"), "mine");
      assert.throws(() => written("more", { repeatable: true, with: ["verify"] }), { code: "FileExists" });
      assert.deepEqual(readdirSync(folder), ["R__more.verify.sql", "R__totals.sql"]);
    });

    it("prints the paths", async () => {
      const plain = await dbAccess(["migrate", "new", "add", "orders", "--with", "verify", "-d", folder]);
      assert.equal(plain.stdout, `${folder}/0001_add_orders.sql\n${folder}/0001_add_orders.verify.sql\n`);
      const json = await dbAccess(["migrate", "new", "more", "-d", folder, "--json"]);
      assert.deepEqual(JSON.parse(json.stdout), { files: [`${folder}/0002_more.sql`] });
      const wrong = await dbAccess(["migrate", "new", "more", "-d", folder, "--with", "sideways"]);
      assert.match(wrong.stderr, /Use verify, down, or verify,down\./);
    });
  });

  describe("lint", () => {
    const destroying = {
      "0001_a.sql": "CREATE TABLE a (id int);\n",
      "0001_a.down.sql": "DROP TABLE a;\n",
      "0002_b.sql": "-- migrate: allow drop-table\nDROP TABLE b;\n",
      "0003_c.sql": "CREATE TABLE d (id int);\n\nDROP TABLE c;\n",
    };

    for (const engine of ["postgresql", "mysql", "mariadb"])
      it(`looks at every file of a folder for ${engine}, and tells what is meant from what is not`, async () => {
        fill(destroying);
        const { status, stdout } = await migrate("lint", "--engine", engine, "--json");
        const { findings, ...report } = JSON.parse(stdout) as { findings: Record<string, unknown>[] };
        assert.deepEqual(report, { engine, files: Object.keys(destroying).sort(), problems: [], blocked: true });
        assert.deepEqual(
          findings.map(({ file, kind, line, acknowledged }) => [file, kind, line, acknowledged]),
          [
            ["0002_b.sql", "drop-table", 2, true],
            ["0003_c.sql", "drop-table", 3, false],
          ],
        );
        assert.equal(status, 6);
        const one = await migrate("lint", "--engine", engine, path.join(folder, "0002_b.sql"));
        assert.deepEqual(
          [one.status, one.stdout],
          [0, `meant: 0002_b.sql (line 2) drop-table.\n1 file looked at as ${engine}, nothing in the way.\n`],
        );
      });

    it("says every problem of the folder together with what is in its files", async () => {
      fill({ ...destroying, "0003_twice.sql": "SELECT 1;\n", "add.sql": "SELECT 1;\n", "0004_e.sql": "COMMIT;\n" });
      const { status, stdout } = await migrate("lint", "--engine", "postgresql");
      assert.equal(status, 6);
      assert.match(stdout, /^problem: add\.sql follows no rule for names; .*\.$/m);
      assert.match(stdout, /^problem: 0003_twice\.sql has the same number as 0003_c\.sql; .*\.$/m);
      assert.match(stdout, /^problem: 0004_e\.sql begins or ends a transaction, .*\.$/m);
      assert.match(stdout, /^finding: 0003_c\.sql \(line 3\) .*say "-- migrate: allow drop-table" at its top\.$/m);
      assert.match(stdout, /\n6 files looked at as postgresql, 4 in the way\.\n$/);
    });

    it("reads files with the program's variables, and shows no value of them", async () => {
      fill({ "0001_a.sql": "CREATE TABLE ${table} (id int);\nALTER TABLE ${table} ADD UNIQUE (id);\n" });
      const variables = path.join(directory, "variables.json");
      writeFileSync(variables, '{ "table": { "identifier": "hush \\" hush" } }');
      const known = await migrate("lint", "--engine", "postgresql", "--variables", variables);
      assert.deepEqual([known.status, known.stdout], [0, "1 file looked at as postgresql, nothing in the way.\n"]);
      writeFileSync(variables, '{ "other": { "literal": 1 } }');
      const unknown = await migrate("lint", "--engine", "postgresql", "--variables", variables);
      assert.match(unknown.stdout, /problem: 0001_a\.sql uses \$\{table\}, and variables has only other/);
      writeFileSync(variables, "hush");
      const broken = await migrate("lint", "--engine", "postgresql", "--variables", variables);
      assert.equal(broken.stderr, `BadArguments: The file ${variables} is not JSON.\n`);
    });

    it("says what it needs", async () => {
      const none = await migrate("lint", "--engine", "postgresql");
      assert.match(none.stderr, /^FolderMissing: There is no folder .*--directory/);
      fill(destroying);
      assert.match((await migrate("lint")).stderr, /^BadArguments: .*--engine postgresql, mysql or mariadb/);
      const other = await migrate("lint", "--engine", "postgresql", "0009_x.sql");
      assert.match(other.stderr, /^BadArguments: 0009_x\.sql is not in the folder/);
      assert.match((await migrate("lint", "--pending")).stderr, /^BadArguments: .*--database <name>/);
    });
  });

  it("lets nothing that a history holds speak to the terminal", async () => {
    const at = "2026-01-31T12:00:00.000Z";
    const history = [{ name: "0001_\u001b[2J\u009b1m\u202e.sql", sha256: "0", state: "applied" as const, at }];
    const empty = { runAs: "o", pending: [], blocks: [], findings: [], others: [], ran: [], incomplete: false };
    const client = { ...clientOf(new FakeProvisioner()), migrations: () => Promise.resolve({ ...empty, history }) };
    const spec = { database: "shop" } as MigrationSpec;
    const status = await ask({ client, ref: refWith(), owner: "test", spec }, { operation: "plan" });
    assert.deepEqual(status, { ...empty, history: [{ ...history[0], name: "0001_?[2J?1m?.sql" }] });
  });

  it("compares folder and history file by file", () => {
    const texts = {
      "0002_b.sql": "b",
      "0010_c.sql": "c",
      "R__v.sql": "v",
      "R__w.sql": "w",
      "R__x.sql": "x",
      "0002_b.verify.sql": "x",
    };
    const { files } = readFolder(Object.entries(texts).map(([name, text]) => ({ name, bytes: Buffer.from(text) })));
    const sha256 = Object.fromEntries(files.map((file) => [file.name, file.sha256]));
    const row = (name: string, hash: string, state: MigrationStatus["history"][number]["state"] = "applied") => ({
      name,
      sha256: hash,
      state,
      at: "2026-01-31T12:00:00.000Z",
    });
    const history = [
      row("R__v.sql", "other"),
      row("0002_b.sql", "other"),
      row("0001_a.sql", "gone"),
      row("R__gone.sql", "gone"),
      row("R__w.sql", sha256["R__w.sql"], "failed"),
      row("R__x.sql", sha256["R__x.sql"]),
    ];
    const known = { history, pending: [], blocks: [] };
    const short = (lines: ReturnType<typeof compare>) =>
      lines.map(({ file, state, difference, runsAgain }) => [file, state, difference ?? runsAgain]);
    assert.deepEqual(short(compare(files, known)), [
      ["0001_a.sql", "applied", "missing"],
      ["0002_b.sql", "applied", "edited"],
      ["0010_c.sql", "pending", undefined],
      ["R__gone.sql", "applied", undefined],
      ["R__v.sql", "applied", true],
      ["R__w.sql", "failed", true],
      ["R__x.sql", "applied", undefined],
    ]);
    const last = (more: Partial<Parameters<typeof compare>[1]>) =>
      short(compare(files, { ...known, ...more })).slice(-2);
    const blocks = [{ code: "failed", file: "R__w.sql", words: "look at it" }];
    assert.deepEqual(last({ blocks, pending: ["R__x.sql"] }), [
      ["R__w.sql", "failed", undefined],
      ["R__x.sql", "applied", true],
    ]);
    assert.deepEqual(last({ holder: "somebody" })[0], ["R__w.sql", "failed", undefined]);
    assert.ok(compare(undefined, known).every((line) => !("difference" in line || "runsAgain" in line)));
  });
});
