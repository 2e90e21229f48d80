import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import path from "node:path";
import { LocalStack } from "../../local/stack";
import type { Job, Operation, StackResult } from "../../automation/run/messages";
import { childEnvironment } from "../../automation/run/environment";
import { runInProcess } from "../../automation/run/process";
import { writeProject } from "../../automation/targets/project";
import { checkout, startEngine, type Engine } from "../automation/support";
import { attempt, query, secretOf, startWorld, testDirectory } from "../support/world";

const runWith =
  (
    engine: Engine,
    stack: LocalStack,
    directory: string,
    name: string,
    config: Record<string, string>,
    env: Record<string, string> = {},
  ) =>
  async (operation: Operation): Promise<StackResult> => {
    const job: Job = { operation, directory, stack: name, config, exactConfig: true, lockSeconds: 30 };
    const own = { ...engine.env, ...stack.env(), ...env };
    const result = await runInProcess(job, {
      env: childEnvironment(own, { backend: engine.backend, pulumi: engine.pulumi }),
      signal: new AbortController().signal,
      progress: () => undefined,
    });
    assert.equal(result.status, "succeeded", JSON.stringify(result.reason));
    return result;
  };

const kindsOf = (result: StackResult): Record<string, number> => {
  const kinds: Record<string, number> = {};
  for (const { kind, operation } of result.changes) if (operation === "create") kinds[kind] = (kinds[kind] ?? 0) + 1;
  return kinds;
};

describe("the examples, under the real engine", function () {
  this.timeout(180_000);
  let engine: Engine;

  before(async () => (engine = await startEngine()));
  after(() => rmSync(engine.directory, { recursive: true, force: true }));

  it("first-run: the root Pulumi.yaml runs the program, with all its resources", async () => {
    // The project as it is, in a folder of its own: the engine writes the stack's settings beside it.
    const project = path.join(engine.directory, "root");
    mkdirSync(project);
    copyFileSync(path.join(checkout, "Pulumi.yaml"), path.join(project, "Pulumi.yaml"));
    symlinkSync(path.join(checkout, "examples"), path.join(project, "examples"));
    const directory = testDirectory();
    const cluster = "orders";
    const stack = await LocalStack.start({
      directory,
      targets: [{ cluster, unreachable: true, engine: "postgresql" }],
    });
    try {
      const config = { provisioner: "/db-access/orders" };
      const count = (more: Record<string, string>): Promise<StackResult> =>
        // The resources are counted, and nobody waits for a database that is not there.
        runWith(engine, stack, project, "count", { ...config, ...more }, { DB_ACCESS_PREVIEW: "offline" })("preview");
      const preview = await count({});
      assert.deepEqual(kindsOf(preview), { DbRole: 1, DbDatabase: 1, DbMigration: 1, DbUser: 3, DbGrant: 3 });
      const without = await count({ iam: "false" });
      assert.deepEqual(kindsOf(without), { DbRole: 1, DbDatabase: 1, DbMigration: 1, DbUser: 2, DbGrant: 2 });
    } finally {
      await stack.stop();
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it("application: ends with the application logging in and inserting a row", async () => {
    const world = await startWorld("postgresql@17");
    try {
      const program = path.join(checkout, "examples", "application", "index.ts");
      const { directory } = writeProject(path.join(engine.directory, "application"), "application", program);
      const run = runWith(engine, world.stack, directory, "dev", { provisioner: "/db-access/orders" });
      const up = await run("up");
      assert.deepEqual(kindsOf(up), { DbRole: 1, DbDatabase: 1, DbMigration: 1, DbUser: 1, DbGrant: 1 });
      const login = await secretOf(world, String(up.outputs.secretArn));
      const api = { user: login.username, password: login.password };
      assert.equal(api.user, "orders_api");
      // After the grant: what the owner creates later is what the grant is about.
      const create = "SET ROLE orders_owner; CREATE TABLE orders (id serial PRIMARY KEY, item text NOT NULL)";
      await query(world, world.server.superuser, "orders", create);
      assert.equal(await attempt(world, api, "orders", "INSERT INTO orders (item) VALUES ('tea')"), "ok");
      assert.deepEqual(await query(world, api, "orders", "SELECT item FROM orders"), [{ item: "tea" }]);
      assert.equal(await attempt(world, api, "orders", "DROP TABLE orders"), "42501");
      const again = await run("preview");
      assert.deepEqual(kindsOf(again), {});
      assert.equal(again.counts.same, 5);
    } finally {
      await world.stop();
    }
  });
});
