import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { verifyAudit } from "../../automation/audit/run";
import type { AuditReport } from "../../automation/audit/verify";
import { exitCodes } from "../../automation/exit-codes";
import { AwsTransport, createClient } from "../../components/client";
import { AwsError } from "../../local/aws";
import type { LogEvent } from "../../local/aws/logs/store";
import type { AuditRecord } from "../../provisioner/audit";
import { hashOf } from "../../provisioner/audit/chain";
import type { Claim, LoginClaim } from "../../provisioner/protocol";
import { dbAccess } from "../automation/support";
import { functionLog } from "../support/leaks";
import { versionsToTest } from "../support/versions";
import { apply, ask, invokeRaw, requestOf, startWorld, type World } from "../support/world";

const role = (name: string): Claim => ({ kind: "role", name, deletion: "drop" });
const login: LoginClaim = {
  kind: "login",
  name: "api",
  auth: { kind: "password", secret: { name: "orders/api", recoveryDays: 0 } },
  rotation: { strategy: "single", days: 30 },
  passwordVersion: 1,
  deletion: "drop",
};

for (const version of versionsToTest("postgresql@17", "mysql@8.0"))
  describe(`the audit trail on ${version}`, () => {
    let world: World;
    const client = createClient(new AwsTransport());

    before(async () => {
      world = await startWorld(version, { audit: true });
    });
    after(async () => world?.stop());

    const report = async (over: { file?: string } = {}): Promise<AuditReport> => {
      const [found] = await verifyAudit(client, { ref: world.target.ref, ...over });
      return found;
    };
    const stored = (): LogEvent[] => {
      const [group] = world.stack.aws.logs.of({ account: world.stack.account, region: world.stack.region });
      assert.equal(group.name, "/db-access/orders/audit");
      return [...group.streams.values()].flatMap(({ events }) => events);
    };
    const events = (): AuditRecord[] => stored().map(({ message }) => JSON.parse(message) as AuditRecord);
    const changes = (): number[] => events().flatMap(({ change }) => (change === undefined ? [] : [change.number]));
    const upTo = (last: number): number[] => Array.from({ length: last }, (_each, index) => index + 1);
    const intact = async (): Promise<AuditReport> => {
      const found = await report();
      assert.deepEqual(found.problems, []);
      assert.deepEqual(found.changes, { from: 1, to: found.recorded });
      return found;
    };
    const broken = async (words: RegExp): Promise<void> => {
      const found = await report();
      assert.equal(found.intact, false);
      assert.match(found.problems.join("\n"), words);
    };
    /** Fails the delivery for as long as `run` takes. */
    const undelivered = async (run: () => Promise<unknown>): Promise<void> => {
      const restore = world.stack.aws.intercept((call) => {
        if (call.operation !== "PutLogEvents") return call.next();
        throw new AwsError("ServiceUnavailableException", "The service cannot complete the request.", 503);
      });
      try {
        await run();
      } finally {
        restore();
      }
    };

    const rotateNow = async (name: string): Promise<void> => {
      const { arn: SecretId = "" } = world.stack.aws.secrets.named(name, world.stack) ?? {};
      await world.stack.rotationEnded(SecretId);
      await world.stack.aws.direct("secretsmanager", "RotateSecret", { SecretId, ClientRequestToken: randomUUID() });
      assert.equal(await world.stack.rotationEnded(SecretId), "done");
    };

    it("has nothing to tell before anything was done", async () => {
      assert.deepEqual((await client.inventory(world.target.ref)).owners, []);
      const found = await report();
      assert.deepEqual([found.intact, found.events, found.changes, found.recorded], [true, 0, undefined, 0]);
    });

    it("is one chain over requests, functions and environments", async () => {
      await apply(world, { claim: role("shop") }, { claim: role("stock") });
      assert.deepEqual(changes(), [1, 2]);
      await apply(world, { claim: login });
      await rotateNow("orders/api");
      await world.stack.lambda.recycle(world.target.functionName);
      await apply(world, { claim: login, action: "reset" });
      await apply(world, { claim: role("stock"), action: "remove" });
      const found = await intact();
      assert.deepEqual(changes(), upTo(found.recorded ?? 0));
      const streams = new Set(events().map(({ stream }) => stream));
      assert.equal(streams.size, 3, "two environments of one function, and one of the function that rotates");
      assert.ok(events().some(({ changes: [words] = [] }) => words.startsWith("rotate the password of api")));
    });

    it("has what changes nothing in its streams alone", async () => {
      const { recorded = 0 } = await intact();
      const known = events().length;
      await apply(world, { claim: role("shop") });
      await ask(world, "plan", [{ claim: role("other") }]);
      await ask(world, "apply", [{ claim: role("shop"), owner: "somebody" }]);
      await invokeRaw(world, { nonsense: true });
      assert.deepEqual(
        events()
          .slice(known)
          .map(({ outcome, change }) => [outcome, change]),
        [
          ["refused", undefined],
          ["refused", undefined],
        ],
      );
      assert.equal((await intact()).recorded, recorded);
    });

    it("counts what was tried and failed among the changes", async () => {
      const { recorded = 0 } = await intact();
      const restore = world.stack.aws.intercept((call) => {
        if (call.operation !== "PutSecretValue") return call.next();
        throw new AwsError("InvalidParameterException", "No.");
      });
      await ask(world, "apply", [{ claim: { ...login, passwordVersion: 2 } }]);
      restore();
      const failed = events().find(({ outcome }) => outcome === "failed");
      assert.deepEqual([failed?.code, failed?.change?.number], ["SecretUnavailable", recorded + 1]);
      assert.equal((await intact()).recorded, recorded + 1);
      await apply(world, { claim: { ...login, passwordVersion: 2 } });
    });

    it("stays one when several environments work at once", async () => {
      const { recorded = 0, streams } = await intact();
      const names = ["a", "b", "c", "d"].map((letter) => `team_${letter}`);
      await Promise.all(names.map((name) => apply(world, { claim: role(name) })));
      const found = await intact();
      assert.equal(found.recorded, recorded + names.length);
      assert.ok(found.streams.length > streams.length);
      assert.deepEqual(
        changes().sort((a, b) => a - b),
        upTo(recorded + names.length),
      );
    });

    it("waits for the next delivery when one fails, and shows what a function took along that ended before", async () => {
      await world.stack.lambda.recycle(world.target.functionName);
      const { recorded = 0 } = await intact();
      const add = (name: string) => apply(world, { claim: role(name) });
      const missing = (number: number) =>
        broken(new RegExp(`^Change ${number} is recorded on the server and missing in the log\\.$`));
      await undelivered(async () => {
        await add("late");
        assert.match(functionLog(world), /"auditUndelivered":1/);
        await missing(recorded + 1);
      });
      await add("on_time");
      await intact();
      await undelivered(() => add("lost"));
      await world.stack.lambda.recycle(world.target.functionName);
      await missing(recorded + 3);
      await add("later");
      await missing(recorded + 3);
      // It is in the function's own log: brought back from there, the chain is whole.
      const [lost] = functionLog(world)
        .split("\n")
        .filter((line) => line.startsWith("{") && line.includes(`"number":${recorded + 3},`));
      const [group] = world.stack.aws.logs.of(world.stack);
      const timestamp = Date.parse((JSON.parse(lost) as AuditRecord).time);
      const restored = { eventId: "", timestamp, ingestionTime: timestamp, message: lost };
      group.streams.set("restored", { name: "restored", created: timestamp, events: [restored] });
      await intact();
    });

    it("shows an event that was changed, and one that was taken away", async () => {
      const [first, second] = stored().filter(({ message }) => message.includes('"outcome":"changed"'));
      const { message } = first;
      first.message = message.replace(/"owner":"\w+"/, '"owner":"x"');
      await broken(/was changed after it had been written/);
      // As it would be if it had been written so: now the change after it names another one.
      const forged = JSON.parse(first.message) as AuditRecord;
      first.message = JSON.stringify({ ...forged, hash: hashOf(forged) });
      await broken(/is not the one that/);
      first.message = message;
      const [group] = world.stack.aws.logs.of(world.stack);
      const stream = [...group.streams.values()].find((each) => each.events.includes(second));
      stream?.events.splice(stream.events.indexOf(second), 1);
      const { number } = (JSON.parse(second.message) as AuditRecord).change ?? {};
      await broken(new RegExp(`Change ${number} is recorded on the server and missing in the log`));
      stream?.events.push(second);
      await intact();
    });

    // The command is the same with every engine.
    if (version.startsWith("postgresql"))
      it("ends with an error on the command line", async () => {
        const directory = mkdtempSync(path.join(tmpdir(), "db-access-audit-"));
        try {
          const [ref, exported] = ["ref.json", "events.jsonl"].map((name) => path.join(directory, name));
          writeFileSync(ref, JSON.stringify(world.target.ref));
          const verify = (...more: string[]) => dbAccess(["audit", "verify", ...more], world.stack.env());
          const green = await verify("--parameter", "/db-access/orders");
          assert.equal(green.status, exitCodes.ok, green.stderr);
          assert.match(green.stdout, /result +intact/);
          const all = stored();
          const victim = all[Math.floor(all.length / 2)];
          const { message } = victim;
          victim.message = message
            .replace('"outcome":"changed"', '"outcome":"failed"')
            .replace(/"owner":"\w+"/, '"owner":"x"');
          const red = await verify("--ref", ref, "--json");
          victim.message = message;
          assert.equal(red.status, exitCodes.auditBroken);
          const { intact: isIntact, problems } = JSON.parse(red.stdout) as AuditReport;
          assert.equal(isIntact, false);
          assert.match(problems.join("\n"), /was changed after it had been written/);
          const last = changes()
            .sort((a, b) => a - b)
            .at(-1);
          const lines = all.map((event) => event.message).filter((line) => !line.includes(`"number":${last},`));
          writeFileSync(exported, lines.join("\n"));
          const alone = await verify("--file", exported);
          assert.equal(alone.status, exitCodes.ok, "nobody knows what the last change was");
          assert.match(alone.stdout, /on the server +not asked/);
          const compared = await verify("--file", exported, "--ref", ref);
          assert.equal(compared.status, exitCodes.auditBroken);
          assert.match(
            compared.stdout,
            new RegExp(`problem: Change ${last} is recorded on the server and missing in the log`),
          );
        } finally {
          rmSync(directory, { recursive: true, force: true });
        }
      });

    it("goes on when everything claimed is gone, and the server counts what is left", async () => {
      assert.ok((await client.inventory(world.target.ref)).claims > 5);
      const names = ["shop", "late", "on_time", "lost", "later", ..."abcd".split("").map((letter) => `team_${letter}`)];
      await apply(world, ...names.map((name) => ({ claim: role(name), action: "remove" as const })));
      await apply(world, { claim: { ...login, passwordVersion: 2 }, action: "remove" });
      assert.deepEqual((await client.inventory(world.target.ref)).owners, []);
      await intact();
      assert.ok((await invokeRaw(world, requestOf(world, "read", [{ claim: login }]))).error === undefined);
    });
  });
