import assert from "node:assert/strict";
import { check } from "../../components/lifecycle/check";
import { diff } from "../../components/lifecycle/diff";
import { kinds } from "../../components/lifecycle/kinds";
import { lifecycle } from "../../components/lifecycle/lifecycle";
import { UNKNOWN, type Properties } from "../../components/lifecycle/wire";
import type { ClaimResult, Outputs } from "../../provisioner/protocol";
import { clientOf, done, FakeProvisioner, reply } from "./support/fake-provisioner";
import { mysqlUser, suppliedUser, theirs, valid, withValue } from "./support/inputs";

const unchanged = { changes: false, replaces: [] };

/** The six methods over a provisioner that answers with these outputs and changes. */
function answering(outputs: Outputs, changes: ClaimResult["changes"] = []) {
  const fake = new FakeProvisioner(({ claims }) =>
    reply(claims.map((claim) => done(claim, { id: "the/id", exists: true, outputs, changes }))),
  );
  const client = clientOf(fake);
  return { fake, methods: lifecycle("DbUser", { client: () => client, tell: () => undefined, env: {} }) };
}

const before: Outputs = {
  secretArn: "arn:secret",
  secretVersionId: "version-1",
  passwordLastChanged: "2026-01-01T00:00:00.000Z",
  passwordLastChangedSource: "server",
  parameterNames: ["/orders/api/host"],
};

describe("credentials of a DbUser", () => {
  for (const [title, inputs] of [
    ["alternating", valid().DbUser],
    ["dual", mysqlUser()],
  ] as [string, Properties][])
    it(`a rotation is no drift: refresh takes it over and the next preview is empty (${title})`, async () => {
      const checked = check(kinds.DbUser, {}, inputs).inputs;
      const { outs } = await answering(before).methods.create(checked);
      const after: Outputs = {
        ...before,
        secretVersionId: "version-2",
        passwordLastChanged: "2026-02-01T00:00:00.000Z",
      };
      const { props, inputs: refreshed } = await answering(after).methods.read("the/id", outs);
      assert.deepEqual(
        [props.secretVersionId, props.passwordLastChanged, props.drift],
        ["version-2", "2026-02-01T00:00:00.000Z", []],
      );
      const { inputs: again } = check(kinds.DbUser, props, inputs);
      assert.deepEqual(diff(kinds.DbUser, props, again), unchanged);
      assert.deepEqual(refreshed, again);
      // What only the program can change is one, and what somebody has changed by hand is one.
      const { inputs: reset } = check(kinds.DbUser, props, withValue(inputs, ["passwordVersion"], 7));
      assert.deepEqual(diff(kinds.DbUser, props, reset), { ...unchanged, changes: true });
      const byHand = [{ verb: "reset" as const, words: "reset the password of orders_api" }];
      const { props: drifted } = await answering(after, byHand).methods.read("the/id", outs);
      assert.deepEqual(diff(kinds.DbUser, drifted, again), { ...unchanged, changes: true });
    });

  it("shows where things are published and what an application's policy has to say", async () => {
    const outputs: Outputs = { ...before, iamConnectArn: "arn:connect", iamPolicyJson: "{}" };
    const { outs } = await answering(outputs).methods.create(valid().DbUser);
    assert.deepEqual(
      [outs.parameterNames, outs.iamPolicyJson, outs.iamConnectArn],
      [["/orders/api/host"], "{}", "arn:connect"],
    );
  });

  it("asks for no password version where the password is supplied", async () => {
    const { inputs, failures } = check(kinds.DbUser, {}, suppliedUser());
    assert.deepEqual([failures, inputs.passwordVersion], [[], undefined]);
    const unknown = check(kinds.DbUser, {}, withValue(suppliedUser(), ["auth", "suppliedSecretArn"], UNKNOWN));
    assert.deepEqual([unknown.failures, unknown.inputs.passwordVersion], [[], undefined]);
    const { fake, methods } = answering({ ...before, secretArn: theirs });
    const { outs } = await methods.create(inputs);
    assert.deepEqual(fake.requests[0].claims[0].claim, {
      kind: "login",
      name: "orders_api",
      auth: { kind: "password", suppliedSecretArn: theirs },
      deletion: "drop",
    });
    assert.deepEqual(diff(kinds.DbUser, outs, inputs), unchanged);
  });

  it("never shows what stands where an ARN belongs", async () => {
    const secrets = ["hunter2", ["hunter2"], { password: "hunter2" }];
    for (const value of secrets) {
      const given = withValue(suppliedUser(), ["auth", "suppliedSecretArn"], value);
      const { failures } = check(kinds.DbUser, {}, given);
      assert.equal(failures.length, 1);
      assert.doesNotMatch(JSON.stringify(failures), /hunter2/);
      // Under `auth` itself the engine would print the value of the whole property.
      assert.equal(failures[0].property, "");
      assert.match(failures[0].reason, /auth\.suppliedSecretArn/);
      await assert.rejects(answering(before).methods.create(given), (error: Error) => !/hunter2/.test(String(error)));
    }
  });

  it("refuses what the engine cannot rotate before anything is sent, with a code of its own", async () => {
    const { fake, methods } = answering(before);
    const dual = withValue(valid().DbUser, ["rotation", "strategy"], "dual");
    await assert.rejects(
      methods.create(dual),
      /^Error: RotationRefused: rotation\.strategy: PostgreSQL keeps no second/,
    );
    const { provisioner, ownerKey, rotation } = valid().DbUser;
    const iam = { provisioner, ownerKey, username: "orders_api", auth: { kind: "iam" }, rotation };
    await assert.rejects(methods.create(iam), /^Error: RotationRefused: rotation: An IAM login has no password/);
    assert.equal(fake.requests.length, 0);
  });

  it("names what is wrong with the shape of the new arguments, at any depth", () => {
    const reason = (path: (string | number)[], value: unknown): string =>
      check(kinds.DbUser, {}, withValue(valid().DbUser, path, value))
        .failures.map(({ reason }) => reason)
        .join("|");
    assert.match(reason(["rotation"], true), /^rotation is true; give an object such as \{ strategy/);
    assert.match(reason(["rotation", "strategy"], "both"), /^rotation\.strategy is "both"; use one of "dual"/);
    assert.match(reason(["rotation", "every"], 3), /^rotation has no argument "every"; remove it\.$/);
    assert.match(reason(["parameterPath"], 3), /^parameterPath is 3; give a text/);
    assert.match(reason(["auth", "secret", "readers"], "x"), /^auth\.secret\.readers is a string; give a list/);
    assert.match(reason(["auth", "secret", "replicas", 0, "zone"], "x"), /replicas\[0\] has no argument "zone"/);
    assert.match(reason(["auth", "password"], "x"), /auth has no argument "password"/);
  });

  it("compares readers and replicas with the account and Region of the provisioner, as far as they are known", () => {
    const secret = { readers: ["210987654321"], replicas: [{ region: "eu-west-1" }] };
    const given = { ...valid().DbUser, auth: { kind: "password", secret } };
    const reasons = (inputs: Properties): string[] =>
      check(kinds.DbUser, {}, inputs).failures.map(({ reason }) => reason);
    assert.deepEqual(
      reasons(given).map((reason) => /another account|where the secret itself is/.exec(reason)?.[0]),
      ["another account", "where the secret itself is"],
    );
    const unknown = withValue(
      withValue(given, ["provisioner", "account"], UNKNOWN),
      ["provisioner", "region"],
      UNKNOWN,
    );
    assert.deepEqual(reasons(unknown), []);
  });
});
