import assert from "node:assert/strict";
import { CallFailure, type Client } from "../../components/client";
import { DbAccessError, type ProvisionerRef } from "../../provisioner/protocol";
import { clientOf, done, FakeProvisioner, reply, throwing } from "./support/fake-provisioner";
import { ref } from "./support/inputs";

const missing = new CallFailure("missing", new DbAccessError("FunctionMissing", "The function is not there."));
const moved = (over: Partial<ProvisionerRef> = {}): ProvisionerRef =>
  ref({ functions: { access: "moved", migrate: "m" }, region: "eu-north-1", ...over });

const only = (name: string, found: () => string): FakeProvisioner =>
  new FakeProvisioner(({ claims }, to) => {
    if (to.functions.access !== name) throw missing;
    return reply(claims.map((claim) => done(claim)));
  }, found);

const role = (client: Client, name: string) =>
  client.submit({
    ref: ref(),
    mode: "read",
    request: { action: "ensure", owner: "o", claim: { kind: "role", name, deletion: "drop" } },
  });

describe("discovery", () => {
  it("is asked once when the function is not there, and the new place is kept", async () => {
    const fake = only("moved", () => JSON.stringify(moved()));
    const client = clientOf(fake);
    await Promise.all(Array.from({ length: 200 }, (_, index) => role(client, `r${index}`)));
    await role(client, "later");
    assert.deepEqual(fake.parameters, ["/db-access/orders"]);
    assert.equal(fake.reached.at(-1), "moved");
  });

  it("says what is wrong when it does not help", async () => {
    const cases: [string, RegExp][] = [
      [JSON.stringify(ref()), /not there\. The parameter \/db-access\/orders names the same function\.$/],
      [JSON.stringify(moved({ cluster: "bills" })), /names another cluster \(bills\)\.$/],
      ["not json", /is of no help either \(InvalidInput\)\.$/],
      [JSON.stringify({ contractVersion: 2 }), /is of no help either \(ProtocolMismatch\)\.$/],
    ];
    for (const [text, message] of cases)
      await assert.rejects(role(clientOf(only("moved", () => text)), "r"), { code: "FunctionMissing", message });
    const denied = new CallFailure("final", new DbAccessError("NotAuthorized", "No."));
    await assert.rejects(role(clientOf(only("moved", throwing(denied))), "r"), { code: "FunctionMissing" });
    await assert.rejects(role(clientOf(only("elsewhere", () => JSON.stringify(moved()))), "r"), {
      code: "FunctionMissing",
    });
  });
});

describe("what a function answers", () => {
  const answers = async (value: unknown): Promise<unknown> => {
    const fake = new FakeProvisioner(() => value as never);
    return role(clientOf(fake), "r").catch((error: unknown) => error);
  };

  it("must share a protocol version, or the error says which side to upgrade", async () => {
    const newer = (await answers({ protocols: { min: 2, max: 3 }, somethingElse: true })) as DbAccessError;
    assert.equal(newer.code, "ProtocolMismatch");
    assert.match(newer.message, /Upgrade pulumi-db-access in this program/);
    const older = (await answers({ protocols: { min: 0, max: 0 } })) as DbAccessError;
    assert.match(older.message, /Upgrade the provisioner's stack/);
  });

  it("must be of the protocol at all", async () => {
    for (const value of ["hello", null, {}, { protocols: { min: "1" } }])
      assert.equal(((await answers(value)) as DbAccessError).code, "FunctionFailed");
  });
});
