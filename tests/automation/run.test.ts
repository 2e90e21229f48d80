import assert from "node:assert/strict";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { FleetReport } from "../../automation/report/report";
import { fanOut, type TargetResult } from "../../automation/run/fan-out";
import type { Operation } from "../../automation/run/messages";
import { writeProject } from "../../automation/targets/project";
import type { Fleet, Target } from "../../automation/targets/target";
import { dbAccess, startEngine, type Engine } from "./support";

const program = path.join(__dirname, "program", "index.ts");

describe("the fleet runner, with the real engine", function () {
  this.timeout(180_000);
  let engine: Engine;

  before(async () => (engine = await startEngine()));
  after(() => rmSync(engine.directory, { recursive: true, force: true }));

  const target = (name: string, config: Record<string, string> = {}, env: Record<string, string> = {}): Target => ({
    name,
    stack: name,
    config,
    env: { ...engine.env, ...env },
  });

  const fleet = (targets: Target[], concurrency = 2): Fleet => ({
    project: writeProject(path.join(engine.directory, "project"), "tiny", program),
    backend: engine.backend,
    concurrency,
    targets,
  });

  const run = (
    operation: Operation,
    targets: Target[],
    options: Partial<Parameters<typeof fanOut>[1]> = {},
  ): Promise<TargetResult[]> =>
    fanOut(fleet(targets), { operation, signal: new AbortController().signal, pulumi: engine.pulumi, ...options });

  it("finishes the others when one target fails, and says why it did", async () => {
    const [good, refused, broken] = await run("up", [
      target("good", { things: "3", provisioner: "/db-access/orders" }, { AWS_REGION: "eu-west-1" }),
      target("refused", { failure: "provisioner" }),
      target("broken", { failure: "crash" }),
    ]);
    assert.equal(good.status, "succeeded", JSON.stringify(good.reason));
    assert.equal(good.counts.created, 3);
    // Its own configuration and environment, and no secret output.
    assert.equal(good.outputs.region, "eu-west-1");
    assert.equal(good.outputs.provisioner, "/db-access/orders");
    assert.equal(good.outputs.hidden, undefined);
    assert.equal(refused.status, "failed");
    assert.equal(refused.reason?.code, "AdminLoginRefused");
    assert.equal(broken.status, "failed");
    assert.ok(broken.reason !== undefined);
  });

  it("previews, updates in place, finds nothing to do, and takes configuration away", async () => {
    const [preview] = await run("preview", [target("story", { things: "2" })]);
    assert.equal(preview.counts.created, 2);
    await run("up", [target("story", { things: "2", provisioner: "/x" })]);
    const [same] = await run("up", [target("story", { things: "2" })]);
    assert.deepEqual(same.counts, { created: 0, updated: 0, replaced: 0, deleted: 0, same: 2 });
    assert.equal(same.outputs.provisioner, undefined);
    const [fewer] = await run("up", [target("story", { things: "1" })]);
    assert.equal(fewer.counts.deleted, 1);
    const [gone] = await run("destroy", [target("story")], { removeStacks: true });
    assert.equal(gone.counts.deleted, 1);
    const [nothing] = await run("destroy", [target("story")]);
    assert.equal(nothing.status, "succeeded");
    assert.equal(nothing.reason?.code, "NoStack");
  });

  it("waits for another update of the same stack, and gives up in words", async () => {
    // The lock is held from the update's own preview on, which is when resources begin to be named.
    let slow: Promise<TargetResult[]> = Promise.resolve([]);
    await new Promise<void>((locked) => {
      const onProgress = (_: Target, line: string): void => void (line.startsWith("creating") && locked());
      slow = run("up", [target("shared", { seconds: "8" })], { onProgress });
    });
    const [impatient] = await run("up", [target("shared")], { lockSeconds: 0 });
    assert.equal(impatient.reason?.code, "StackLocked", JSON.stringify(impatient.reason));
    const [patient] = await run("up", [target("shared")], { lockSeconds: 90 });
    assert.equal(patient.status, "succeeded", JSON.stringify(patient.reason));
    assert.equal((await slow)[0].status, "succeeded");
  });

  it("passes a cancellation on, and does not start what has not begun", async () => {
    const controller = new AbortController();
    const started = Date.now();
    const [running, waiting] = await fanOut(fleet([target("first", { seconds: "60" }), target("second")], 1), {
      operation: "up",
      signal: controller.signal,
      pulumi: engine.pulumi,
      onProgress: (_, line) => {
        if (line.startsWith("creating")) controller.abort();
      },
    });
    assert.equal(running.status, "cancelled");
    assert.equal(waiting.status, "notStarted");
    assert.ok(Date.now() - started < 40_000, "the engine was told to stop");
  });

  it("runs as a command: report as JSON, exit status 3, everything else on standard error", async () => {
    const file = path.join(engine.directory, "fleet.yaml");
    const targets = ["one", "two", "three"].map((name) => ({
      name,
      config: { things: 1, failure: name === "two" ? "throw" : "none" },
    }));
    writeFileSync(
      file,
      JSON.stringify({ version: 1, program, project: "command", backend: "file://./state", concurrency: 3, targets }),
    );
    const { status, stdout, stderr } = await dbAccess(["fleet", "up", "--config", file, "--json"], engine.env);
    assert.equal(status, 3, stderr);
    const report = JSON.parse(stdout) as FleetReport;
    assert.deepEqual(
      report.targets.map(({ target: name, status: ended }) => [name, ended]),
      [
        ["one", "succeeded"],
        ["two", "failed"],
        ["three", "succeeded"],
      ],
    );
    assert.match(stderr, /two: ProgramFailed: the program did not like its configuration/);
    const table = await dbAccess(["fleet", "destroy", "--config", file, "--target", "one", "three"], engine.env);
    assert.equal(table.status, 0, table.stderr);
    assert.match(table.stdout, /destroy: 2 targets in/);
    assert.ok(existsSync(path.join(engine.directory, ".db-access", "projects", "command", "Pulumi.yaml")));
  });
});
