import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { CallFailure, createClient, type Client } from "../../components/client";
import { DbAccessError, type ClaimResult, type Mode, type ProvisionerRef } from "../../provisioner/protocol";
import { clientOf, done, FakeProvisioner, impatient, reply, throwing } from "./support/fake-provisioner";
import { ref } from "./support/inputs";

interface Role {
  name: string;
  mode?: Mode;
  action?: "ensure" | "remove";
  to?: ProvisionerRef;
}

const submit = (client: Client, { name, mode = "apply", action = "ensure", to = ref() }: Role): Promise<ClaimResult> =>
  client.submit({
    ref: to,
    mode,
    request: { action, owner: `owner of ${name}`, claim: { kind: "role", name, deletion: "drop" } },
  });

const many = (count: number): Role[] => Array.from({ length: count }, (_, index) => ({ name: `r${index}` }));
const roleOf = (claim: { claim: unknown }): string => (claim.claim as { name: string }).name;
const fail = { status: "failed" as const, error: { code: "InvalidInput" as const, message: "No." } };
const crash = new CallFailure("crashed", new DbAccessError("FunctionFailed", "It ended (Sandbox.Timedout)."));
const slow = async ({ claims }: { claims: Parameters<typeof done>[0][] }) => {
  await sleep(5);
  return reply(claims.map((claim) => done(claim)));
};

describe("coalescing", () => {
  it("sends what comes together as one batch, and ends every claim alone", async () => {
    const fake = new FakeProvisioner(({ claims }) =>
      reply(claims.map((claim) => done(claim, roleOf(claim) === "r2" ? fail : {}))),
    );
    const client = clientOf(fake);
    const results = await Promise.all(many(8).map((role) => submit(client, role)));
    assert.deepEqual(fake.sizes, [8]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ["done", "done", "failed", "done", "done", "done", "done", "done"],
    );
  });

  it("groups by function, Region, role, cluster and operation class", async () => {
    const fake = new FakeProvisioner();
    const client = clientOf(fake);
    const places = [
      ref(),
      ref({ region: "eu-north-1" }),
      ref({ functions: { access: "other", migrate: "m" } }),
      ref({ cluster: "bills" }),
      ref({ invoke: { roleArn: "arn:aws:iam::123456789012:role/a" } }),
      ref({ invoke: { roleArn: "arn:aws:iam::123456789012:role/a", externalId: "x" } }),
    ];
    const classes = [{}, { action: "remove" as const }, { mode: "read" as const }, { mode: "plan" as const }];
    const roles = places.flatMap((to) => classes.flatMap((kind) => many(2).map((role) => ({ ...role, ...kind, to }))));
    await Promise.all(roles.map((role) => submit(client, role)));
    assert.equal(fake.requests.length, places.length * classes.length);
    assert.deepEqual(new Set(fake.sizes), new Set([2]));
  });

  it("splits at 64 claims and at 1 MB", async () => {
    const fake = new FakeProvisioner();
    const client = clientOf(fake);
    await Promise.all(many(150).map((role) => submit(client, role)));
    assert.deepEqual(fake.sizes, [64, 64, 22]);
    const heavy = new FakeProvisioner();
    const other = clientOf(heavy);
    await Promise.all(many(5).map(({ name }) => submit(other, { name: name.padEnd(200_000, "x") })));
    assert.deepEqual(heavy.sizes, [2, 2, 1]);
  });

  it("has one apply in flight while the others gather, and up to two reads", async () => {
    const fake = new FakeProvisioner(slow);
    const client = clientOf(fake);
    const work: Promise<unknown>[] = [];
    for (const role of many(20)) {
      work.push(submit(client, role));
      await sleep(1);
    }
    await Promise.all(work);
    assert.equal(fake.mostInFlight, 1);
    assert.ok(fake.requests.length < 20, `${fake.requests.length} batches`);
    const reads = new FakeProvisioner(slow);
    const reading = clientOf(reads);
    await Promise.all(many(640).map((role) => submit(reading, { ...role, mode: "read" })));
    assert.equal(reads.mostInFlight, 2);
  });

  it("sends all claims again after a lost answer, under their ids", async () => {
    const lost = new CallFailure("lost", new DbAccessError("FunctionFailed", "Lost."));
    const fake = new FakeProvisioner().next(throwing(lost), throwing(lost));
    const client = clientOf(fake);
    await Promise.all(many(3).map((role) => submit(client, role)));
    const ids = fake.requests.map(({ claims }) => claims.map(({ operationId }) => operationId).join());
    assert.equal(ids.length, 3);
    assert.equal(new Set(ids).size, 1);
  });

  it("leaves the claim that crashes its function alone with its failure", async () => {
    const fake = new FakeProvisioner(({ claims }) => {
      if (claims.some((claim) => roleOf(claim) === "r5")) throw crash;
      return reply(claims.map((claim) => done(claim)));
    });
    const client = clientOf(fake);
    const results = await Promise.allSettled(many(8).map((role) => submit(client, role)));
    assert.deepEqual(
      results.map(({ status }) => status),
      many(8).map(({ name }) => (name === "r5" ? "rejected" : "fulfilled")),
    );
    const alone = new FakeProvisioner(throwing(crash));
    await assert.rejects(submit(clientOf(alone), { name: "r" }), { code: "FunctionFailed" });
    assert.equal(alone.requests.length, 3);
  });

  it("goes on after the process was killed in the middle of a batch", async () => {
    const made = new Set<string>();
    const fake = new FakeProvisioner(({ claims }) =>
      reply(claims.map((claim) => done(claim, made.has(roleOf(claim)) ? { status: "unchanged" } : {}))),
    ).next(({ claims }) => {
      claims.slice(0, 5).forEach((claim) => made.add(roleOf(claim)));
      throw crash;
    });
    const client = clientOf(fake);
    const results = await Promise.all(many(8).map((role) => submit(client, role)));
    assert.deepEqual(
      results.map(({ status }) => status),
      [...many(5).map(() => "unchanged"), ...many(3).map(() => "done")],
    );
  });

  it("asks again for what the function had no time for", async () => {
    const fake = new FakeProvisioner(({ claims }) =>
      reply(claims.map((claim, index) => done(claim, index < 2 ? {} : { status: "notAttempted" }))),
    );
    const client = clientOf(fake);
    const results = await Promise.all(many(5).map((role) => submit(client, role)));
    assert.deepEqual(new Set(results.map(({ status }) => status)), new Set(["done"]));
    assert.deepEqual(fake.sizes, [5, 3, 1]);
  });

  it("gives up when nothing is ever attempted", async () => {
    const fake = new FakeProvisioner(({ claims }) =>
      reply(claims.map((claim) => done(claim, { status: "notAttempted" }))),
    );
    const result = await submit(clientOf(fake), { name: "r" });
    assert.deepEqual([result.status, result.error?.code], ["failed", "DeadlineExceeded"]);
    assert.equal(fake.requests.length, 5);
  });

  it("repeats a claim that failed for a passing reason, and no other", async () => {
    const busy = {
      status: "failed" as const,
      error: { code: "LockTimeout" as const, message: "Held.", transient: true },
    };
    const fake = new FakeProvisioner().next(({ claims }) =>
      reply(claims.map((claim) => done(claim, roleOf(claim) === "r1" ? busy : {}))),
    );
    const client = clientOf(fake);
    const results = await Promise.all(many(3).map((role) => submit(client, role)));
    assert.deepEqual(new Set(results.map(({ status }) => status)), new Set(["done"]));
    assert.deepEqual(fake.sizes, [3, 1]);
    const always = new FakeProvisioner(({ claims }) => reply(claims.map((claim) => done(claim, busy))));
    assert.equal((await submit(clientOf(always), { name: "r" })).error?.code, "LockTimeout");
    assert.equal(always.requests.length, 4);
    const planned = new FakeProvisioner(({ claims }) => reply(claims.map((claim) => done(claim, busy))));
    await submit(clientOf(planned), { name: "r", mode: "plan" });
  });

  it("asks again for a database that cannot be reached, but only for a while", async () => {
    const error = { code: "NetworkPathDatabase" as const, message: "No path.", transient: true };
    const requestsIn = async (unreachableMs: number): Promise<number> => {
      const fake = new FakeProvisioner(({ claims }) =>
        reply(claims.map((claim) => done(claim, { status: "failed", error }))),
      );
      const client = createClient(fake, () => ({ ...impatient(), unreachableMs }));
      assert.equal((await submit(client, { name: "r" })).error?.code, "NetworkPathDatabase");
      return fake.requests.length;
    };
    assert.equal(await requestsIn(Infinity), 4);
    assert.equal(await requestsIn(0), 1);
  });

  it("gives every claim the error of the whole request", async () => {
    const error = { code: "LedgerUntrusted" as const, message: "No." };
    const fake = new FakeProvisioner(() => reply([], { error }));
    const client = clientOf(fake);
    const results = await Promise.all(many(3).map((role) => submit(client, role)));
    assert.deepEqual(new Set(results.map((result) => result.error?.code)), new Set(["LedgerUntrusted"]));
    assert.equal(fake.requests.length, 1);
  });

  it("waits for a pending or throttled function, within the budget", async () => {
    const refused = new CallFailure("refused", new DbAccessError("Throttled", "Slow down."));
    const fake = new FakeProvisioner().next(throwing(refused), throwing(refused), throwing(refused));
    assert.equal((await submit(clientOf(fake), { name: "r" })).status, "done");
    const never = new FakeProvisioner(throwing(refused));
    await assert.rejects(submit(clientOf(never), { name: "r" }), { code: "Throttled" });
    assert.ok(never.requests.length > 3);
  });
});
