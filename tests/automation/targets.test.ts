import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseFleet } from "../../automation/config/load";
import { childEnvironment } from "../../automation/run/environment";
import { chosenTargets, resolveFleet, resolveTarget } from "../../automation/targets/resolve";

describe("targets", () => {
  it("get what the defaults say, and their own on top", () => {
    const target = resolveTarget(
      { name: "eu", provisioner: { region: "eu-west-1" }, config: { size: 3 }, env: { B: "own" } },
      {
        provisioner: { parameter: "/db-access/orders", region: "us-east-1" },
        config: { size: 1, on: true },
        env: { A: "a", B: "b" },
      },
    );
    assert.deepEqual(target, {
      name: "eu",
      stack: "eu",
      config: { size: "3", on: "true", provisioner: "/db-access/orders" },
      env: { AWS_REGION: "eu-west-1", A: "a", B: "own" },
    });
  });

  it("hand over a ref in place of an inherited parameter", () => {
    const ref = {
      contractVersion: 1 as const,
      functions: { access: "a", migrate: "m" },
      region: "eu-west-1",
      partition: "aws",
      account: "111122223333",
      engine: "mysql" as const,
      cluster: "shop",
      database: { host: "db", port: 3306 },
      secretNamePrefixes: ["shop/"],
      protocols: { min: 1, max: 1 },
      discovery: { parameter: "/db-access/shop", region: "eu-west-1" },
    };
    const target = resolveTarget({ name: "shop", provisioner: { ref } }, { provisioner: { parameter: "/other" } });
    assert.deepEqual(JSON.parse(target.config.provisionerRef), ref);
    assert.equal(target.config.provisioner, undefined);
    assert.equal(target.env.AWS_REGION, "eu-west-1");
  });

  it("write a project for a program that is a file, and read its backend from beside the fleet file", () => {
    const directory = mkdtempSync(path.join(os.tmpdir(), "db-access-targets-"));
    try {
      const program = path.join(directory, "index.ts");
      writeFileSync(program, "");
      mkdirSync(path.join(directory, "state"));
      const text = "version: 1\nprogram: index.ts\nproject: orders\nbackend: file://./state\ntargets: [{ name: a }]\n";
      const fleet = resolveFleet({ directory, file: parseFleet(text, "fleet.yaml", directory) });
      assert.equal(fleet.backend, `file://${directory}/state`);
      assert.equal(fleet.concurrency, 4);
      assert.equal(fleet.project.generated, true);
      const settings = readFileSync(path.join(fleet.project.directory, "Pulumi.yaml"), "utf8");
      assert.match(settings, /^name: orders\nruntime: nodejs\nmain: .*index\.ts\n$/);
      assert.ok(settings.includes(program));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it("are chosen by name, in the file's order", () => {
    const targets = ["a", "b", "orders"].map((name) => ({ name, stack: name, config: {}, env: {} }));
    const names = (wanted: string[]): string[] => chosenTargets(targets, wanted).map(({ name }) => name);
    assert.deepEqual(names([]), ["a", "b", "orders"]);
    assert.deepEqual(names(["orders", "a"]), ["a", "orders"]);
    assert.throws(() => names(["ordres"]), /No target is called "ordres"; did you mean orders\?/);
  });
});

describe("a target's environment", () => {
  const caller = {
    PATH: "/bin",
    PULUMI_ACCESS_TOKEN: "token",
    AWS_ACCESS_KEY_ID: "caller",
    AWS_SECRET_ACCESS_KEY: "caller",
    AWS_REGION: "us-east-1",
    DATABASE_PASSWORD: "of something else",
  };

  it("is its own and what any program needs", () => {
    const env = childEnvironment({ SIZE: "3" }, { backend: "file:///state", pulumi: "/pulumi" }, caller);
    assert.deepEqual(env, {
      PATH: `/pulumi${path.delimiter}/bin`,
      PULUMI_ACCESS_TOKEN: "token",
      PULUMI_BACKEND_URL: "file:///state",
      AWS_ACCESS_KEY_ID: "caller",
      AWS_SECRET_ACCESS_KEY: "caller",
      AWS_REGION: "us-east-1",
      SIZE: "3",
    });
  });

  it("keeps the caller's identity away from a target that has one", () => {
    const env = childEnvironment({ AWS_PROFILE: "shop" }, {}, caller);
    assert.equal(env.AWS_PROFILE, "shop");
    assert.equal(env.AWS_ACCESS_KEY_ID, undefined);
    assert.equal(env.AWS_REGION, undefined);
  });

  it("keeps the caller's identity when the target says only where", () => {
    const env = childEnvironment({ AWS_REGION: "eu-west-1" }, {}, caller);
    assert.equal(env.AWS_REGION, "eu-west-1");
    assert.equal(env.AWS_ACCESS_KEY_ID, "caller");
  });
});
