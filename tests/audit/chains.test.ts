import assert from "node:assert/strict";
import fc from "fast-check";
import { readExport } from "../../automation/audit/events";
import { verifyEvents, type AuditReport } from "../../automation/audit/verify";
import { ChangeTrail, type AuditRecord } from "../../provisioner/audit";
import { canonical, hashOf } from "../../provisioner/audit/chain";
import { DbAccessError } from "../../provisioner/errors";
import { historyOf, steps, type History } from "./histories";

const verify = (log: readonly AuditRecord[], head: History["head"]): AuditReport =>
  verifyEvents("orders", log, { before: head, after: head });

const isTail = (log: readonly AuditRecord[], { stream, sequence }: AuditRecord): boolean =>
  !log.some((other) => other.stream === stream && other.sequence > sequence);
const isBeginning = (log: readonly AuditRecord[], { stream, sequence }: AuditRecord): boolean =>
  !log.some((other) => other.stream === stream && other.sequence < sequence);
const rehashed = (event: AuditRecord): AuditRecord => ({ ...event, hash: hashOf(event) });

/** Any event of any history. */
const chosen = (test: (history: History, event: AuditRecord) => void): void =>
  fc.assert(
    fc.property(steps, fc.nat(), (all, at) => {
      const history = historyOf(all);
      test(history, history.log[at % history.log.length]);
    }),
  );

describe("the audit trail's chains", () => {
  it("are intact as they were written, in whatever order the lines are read, and when some are there twice", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const { log, head } = historyOf(all);
        const report = verify([...log, ...log.slice(0, 3)].reverse(), head);
        assert.deepEqual(report.problems, []);
        assert.equal(report.events, log.length);
        assert.deepEqual(report.changes, head.number === 0 ? undefined : { from: 1, to: head.number });
      }),
    );
  });

  it("show every event that was taken away, except at a stream's ends where it was no change", () => {
    chosen(({ log, head }, gone) => {
      const left = log.filter((event) => event !== gone);
      const inTheMiddle = !isTail(log, gone) && !isBeginning(log, gone);
      const oldest = gone.change?.number === 1 && head.number > 1;
      const shown = inTheMiddle || (gone.change !== undefined && !oldest);
      const { problems } = verify(left, head);
      assert.equal(problems.length > 0, shown, problems.join("\n"));
      if (gone.change !== undefined && !oldest)
        assert.ok(problems.includes(`Change ${gone.change.number} is recorded on the server and missing in the log.`));
      if (inTheMiddle) assert.match(problems.join("\n"), new RegExp(`Event ${gone.sequence} is missing in stream`));
    });
  });

  it("show every event that was changed", () => {
    chosen(({ log, head }, event) => {
      for (const over of [
        { owner: "mallory" },
        { time: "2026-02-02T00:00:00.000Z" },
        { outcome: "planned" as const },
      ]) {
        const { problems } = verify(
          log.map((each) => (each === event ? { ...event, ...over } : each)),
          head,
        );
        assert.ok(problems.some((words) => words.includes("was changed after it had been written")));
      }
    });
  });

  it("show every event that was changed and given the hash that fits, except a stream's last one that is no change", () => {
    chosen(({ log, head }, event) => {
      const forged = rehashed({ ...event, owner: "mallory" });
      const { problems } = verify(
        log.map((each) => (each === event ? forged : each)),
        head,
      );
      assert.equal(problems.length > 0, event.change !== undefined || !isTail(log, event));
    });
  });

  it("show two events that have changed places", () => {
    chosen(({ log, head }, event) => {
      const next = log.find(({ stream, sequence }) => stream === event.stream && sequence === event.sequence + 1);
      if (next === undefined) return;
      const links = ({ sequence, previous, change }: AuditRecord) => ({ sequence, previous, change });
      const swapped = log.map((each) =>
        each === event
          ? rehashed({ ...next, ...links(event) })
          : each === next
            ? rehashed({ ...event, ...links(next) })
            : each,
      );
      assert.notDeepEqual(verify(swapped, head).problems, []);
    });
  });

  it("show what a function that was killed has recorded and not told", () => {
    const { log, head } = historyOf(Array.from({ length: 4 }, () => ({ environment: 0, kind: "changed" })));
    assert.deepEqual(verify(log.slice(0, 2), head).problems, [
      "Changes 3 to 4 are recorded on the server and missing in the log.",
    ]);
    assert.deepEqual(verify([], head).problems, ["Changes 1 to 4 are recorded on the server and missing in the log."]);
  });

  it("show a database that was restored, and not what was done while the log was read", () => {
    const { log, head } = historyOf(Array.from({ length: 3 }, () => ({ environment: 0, kind: "changed" })));
    const earlier = { number: 2, hash: log[1].hash };
    assert.match(verify(log, earlier).problems.join(), /Change 3 is in the log .* record ends with change 2/);
    for (const read of [log, log.slice(0, 2)])
      assert.deepEqual(verifyEvents("orders", read, { before: earlier, after: head }).problems, []);
    assert.notDeepEqual(verifyEvents("orders", log.slice(0, 1), { before: earlier, after: head }).problems, []);
  });

  it("say from which change on they prove anything when the beginning is gone", () => {
    const { log, head } = historyOf(Array.from({ length: 5 }, () => ({ environment: 0, kind: "changed" })));
    const report = verify(log.slice(2), head);
    assert.equal(report.intact, true);
    assert.deepEqual(report.changes, { from: 3, to: 5 });
    assert.match(report.notes.join("\n"), /The log begins with change 3/);
  });

  it("say that nobody knows the end when the server was not asked", () => {
    const { log } = historyOf(Array.from({ length: 3 }, () => ({ environment: 0, kind: "changed" })));
    const report = verifyEvents("orders", log.slice(0, 2));
    assert.equal(report.intact, true);
    assert.match(report.notes.join("\n"), /not known/);
  });

  it("take a change that could not be recorded for what it is, once its function says so", async () => {
    const told: AuditRecord[] = [];
    const { write } = process.stdout;
    process.stdout.write = (text: string | Uint8Array) => told.push(JSON.parse(String(text)) as AuditRecord) > 0;
    const event = { requestId: "r", cluster: "orders", outcome: "changed" as const, changes: ["create role app"] };
    let head = { number: 0, hash: "" };
    try {
      const lost = new ChangeTrail(head);
      lost.add(event);
      const failure = new DbAccessError("NetworkPathDatabase", "The connection was lost.");
      await assert.rejects(
        lost.record(() => Promise.reject(failure)),
        failure,
      );
      const next = new ChangeTrail(head);
      next.add(event);
      await next.record((written) => Promise.resolve(void (head = written ?? head)));
      await next.record((written) => Promise.resolve(assert.equal(written, undefined)));
    } finally {
      process.stdout.write = write;
    }
    const facts = told.map(({ outcome, change, unrecorded }) => [outcome, change?.number, unrecorded]);
    assert.deepEqual(facts, [
      ["changed", 1, undefined],
      ["failed", undefined, 1],
      ["changed", 1, undefined],
    ]);
    const report = verify(told, head);
    assert.deepEqual(report.problems, []);
    assert.match(report.notes.join(), /could not be recorded on the server/);
    const silent = verify([told[0], told[2]], head);
    assert.match(silent.problems.join("\n"), /Change 1 is in the log twice/);
  });

  it("are the same for any spelling of the JSON, and read from every kind of export", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        assert.equal(canonical(JSON.parse(JSON.stringify(value, null, 2))), canonical(JSON.parse(canonical(value))));
      }),
    );
    const { log, head } = historyOf(Array.from({ length: 3 }, () => ({ environment: 1, kind: "failed" })));
    const messages = log.map((event) => JSON.stringify(event));
    const own = ["START RequestId: 1", ...messages, '{"_aws":{}}'].join("\n");
    const wrapped = messages.map((message) => JSON.stringify({ timestamp: 1, message })).join("\n");
    const printed = JSON.stringify({ events: messages.map((message) => ({ message })) }, null, 2);
    for (const text of [own, wrapped, printed]) assert.deepEqual(verify(readExport(text).events, head).problems, []);
    assert.equal(readExport(own).others, 2);
  });
});
