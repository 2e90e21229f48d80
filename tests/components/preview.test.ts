import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { CallFailure } from "../../components/client";
import { previewLines, type KnownClaim } from "../../components/preview";
import { declare } from "../../components/registry";
import { DbAccessError, type Claim, type ClaimResult } from "../../provisioner/protocol";
import { clientOf, done, FakeProvisioner, reply, throwing } from "./support/fake-provisioner";
import { ref } from "./support/inputs";

const claim: Claim = { kind: "role", name: "bi", deletion: "drop" };
const known = (over: Partial<KnownClaim> = {}): KnownClaim => ({ ref: ref(), owner: "o", claim, ...over });
const answering = (over: Partial<ClaimResult>): FakeProvisioner =>
  new FakeProvisioner(({ claims }) => reply(claims.map((one) => done(one, over))));

describe("online preview", () => {
  beforeEach(() => pulumi.runtime.setMocks({ newResource: () => ({ id: "", state: {} }), call: () => ({}) }));

  const lines = async (fake: FakeProvisioner, over: Partial<KnownClaim> = {}): Promise<string[]> =>
    (await previewLines(clientOf(fake), known(over), 100)).map(({ level, words }) => `${level} ${words}`);

  it("says in a DBA's words what up would do, and nothing where it would do nothing", async () => {
    const changes = ["create role bi", "grant SELECT on table public.orders to bi"].map((words) => ({
      verb: "create" as const,
      words,
    }));
    const fake = answering({ changes, warnings: ["bi owns a table"] });
    assert.deepEqual(await lines(fake, { id: "the/id" }), [
      `info ${changes[0].words}\n${changes[1].words}`,
      "warn bi owns a table",
    ]);
    assert.deepEqual([fake.requests[0].mode, fake.requests[0].claims[0].id], ["plan", "the/id"]);
    assert.deepEqual(await lines(answering({ status: "unchanged" })), []);
  });

  it("waits in silence for what the program makes itself", async () => {
    declare("orders", { kind: "database", name: "orders", deletion: "retain" }, "x", "t");
    assert.deepEqual(await lines(answering({ waitsFor: ["orders", "legacy"] })), [
      "warn Waits for legacy, which is not there and which this program does not make.",
    ]);
  });

  it("warns of what up will refuse", async () => {
    const error = { code: "RoleExists" as const, message: "bi already exists; set adopt: true." };
    assert.deepEqual(await lines(answering({ status: "failed", error })), [
      "warn RoleExists: bi already exists; set adopt: true.",
    ]);
  });

  it("does not mistake a hand-over for a conflict", async () => {
    const error = { code: "OwnedElsewhere" as const, message: "Owned by another stack." };
    assert.deepEqual(await lines(answering({ status: "failed", error }), { id: "the/id" }), []);
    assert.equal((await lines(answering({ status: "failed", error }))).length, 1);
  });

  it("never fails, never takes long, and says once that nobody can be asked", async () => {
    const final = new CallFailure("final", new DbAccessError("NotAuthorized", "Allow it."));
    const refusing = clientOf(new FakeProvisioner(throwing(final)));
    const first = await previewLines(refusing, known(), 100);
    assert.match(first[0].words, /^The provisioner of orders cannot be asked\. NotAuthorized: Allow it\./);
    assert.deepEqual(await previewLines(refusing, known(), 100), []);
    const silent = new FakeProvisioner(async () => {
      await sleep(300);
      return reply([]);
    });
    assert.deepEqual(await lines(silent), ["warn The provisioner of orders did not answer in 0.1 s."]);
  });
});
