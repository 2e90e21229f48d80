import assert from "node:assert/strict";
import { createColors } from "picocolors";
import { fleetReport } from "../../automation/report/report";
import { countWords, reportWords } from "../../automation/report/words";
import type { TargetResult } from "../../automation/run/fan-out";
import { type EngineMessage, type StackResult, noCounts } from "../../automation/run/messages";
import { reasonOf } from "../../automation/run/reason";
import { plainTable } from "../../automation/terminal/table";

const result = (target: string, rest: Partial<StackResult>): TargetResult => ({
  target,
  stack: target,
  operation: "up",
  status: "succeeded",
  seconds: 1.25,
  counts: noCounts(),
  changes: [],
  messages: [],
  outputs: {},
  ...rest,
});

const mixed = [
  result("orders", { counts: { ...noCounts(), created: 2, same: 3 } }),
  result("archive", {
    status: "failed",
    reason: { code: "NetworkPathDatabase", message: "nobody answers.", resource: "app" },
  }),
  result("late", { status: "notStarted", reason: { code: "Cancelled", message: "Not started." } }),
];

describe("the fleet's report", () => {
  it("says 0 only when every target succeeded, else 3", () => {
    assert.equal(fleetReport("up", [mixed[0]], 1).exitCode, 0);
    assert.equal(fleetReport("up", mixed, 1).exitCode, 3);
    assert.equal(fleetReport("up", [mixed[2]], 1).exitCode, 3);
  });

  it("has no outputs, messages or changes in it, which may hold more than a report should", () => {
    const [target] = fleetReport("up", [result("a", { outputs: { arn: "x" } })], 1).targets;
    assert.deepEqual(Object.keys(target), ["target", "stack", "status", "seconds", "counts"]);
  });

  it("is a plain table and the reasons in full", () => {
    assert.deepEqual(reportWords(fleetReport("up", mixed, 4.2), createColors(false)).split("\n"), [
      "target   status       changes            seconds  reason",
      "───────  ───────────  ─────────────────  ───────  ───────────────────",
      "orders   ok           2 created, 3 same  1.3",
      "archive  failed       none               1.3      NetworkPathDatabase",
      "late     not started                              Cancelled",
      "",
      "archive: app: NetworkPathDatabase: nobody answers.",
      "late: Cancelled: Not started.",
      "",
      "up: 2 of 3 targets failed, 1 done, in 4.2 s.",
    ]);
  });

  it("speaks of plans and of drift where that is meant", () => {
    const counts = { ...noCounts(), created: 1, updated: 2, deleted: 1 };
    assert.equal(countWords(counts, "preview"), "1 to create, 2 to update, 1 to delete");
    assert.equal(countWords(counts, "refresh"), "1 created, 2 drifted, 1 gone");
  });

  it("keeps columns straight when cells are coloured", () => {
    const colour = createColors(true);
    const [, , first, second] = plainTable(
      ["a", "b"],
      [
        [colour.green("xx"), "1"],
        ["yyyy", "2"],
      ],
    ).split("\n");
    assert.equal(first, `${colour.green("xx")}    1`);
    assert.equal(second, "yyyy  2");
  });
});

describe("the reason of a failure", () => {
  const error = (text: string, resource?: string): EngineMessage => ({
    severity: "error",
    text,
    ...(resource === undefined ? {} : { resource }),
  });

  it("is the provisioner's code, wherever it stands", () => {
    const messages = [
      error("update failed"),
      error(
        "resource partially created but read failed: UserExists: orders_api already exists; set adopt: true.\nmore",
        "api",
      ),
    ];
    assert.deepEqual(reasonOf(messages, ""), {
      code: "UserExists",
      message: "orders_api already exists; set adopt: true.",
      resource: "api",
    });
  });

  it("is the program's exception without its stack", () => {
    const text =
      "Running program '/x/index.ts' failed with an unhandled exception:\nError: no such thing\n    at f (/x/index.ts:1:2)";
    assert.deepEqual(reasonOf([error(text)], ""), { code: "ProgramFailed", message: "no such thing" });
  });

  it("is what the engine said when nobody logged anything", () => {
    assert.deepEqual(reasonOf([], "error: no stack named 'x' found\n"), {
      code: "EngineFailed",
      message: "no stack named 'x' found",
    });
  });

  it("is not a word that only looks like a code", () => {
    assert.equal(reasonOf([error("Unexpectedly: no")], "").code, "ProgramFailed");
  });
});
