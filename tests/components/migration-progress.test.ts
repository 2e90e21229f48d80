import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { runningLines, withProgress } from "../../components/migration-progress";
import type { MigrationStatus } from "../../provisioner/protocol";

const status = (over: Partial<MigrationStatus>): MigrationStatus => ({
  runAs: "owner",
  history: [],
  pending: [],
  blocks: [],
  findings: [],
  others: [],
  ran: [],
  incomplete: false,
  ...over,
});
const running = status({
  holder: "db-access/one (pid 7)",
  history: [
    { name: "0001_a.sql", sha256: "", state: "applied", at: "2026-01-01T00:00:00Z" },
    { name: "0002_b.sql", sha256: "", state: "applying", at: "2026-01-01T00:00:00Z", statement: 4 },
  ],
});

describe("progress of migrations", () => {
  it("names the file, its statement, how long it has run, and whose run it is", () => {
    assert.deepEqual(runningLines(running, Date.parse("2026-01-01T00:00:12Z")), [
      "0002_b.sql is running, statement 4 (12 s so far; db-access/one (pid 7))",
    ]);
    assert.deepEqual(runningLines({ ...running, holder: undefined }), [], "cut short, and nobody runs it");
  });

  it("is told while the run goes on and never after it, whatever becomes of the looks", async () => {
    const told: string[] = [];
    let looks = 0;
    const look = (): Promise<MigrationStatus> => {
      looks += 1;
      return looks === 1 ? Promise.reject(new Error("throttled")) : Promise.resolve(running);
    };
    const until = async (): Promise<string> => {
      while (told.length < 2) await sleep(5);
      return "done";
    };
    assert.equal(await withProgress(until, look, (line) => told.push(line), 5), "done");
    const after = told.length;
    await sleep(50);
    assert.equal(told.length, after);
  });

  it("does not hold the run up, nor hide its failure", async () => {
    const never = new Promise<MigrationStatus>(() => undefined);
    const fails = async (): Promise<never> => {
      await sleep(20);
      throw new Error("the run's own");
    };
    await assert.rejects(
      withProgress(
        fails,
        () => never,
        () => undefined,
        1,
      ),
      /the run's own/,
    );
  });
});
