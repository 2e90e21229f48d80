import assert from "node:assert/strict";
import fc from "fast-check";
import type { HistoryRow } from "../../provisioner/migrations/history";
import { planBaseline, type BaselineFile } from "../../provisioner/migrations/others/baseline";
import { otherHistoryBlock } from "../../provisioner/migrations/others/block";
import { flywayChecksum } from "../../provisioner/migrations/others/flyway-checksum";
import { recordOf, type RecordRow } from "../../provisioner/migrations/others/record";
import { locate } from "../../provisioner/migrations/others/shapes";
import type { OtherRecord } from "../../provisioner/migrations/others/tool";
import { parseFileName } from "../../provisioner/migrations/file-name";
import { planMigrations, type MigrationRules } from "../../provisioner/migrations/plan";
import { hashOf } from "../../provisioner/migrations/text";
import type { OtherTool } from "../../provisioner/protocol/migrations";

const file = (name: string, text = "SELECT 1;"): BaselineFile => {
  const parsed = parseFileName(name);
  assert.ok(parsed !== undefined, name);
  return { ...parsed, sha256: hashOf(text), text };
};
const record = (tool: OtherTool, rows: RecordRow[]): OtherRecord => recordOf({ tool, table: "its_table" }, rows, false);
const flywayRow = (version: string | null, more: RecordRow = {}): RecordRow => ({
  version,
  type: "SQL",
  script: version === null ? "R__x.sql" : `V${version}__x.sql`,
  checksum: "0",
  success: "true",
  ...more,
});
const codes = (...given: Parameters<typeof planBaseline>): string[] =>
  planBaseline(...given).blocks.map(({ code }) => code);
const names = (...given: Parameters<typeof planBaseline>): string[] => {
  const { steps, blocks } = planBaseline(...given);
  assert.deepEqual(blocks, []);
  return steps.map((step) => step.file.name);
};
const ownRow: HistoryRow = {
  name: "0001_x.sql",
  sha256: hashOf("SELECT 1;"),
  state: "applied",
  transactional: true,
  at: "2026-11-20T00:00:00.000Z",
  runId: "run",
};
const rules: MigrationRules = { order: "strict", resolve: {}, onChecksumMismatch: "error" };

const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { maxLength: 8 });
const folder = fc
  .tuple(numbers, fc.subarray(["R__a.sql", "R__b.sql"]))
  .map(([versions, repeatable]) => [
    ...versions.flatMap((version) => [file(`${version}_x.sql`), file(`${version}_x.verify.sql`)]),
    ...repeatable.map((name) => file(name)),
  ]);
const limit = fc.option(fc.integer({ min: 0, max: 13 }).map(String), { nil: undefined });
const listing = fc.oneof(
  fc.tuple(numbers, fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined })).map(([versions, floor]) => ({
    has: (version: number) => versions.includes(version) || (floor !== undefined && version <= floor),
    highest: Math.max(0, floor ?? 0, ...versions),
    record: record("flyway", [
      ...(floor === undefined ? [] : [flywayRow(String(floor), { type: "BASELINE" })]),
      ...versions.filter((version) => version !== floor).map((version) => flywayRow(String(version))),
    ]),
  })),
  numbers.map((versions) => ({
    has: (version: number) => versions.includes(version),
    highest: Math.max(0, ...versions),
    record: record(
      "node-pg-migrate",
      versions.map((version) => ({ name: `${version}_x` })),
    ),
  })),
  fc.integer({ min: 0, max: 12 }).map((highest) => ({
    has: (version: number) => version <= highest,
    highest,
    record: record("golang-migrate", highest === 0 ? [] : [{ version: String(highest), dirty: "false" }]),
  })),
);

describe("a baseline from another tool", () => {
  it("counts exactly what has run, or nothing and says why", () => {
    let allowed = 0;
    fc.assert(
      fc.property(folder, listing, limit, (files, { has, highest, record: said }, to) => {
        const { steps, blocks } = planBaseline(files, [], said, to);
        assert.equal(steps.length === 0, blocks.length > 0);
        if (blocks.length > 0) return;
        allowed++;
        const counted = steps.map((step) => step.file.name);
        for (const { name, kind, version } of files)
          assert.equal(counted.includes(name), kind === "versioned" && has(Number(version)), name);
        assert.ok(to === undefined || Number(to) >= highest);
        assert.ok(steps.every(({ kind }) => kind === "baseline"));
        const after = steps.map(({ file: { name, sha256 } }): HistoryRow => ({
          ...ownRow,
          name,
          sha256,
          state: "baselined",
        }));
        const next = planMigrations(files, after, { ...rules, order: "allow" });
        assert.deepEqual(next.blocks, []);
        for (const { file: pending } of next.steps) assert.ok(!has(Number(pending.version ?? "99")), pending.name);
      }),
      { numRuns: 500 },
    );
    assert.ok(allowed > 20, `${allowed} of the folders fitted`);
  });

  it("a folder that is what has run is never in the way", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 99_999 }), { minLength: 1 }), (versions) => {
        const files = versions.map((version) => file(`${version}_x.sql`));
        const ran = Math.max(...versions);
        for (const said of [
          record(
            "flyway",
            versions.map((version) => flywayRow(String(version))),
          ),
          record("golang-migrate", [{ version: String(ran), dirty: "0" }]),
        ])
          assert.equal(names([...files, file(`${ran + 1}_new.sql`)], [], said).length, files.length);
      }),
    );
  });

  it("nothing is counted beside a history of one's own, or after a failure of the tool", () => {
    fc.assert(
      fc.property(folder, listing, limit, (files, { record: said }, to) => {
        assert.ok(codes(files, [ownRow], said, to).includes("ownHistory"));
        assert.ok(codes(files, [], { ...said, problems: ["It failed."] }, to).includes("otherUnclean"));
      }),
    );
  });

  it("a file that has not run, a number without a file and a number too low are named", () => {
    const said = record("flyway", [flywayRow("1"), flywayRow("3")]);
    const words = (files: string[], to?: string): string =>
      planBaseline(
        files.map((name) => file(name)),
        [],
        said,
        to,
      )
        .blocks.map((block) => `${block.code}: ${block.words}`)
        .join("\n");
    assert.match(words(["1_a.sql", "2_b.sql", "3_c.sql"]), /^notRecorded: 2_b\.sql is not in its_table.*above 3\.$/);
    assert.match(
      words(["1_a.sql"]),
      /^noFile: Flyway has run V3__x\.sql, and no file of the folder has the number 3\./,
    );
    assert.match(words(["1_a.sql", "3_c.sql"], "1"), /^beyond: Flyway is at 3;.*would run once more/);
    assert.match(words(["1_a.sql", "3_c.sql", "4_d.sql"], "4"), /^notRecorded: 4_d\.sql/);
    assert.equal(words(["1_a.sql", "3_c.sql", "4_d.sql"]), "");
  });

  it("versions that are no whole numbers need a number that says what they stand for", () => {
    const files = [file("0001_baseline.sql"), file("0002_new.sql")];
    for (const said of [
      record("flyway", [flywayRow("1"), flywayRow("1.1")]),
      record("liquibase", [{ filename: "c.sql", id: "1", author: "a", exectype: "EXECUTED" }]),
      record("node-pg-migrate", [{ name: "first" }]),
      // Two of one number: the folder cannot have both.
      record("node-pg-migrate", [{ name: "17_a" }, { name: "17_b" }]),
    ]) {
      assert.deepEqual(codes(files, [], said), ["needsTo"]);
      assert.deepEqual(codes(files, [], said, "7"), ["unknownBaseline"]);
      assert.deepEqual(names(files, [], said, "0001"), ["0001_baseline.sql"]);
    }
    assert.deepEqual(names([file("3_c.sql")], [], record("flyway", [flywayRow("3.0")])), ["3_c.sql"]);
  });

  it("a repeatable file counts where its text is what ran last", () => {
    const [old, now] = ["SELECT 1;\nSELECT 2;\n", "SELECT 3;"];
    const ran = (text: string): RecordRow => flywayRow(null, { checksum: String(flywayChecksum(text)) });
    const said = record("flyway", [flywayRow("1"), ran(old), ran(now)]);
    const files = (text?: string): BaselineFile[] => [file("1_a.sql"), { ...file("R__x.sql"), text }];
    assert.deepEqual(names(files(now), [], said), ["1_a.sql", "R__x.sql"]);
    assert.deepEqual(names(files(old), [], said), ["1_a.sql"]);
    assert.deepEqual(names(files(), [], said), ["1_a.sql"]);
    assert.deepEqual(names([file("1_a.sql"), file("R__y.sql", now)], [], said), ["1_a.sql"]);
  });

  it("what Flyway has undone or removed has not run, and what it has done again has", () => {
    // Undo is of its paid editions: rows as its manual shows them.
    const undone = flywayRow("2", { type: "UNDO_SQL", script: "U2__x.sql" });
    const files = [file("1_a.sql"), file("2_b.sql")];
    const rows = [flywayRow("1"), flywayRow("2"), undone];
    assert.deepEqual(names(files, [], record("flyway", rows)), ["1_a.sql"]);
    assert.deepEqual(names(files, [], record("flyway", [...rows, flywayRow("2")])), ["1_a.sql", "2_b.sql"]);
    assert.deepEqual(codes(files, [], record("flyway", [...rows, flywayRow("2", { success: "0" })])), ["otherUnclean"]);
  });

  it("what Flyway was told to be there is there", () => {
    const said = record("flyway", [flywayRow("3", { type: "BASELINE" }), flywayRow("4")]);
    assert.deepEqual(names([file("2_a.sql"), file("4_b.sql"), file("5_c.sql")], [], said), ["2_a.sql", "4_b.sql"]);
    assert.deepEqual(codes([file("4_b.sql")], [], record("flyway", [flywayRow("3", { type: "BASELINE" })])), [
      "noFile",
    ]);
  });

  it("where nothing has run, nothing is counted", () => {
    for (const tool of ["flyway", "golang-migrate", "node-pg-migrate"] as const)
      assert.deepEqual(codes([file("1_a.sql")], [], record(tool, [])), ["noFile"]);
    assert.deepEqual(codes([file("1_a.sql")], [], record("golang-migrate", []), "1"), ["notRecorded"]);
  });

  it("an apply beside another tool's history waits for somebody to say what is there", () => {
    const others = [{ tool: "flyway" as const, table: "public.flyway_schema_history" }];
    const block = otherHistoryBlock(others, [], undefined);
    assert.equal(block?.code, "otherHistory");
    for (const part of ["Flyway (public.flyway_schema_history)", "baseline --from flyway", 'baseline: "<number>"'])
      assert.ok(block.words.includes(part), block.words);
    assert.equal(otherHistoryBlock(others, [], "3"), undefined);
    assert.equal(otherHistoryBlock(others, [ownRow], undefined), undefined);
    assert.equal(otherHistoryBlock([], [], undefined), undefined);
    assert.deepEqual(planMigrations([file("1_a.sql")], [], { ...rules, baseline: "0" }).steps.length, 1);
  });

  it("a table is a history by its columns, not by its name alone", () => {
    const toolOf = (name: string, ...columns: string[]): string[] =>
      locate([{ schema: "public", name, columns }]).map(({ tool }) => tool);
    assert.deepEqual(toolOf("schema_migrations", "version", "dirty"), ["golang-migrate"]);
    assert.deepEqual(toolOf("schema_migrations", "version"), []);
    assert.deepEqual(toolOf("schema_migrations", "version", "inserted_at"), []);
    assert.deepEqual(toolOf("schema_migrations", "version", "dirty", "note"), []);
    assert.deepEqual(toolOf("other", "version", "dirty"), []);
    assert.deepEqual(toolOf("pgmigrations", "id", "name", "run_on"), ["node-pg-migrate"]);
    assert.deepEqual(toolOf("databasechangelog", "id", "author"), []);
    assert.deepEqual(toolOf("flyway_schema_history", "version"), []);
  });
});
