import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { shims as Shims } from "../../components/shim";
import { kindNames, type KindName } from "../../components/lifecycle/kinds";
import { PROVIDER_KEY, UNKNOWN } from "../../components/lifecycle/wire";
import { DynamicHost } from "./support/dynamic-host";
import { AwsEndpointStandIn, provisionerAnswer, type HttpAnswer } from "./support/lambda-endpoint";
import { ref, valid } from "./support/inputs";

const root = resolve(__dirname, "../..");

/** The built package's: what ts-node makes of the source is not what users have in their state. */
async function serialized(kind: KindName): Promise<string> {
  const { shims } = (await import(join(root, "dist/components/shim.js"))) as { shims: typeof Shims };
  const provider = shims[kind];
  const { text, containsSecrets } = await pulumi.runtime.serializeFunction(() => provider, { allowSecrets: true });
  assert.equal(containsSecrets, false);
  return text;
}

/** A program's directory that has the package installed. */
function program(): string {
  const directory = mkdtempSync(join(tmpdir(), "db-access-program-"));
  mkdirSync(join(directory, "node_modules"));
  symlinkSync(root, join(directory, "node_modules/pulumi-db-access"));
  return directory;
}

describe("the serialized provider", () => {
  it("is small, captures nothing, and holds no path", async () => {
    for (const kind of kindNames) {
      const text = await serialized(kind);
      assert.ok(text.length < 3000, `${text.length} characters`);
      assert.doesNotMatch(text, /node_modules|dist\/|components/);
      assert.ok(!text.includes(root));
      assert.doesNotMatch(text, /require\(/);
      const captured = [...text.matchAll(/with\(\{ ([^}]*) \}\)/g)].map(([, names]) => names);
      const methods = captured.filter((names) => !names.startsWith("provider: "));
      assert.deepEqual(new Set(methods), new Set(["this: undefined, arguments: undefined"]));
      assert.equal(methods.length, 7);
    }
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

    const inputsOf = async (kind: KindName) => ({
      ...valid()[kind],
      provisioner: ref({ endpointUrl: endpoint.url }),
      [PROVIDER_KEY]: await serialized(kind),
    });

    it("lives the whole life of every kind from another directory", async () => {
      for (const kind of kindNames) {
        const given = await inputsOf(kind);
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

    it("copes with an unknown in place of anything", async () => {
      for (const kind of kindNames) {
        const given = await inputsOf(kind);
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
      assert.equal((await host.read("id", await inputsOf("DbRole"))).id, "");
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
      const given = await inputsOf("DbRole");
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
      const given = await inputsOf("DbRole");
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
        const given = { ...valid().DbRole, [PROVIDER_KEY]: await serialized("DbRole") };
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
      const given = { ...valid().DbRole, [PROVIDER_KEY]: await serialized("DbRole") };
      const failure = (await host.create(given).catch((caught: unknown) => caught)) as { details: string };
      assert.match(failure.details, /^pulumi-db-access cannot be loaded from .*db-access-empty-.*; install it there\./);
      assert.doesNotMatch(failure.details, /\n/);
    } finally {
      await host.stop();
      rmSync(directory, { recursive: true });
    }
  });
});
