import assert from "node:assert/strict";
import { DbAccessError } from "../../provisioner/errors";
import { Meter, metricsOf, type Batch } from "../../provisioner/metrics";
import { metricUnits } from "../../provisioner/metrics/names";
import type { Change, ClaimResult } from "../../provisioner/protocol";
import { embedded, numbersOf } from "./support/emitted";

const change = (verb: Change["verb"]): Change => ({ verb, words: `${verb} something of reporting_app` });

const result = (status: ClaimResult["status"], more: Partial<ClaimResult> = {}): ClaimResult => ({
  operationId: "1",
  status,
  changes: [],
  warnings: [],
  ...more,
});

const did = (...verbs: Change["verb"][]): ClaimResult => result("done", { changes: verbs.map(change) });
const ended = (code: ConstructorParameters<typeof DbAccessError>[0]): ClaimResult =>
  result("failed", { error: new DbAccessError(code, "words").toBody() });

const counted = (mode: string, results: ClaimResult[]): object => {
  const { Duration, ...counts } = metricsOf({ batches: [{ mode, results }], durationMs: 7 });
  assert.equal(Duration, 7);
  return counts;
};

describe("a run's metrics", () => {
  it("count each claim once, by what was done for it", () => {
    assert.deepEqual(
      counted("apply", [did("create", "grant", "grant"), did("alter", "reset"), did("revoke", "drop"), did("lock")]),
      { Created: 1, Changed: 1, Removed: 2, Succeeded: 1 },
    );
    assert.deepEqual(counted("apply", [did("grant", "revoke")]), { Created: 1, Removed: 1, Succeeded: 1 });
  });

  it("know nothing of what only the ledger was told, what was so already, and what was not attempted", () => {
    const quiet = [did("record"), did("forget"), result("unchanged"), result("notAttempted")];
    assert.deepEqual(counted("apply", quiet), { Succeeded: 1 });
  });

  it("do not believe what a claim that has failed was about to do", () => {
    const broken = { ...ended("NotApplied"), changes: [change("drop")] };
    assert.deepEqual(counted("apply", [broken]), { Failed: 1 });
  });

  it("tell what is not allowed from what went wrong; a run in which something went wrong is no success", () => {
    assert.deepEqual(counted("apply", [ended("OwnedElsewhere"), ended("ReservedName"), did("create")]), {
      Created: 1,
      Refused: 2,
      Succeeded: 1,
    });
    assert.deepEqual(counted("apply", [ended("LockTimeout"), ended("NotOurs")]), { Refused: 1, Failed: 1 });
  });

  it("find drift in readings alone, and no refusal in what only looks", () => {
    const found = result("unchanged", { changes: [change("grant")] });
    assert.deepEqual(
      counted("read", [found, result("unchanged"), result("unchanged", { changes: [change("record")] })]),
      { Drift: 1, Succeeded: 1 },
    );
    assert.deepEqual(counted("plan", [found, ended("ReservedName")]), { Succeeded: 1 });
    assert.deepEqual(counted("plan", [ended("NetworkPathSecrets")]), { Failed: 1 });
  });

  it("count a request that fails as a whole as one, and one that nobody could read as refused", () => {
    const whole = (batches: Batch[], code: ConstructorParameters<typeof DbAccessError>[0]): object =>
      metricsOf({ batches, durationMs: 1, error: new DbAccessError(code, "words").toBody() });
    const batch = (mode: string): Batch[] => [{ mode, results: [] }];
    assert.deepEqual(whole([], "InvalidInput"), { Refused: 1, Duration: 1 });
    assert.deepEqual(whole(batch("apply"), "WrongCluster"), { Refused: 1, Duration: 1 });
    assert.deepEqual(whole(batch("plan"), "WrongCluster"), { Duration: 1 });
    assert.deepEqual(whole(batch("plan"), "NetworkPathDatabase"), { Failed: 1, Duration: 1 });
    const refused = [{ mode: "apply", results: [ended("NotOurs"), did("create")] }];
    assert.deepEqual(whole(refused, "NotOurs"), { Created: 1, Refused: 1, Duration: 1 });
  });

  it("are one line of the embedded format, with units, two dimensions and nothing of a claim", () => {
    const lines: string[] = [];
    const meter = new Meter({ cluster: "orders", engine: "aurora-mysql", purpose: "access" }, (line) =>
      lines.push(line),
    );
    meter.batch("apply")([did("create", "alter", "drop"), ended("NotOurs"), ended("Unexpected")]);
    meter.batch("read")([result("unchanged", { changes: [change("grant")] })]);
    meter.changed = 2;
    meter.undelivered = 3;
    meter.end("action", new Error("near 'secret statement'"));
    assert.equal(lines.length, 1);
    const line = embedded(lines[0]);
    const { Duration, ...counts } = numbersOf(line);
    assert.ok(Number.isInteger(Duration));
    assert.deepEqual(counts, {
      Created: 1,
      Changed: 3,
      Removed: 1,
      Refused: 1,
      Drift: 1,
      Failed: 1,
      AuditUndelivered: 3,
    });
    const { Succeeded, ...units } = metricUnits;
    assert.equal(Succeeded, "Count");
    assert.deepEqual(line.units, units);
    for (const { namespace, dimensions } of line.points)
      assert.deepEqual([namespace, dimensions], ["DbAccess", { Cluster: "orders", Engine: "aurora-mysql" }]);
    assert.deepEqual(line.more, { Function: "access", Door: "action", Mode: "apply", Code: "Unexpected" });
    assert.doesNotMatch(lines[0], /reporting_app|words|statement/);
  });
});
