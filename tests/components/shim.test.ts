import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { DbRole } from "../../components";
import { kindNames, type KindName } from "../../components/lifecycle/kinds";
import { PROVIDER_KEY, UNKNOWN } from "../../components/lifecycle/wire";
import { providerTexts } from "../../components/shim";
import { DynamicHost } from "./support/dynamic-host";
import { AwsEndpointStandIn, provisionerAnswer, type HttpAnswer } from "./support/lambda-endpoint";
import { ref, valid } from "./support/inputs";

const root = resolve(__dirname, "../..");

/** What version 0.1.0 has left in people's state: made by Pulumi's serializer. */
const formerText = (kind: KindName): string =>
  readFileSync(join(__dirname, "support/former-provider.txt"), "utf8").replace("DbUser", kind);

/** A program's directory that has the package installed. */
function program(): string {
  const directory = mkdtempSync(join(tmpdir(), "db-access-program-"));
  mkdirSync(join(directory, "node_modules"));
  symlinkSync(root, join(directory, "node_modules/pulumi-db-access"));
  return directory;
}

describe("the provider's text", () => {
  it("is a line of plain JavaScript that any package of this name can serve", () => {
    assert.equal(
      providerTexts.DbUser,
      'exports.handler=()=>{const d=process.cwd();try{return process.getBuiltinModule("module")' +
        '.createRequire(d+"/index.js")("pulumi-db-access/lifecycle").DbUser}catch(cause){throw new Error(' +
        '"pulumi-db-access cannot be loaded from "+d+"; install it there. "+String(cause).split("\\n")[0],{cause})}}',
    );
    for (const kind of kindNames)
      assert.equal(providerTexts[kind], providerTexts.DbUser.replace("DbUser", kind), "nothing but the kind differs");
  });

  it("stands in state as plain text, as what Pulumi's own class for dynamic resources makes does", async () => {
    const seen = new Map<string, unknown>();
    await pulumi.runtime.setMocks({
      newResource: ({ name, inputs }) => {
        seen.set(name, (inputs as Record<string, unknown>)[PROVIDER_KEY]);
        return { id: name, state: inputs as object };
      },
      call: () => ({}),
    });
    class Serialized extends pulumi.dynamic.Resource {}
    const theirs = new Serialized({ create: () => Promise.resolve({ id: "id" }) }, "theirs", {});
    const ours = new DbRole("ours", { provisioner: ref(), name: "ours" });
    await new Promise((resolve) => pulumi.all([theirs.urn, ours.urn]).apply(resolve));
    assert.match(String(seen.get("theirs")), /^exports\.handler = /);
    assert.equal(seen.get("ours"), providerTexts.DbRole);
  });

  it("loads neither Pulumi nor, before the first call, the AWS SDK", () => {
    const text = 'require("pulumi-db-access/lifecycle"); console.log(Object.keys(require.cache).join("\\n"))';
    const { stdout } = spawnSync(process.execPath, ["-e", text], { cwd: root, encoding: "utf8" });
    assert.match(stdout, /dist\/components\/lifecycle\/index\.js/);
    assert.doesNotMatch(stdout, /@pulumi|@aws-sdk|@smithy/);
  });

  describe("in Pulumi's host", () => {
    let host: DynamicHost;
    let endpoint: AwsEndpointStandIn;
    let directory: string;
    let answer: (body: string) => HttpAnswer;
    const usual = (body: string): HttpAnswer => provisionerAnswer({ path: "", headers: {}, body });

    before(async () => {
      directory = program();
      endpoint = await AwsEndpointStandIn.start(({ body }) => answer(body));
      host = await DynamicHost.start(directory);
      await host.configure();
    });
    beforeEach(() => (answer = usual));
    after(async () => {
      await host.stop();
      await endpoint.stop();
      rmSync(directory, { recursive: true });
    });

    const inputsOf = (kind: KindName, text = providerTexts[kind]) => ({
      ...valid()[kind],
      provisioner: ref({ endpointUrl: endpoint.url }),
      [PROVIDER_KEY]: text,
    });

    it("lives the whole life of every kind from another directory", async () => {
      for (const kind of kindNames) {
        const given = inputsOf(kind);
        const { inputs, failures } = await host.check({}, given);
        assert.deepEqual(failures, []);
        const { id, outs } = await host.create(inputs);
        assert.equal(typeof id, "string");
        assert.equal(outs[PROVIDER_KEY], given[PROVIDER_KEY]);
        const again = (await host.check(inputs, given)).inputs;
        assert.deepEqual(await host.diff(String(id), outs, again), { changes: false, replaces: [] });
        const read = await host.read(String(id), outs);
        assert.equal(read.id, id);
        assert.deepEqual(read.inputs, inputs);
        assert.deepEqual(await host.diff(String(id), read.props, again), { changes: false, replaces: [] });
        assert.deepEqual(await host.update(String(id), outs, again), outs);
        await host.delete(String(id), outs);
        await host.delete(String(id), outs);
      }
    });

    it("takes over from the text of version 0.1.0, which itself still works", async () => {
      for (const kind of kindNames) {
        const former = inputsOf(kind, formerText(kind));
        const { id, outs } = await host.create((await host.check({}, former)).inputs);
        assert.equal(outs[PROVIDER_KEY], formerText(kind));
        const { inputs, failures } = await host.check(former, inputsOf(kind));
        assert.deepEqual(failures, []);
        assert.deepEqual(await host.diff(String(id), outs, inputs), { changes: false, replaces: [] });
        const read = await host.read(String(id), outs);
        assert.deepEqual([read.id, read.props[PROVIDER_KEY]], [id, formerText(kind)]);
        assert.equal((await host.update(String(id), outs, inputs))[PROVIDER_KEY], providerTexts[kind]);
        await host.delete(String(id), outs);
      }
    });

    it("copes with an unknown in place of anything", async () => {
      for (const kind of kindNames) {
        const given = inputsOf(kind);
        for (const key of Object.keys(given).filter((name) => name !== PROVIDER_KEY)) {
          const { inputs, failures } = await host.check(given, { ...given, [key]: UNKNOWN });
          assert.deepEqual(failures, [], `${kind} ${key}`);
          const { changes, replaces } = await host.diff("id", { ...given, drift: [] }, inputs);
          assert.deepEqual([changes, replaces], [true, []], `${kind} ${key}`);
        }
      }
    });

    it("says that something is gone with a blank id", async () => {
      answer = (body) => provisionerAnswer({ path: "", headers: {}, body }, { exists: false });
      assert.equal((await host.read("id", inputsOf("DbRole"))).id, "");
    });

    it("keeps the code where half of the work is done", async () => {
      const error = { code: "NotApplied" as const, message: "Half." };
      const over = {
        status: "failed" as const,
        id: "the/id",
        error,
        changes: [{ verb: "create" as const, words: "x" }],
      };
      answer = (body) => provisionerAnswer({ path: "", headers: {}, body }, over);
      const given = inputsOf("DbRole");
      const failure = (await host.create(given).catch((caught: unknown) => caught)) as {
        details: string;
        metadata: { get(key: string): Buffer[] };
      };
      assert.equal(failure.details, "NotApplied: Half.");
      const [packed] = failure.metadata.get("grpc-status-details-bin");
      assert.ok(packed.includes("the/id"));
      assert.ok(packed.includes(PROVIDER_KEY));
      assert.ok(packed.includes("pulumi-db-access/lifecycle"));
    });

    it("sends the creates of one moment together", async () => {
      const given = inputsOf("DbRole");
      const before = endpoint.calls.length;
      await Promise.all(Array.from({ length: 40 }, (_, index) => host.create({ ...given, name: `role_${index}` })));
      assert.ok(endpoint.calls.length - before < 10, `${endpoint.calls.length - before} invocations`);
    });
  });

  it("finds the package from the checkout itself, whose examples have no package of their own", async () => {
    for (const directory of [root, join(root, "examples")]) {
      const host = await DynamicHost.start(directory);
      try {
        await host.configure();
        const given = { ...valid().DbRole, [PROVIDER_KEY]: providerTexts.DbRole };
        assert.deepEqual((await host.check({}, given)).failures, [], directory);
      } finally {
        await host.stop();
      }
    }
  });

  it("says in one sentence where the package is not installed", async () => {
    const directory = mkdtempSync(join(tmpdir(), "db-access-empty-"));
    const host = await DynamicHost.start(directory);
    try {
      await host.configure();
      const given = { ...valid().DbRole, [PROVIDER_KEY]: providerTexts.DbRole };
      const failure = (await host.create(given).catch((caught: unknown) => caught)) as { details: string };
      assert.match(failure.details, /^pulumi-db-access cannot be loaded from .*db-access-empty-.*; install it there\./);
      assert.doesNotMatch(failure.details, /\n/);
    } finally {
      await host.stop();
      rmSync(directory, { recursive: true });
    }
  });
});
