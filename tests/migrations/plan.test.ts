import assert from "node:assert/strict";
import fc from "fast-check";
import { readFolder } from "../../provisioner/migrations/folder";
import type { HistoryRow } from "../../provisioner/migrations/history";
import { failureOf, planMigrations, type MigrationRules, type PlannedFile } from "../../provisioner/migrations/plan";
import { hashOf } from "../../provisioner/migrations/text";

const rules: MigrationRules = { order: "strict", resolve: {}, onChecksumMismatch: "error" };
const bytes = (text: string): Buffer => Buffer.from(text, "utf8");
const folderOf = (texts: Record<string, string>) =>
  readFolder(Object.entries(texts).map(([name, text]) => ({ name, bytes: bytes(text) })));

/** What a run that does every step leaves. */
function after(history: readonly HistoryRow[], files: readonly PlannedFile[], given = rules): HistoryRow[] {
  const rows = new Map(history.map((row) => [row.name, row]));
  for (const { kind, file } of planMigrations(files, history, given).steps)
    rows.set(file.name, {
      name: file.name,
      sha256: file.sha256,
      state: kind === "baseline" ? "baselined" : kind === "skip" ? "skipped" : "applied",
      transactional: true,
      at: "2026-11-20T00:00:00.000Z",
      runId: "run",
    });
  return [...rows.values()];
}

const text = fc.stringMatching(/^SELECT [0-9]{1,6};$/);
const folder = fc
  .tuple(
    fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 99_999 }), text), { selector: ([version]) => version }),
    fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z]{1,8}$/), text), { selector: ([name]) => name }),
  )
  .map(([versioned, repeatable]) =>
    Object.fromEntries([
      ...versioned.map(([version, sql]) => [`${String(version).padStart(5, "0")}_x.sql`, sql] as const),
      ...repeatable.map(([name, sql]) => [`R__${name}.sql`, sql] as const),
    ]),
  );

describe("planning migrations", () => {
  it("one run converges, in the order of the numbers, and repeatable files come last", () => {
    fc.assert(
      fc.property(folder, (texts) => {
        const { files, problems } = folderOf(texts);
        assert.deepEqual(problems, []);
        const { steps } = planMigrations(files, [], rules);
        assert.equal(steps.length, files.length);
        const names = steps.map(({ file }) => file.name);
        const numbered = names.filter((name) => !name.startsWith("R__"));
        assert.deepEqual(numbered, [...numbered].sort());
        assert.deepEqual(names, [...numbered, ...names.filter((name) => name.startsWith("R__")).sort()]);
        assert.deepEqual(planMigrations(files, after([], files), rules), { steps: [], blocks: [] });
      }),
    );
  });

  it("what has run is never run again, whatever comes to the folder or leaves it", () => {
    fc.assert(
      fc.property(folder, folder, (before, now) => {
        const history = after([], folderOf(before).files);
        const { steps, blocks } = planMigrations(folderOf(now).files, history, rules);
        const there = new Map(history.map(({ name, sha256 }) => [name, sha256]));
        for (const { kind, file } of steps) {
          if (kind !== "apply") continue;
          assert.ok(
            file.kind === "repeatable" ? there.get(file.name) !== file.sha256 : !there.has(file.name),
            file.name,
          );
        }
        if (blocks.length > 0) assert.deepEqual(steps, []);
        for (const { name } of history)
          if (!name.startsWith("R__") && !(name in now)) assert.ok(blocks.some(({ file }) => file === name));
      }),
    );
  });

  it("byte order marks and line ends are no change", () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), (lines) => {
        const plain = folderOf({ "1_a.sql": lines.join("\n") }).files[0];
        const other = folderOf({ "1_a.sql": `\uFEFF${lines.join("\r\n")}` }).files[0];
        assert.equal(plain.sha256, other.sha256);
      }),
    );
  });

  const file = (name: string, sql = "SELECT 1;"): PlannedFile => folderOf({ [name]: sql }).files[0];
  const row = (name: string, more: Partial<HistoryRow> = {}): HistoryRow => ({
    name,
    sha256: hashOf("SELECT 1;"),
    state: "applied",
    transactional: true,
    at: "2026-11-20T00:00:00.000Z",
    runId: "run",
    ...more,
  });
  const codes = (files: PlannedFile[], history: HistoryRow[], more: Partial<MigrationRules> = {}): string[] =>
    planMigrations(files, history, { ...rules, ...more }).blocks.map(({ code }) => code);

  it("a late number is refused, or runs where the order does not matter", () => {
    const files = [file("1_a.sql"), file("2_b.sql")];
    assert.deepEqual(codes(files, [row("2_b.sql")]), ["outOfOrder"]);
    const { steps } = planMigrations(files, [row("2_b.sql")], { ...rules, order: "allow" });
    assert.deepEqual(
      steps.map(({ file: { name } }) => name),
      ["1_a.sql"],
    );
  });

  it("numbers are compared as numbers", () => {
    assert.deepEqual(codes([file("9_a.sql"), file("010_b.sql")], [row("9_a.sql")]), []);
  });

  it("a baseline counts only in a database without a history, and names a file", () => {
    const files = [file("1_a.sql"), file("2_b.sql"), file("3_c.sql"), file("R__v.sql")];
    const { steps } = planMigrations(files, [], { ...rules, baseline: "0002" });
    assert.deepEqual(
      steps.map(({ kind }) => kind),
      ["baseline", "baseline", "apply", "apply"],
    );
    assert.deepEqual(codes(files, [], { baseline: "7" }), ["unknownBaseline"]);
    assert.deepEqual(codes(files, [row("1_a.sql")], { baseline: "2" }), []);
  });

  it("what a transaction held simply runs again; what it could not hold waits for somebody who has looked", () => {
    const files = [file("1_a.sql")];
    for (const state of ["applying", "failed"] as const) {
      assert.deepEqual(codes(files, [row("1_a.sql", { state })]), []);
      const broken = row("1_a.sql", { state, transactional: false, statement: 2 });
      assert.deepEqual(codes(files, [broken]), ["failed"]);
      const failure = failureOf(broken);
      for (const [as, kind] of [
        ["retry", "apply"],
        ["applied", "record"],
        ["skip", "skip"],
      ] as const) {
        const { steps } = planMigrations(files, [broken], { ...rules, resolve: { "1_a.sql": { as, failure } } });
        assert.deepEqual(
          steps.map((step) => step.kind),
          [kind],
        );
      }
      const again = { ...broken, runId: "another" };
      assert.deepEqual(codes(files, [again], { resolve: { "1_a.sql": { as: "retry", failure } } }), ["failed"]);
    }
  });

  it("an edited file is refused, or recorded as it is now", () => {
    const files = [file("1_a.sql", "SELECT 2;")];
    assert.deepEqual(codes(files, [row("1_a.sql")]), ["edited"]);
    const { steps } = planMigrations(files, [row("1_a.sql")], { ...rules, onChecksumMismatch: "repair" });
    assert.deepEqual(
      steps.map(({ kind }) => kind),
      ["record"],
    );
  });

  it("a folder says what is wrong with it, file by file", () => {
    const cases: [string, Buffer, RegExp][] = [
      ["first.sql", bytes("SELECT 1;"), /follows no rule for names/],
      ["1_b.sql", bytes("SELECT 1;"), /has the same number as 001_a\.sql/],
      ["2_c.sql", Buffer.from([0xff, 0xfe, 0x41]), /is not UTF-8/],
      ["3_d.sql", bytes("SELECT 1;\0"), /NUL/],
      ["4_e.sql", bytes(" \n"), /is empty/],
      [
        "5_f.sql",
        bytes("-- migrate: allow everything\nSELECT 1;"),
        /"-- migrate: allow everything", which nobody knows/,
      ],
      ["6_g.down.sql", bytes("SELECT 1;"), /belongs to 6_g\.sql, which is not there/],
    ];
    for (const [name, content, words] of cases) {
      const { problems } = readFolder([
        { name: "001_a.sql", bytes: bytes("SELECT 1;") },
        { name, bytes: content },
      ]);
      assert.deepEqual(
        problems.map(({ file: wrong }) => wrong),
        [name],
      );
      assert.match(problems[0].words, words);
    }
    assert.deepEqual(folderOf({ "README.md": "no SQL" }), { files: [], problems: [] });
  });
});
