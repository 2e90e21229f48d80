import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { checkout, Engine } from "../support/engine";
import { versionsToTest } from "../support/versions";
import { changingStatements, logMark, startWorld, type World } from "../support/world";

const settings = parse(readFileSync(path.join(checkout, "Pulumi.yaml"), "utf8")) as Record<string, unknown>;
const main = path.join(checkout, String(settings.main));

describe("the program of the root Pulumi.yaml", () => {
  it("is named as a file: a folder would run the library and deploy nothing, successfully", () => {
    assert.ok(statSync(main).isFile(), main);
  });
});

for (const version of versionsToTest("postgresql@17", "mysql@8.0")) {
  describe(`the first run on ${version}`, () => {
    let world: World;
    let engine: Engine;

    before(async () => {
      world = await startWorld(version);
      engine = await Engine.start({
        program: { main, settings },
        project: String(settings.name),
        env: world.stack.env(),
        // The IAM plugin of MySQL exists on RDS only.
        config: { provisioner: "/db-access/orders", iam: world.family === "postgresql" },
      });
    });
    after(async () => {
      await engine?.stop();
      await world?.stop();
    });

    it("deploys every resource of the program", async () => {
      await engine.up();
      const count = (kind: string, resources: { type: string }[]) =>
        resources.filter(({ type }) => type === `pulumi-nodejs:dynamic/db-access:${kind}`).length;
      const resources = Object.values((await engine.exported()).deployment.resources ?? []);
      const withIam = world.family === "postgresql" ? 1 : 0;
      assert.deepEqual(
        Object.fromEntries(["DbRole", "DbDatabase", "DbUser", "DbGrant"].map((kind) => [kind, count(kind, resources)])),
        { DbRole: 1, DbDatabase: 1, DbUser: 2 + withIam, DbGrant: 2 + withIam },
      );
      const { appSecretArn, appMay } = await engine.outputs();
      assert.match(String(appSecretArn), /:secret:orders\/orders_app-/);
      assert.match(String(appMay), /INSERT/);
    });

    it("has nothing to do afterwards", async () => {
      const mark = logMark(world);
      await engine.expectNoChanges();
      assert.deepEqual(changingStatements(world, mark), []);
    });

    it("leaves nothing when it is destroyed", async () => {
      await engine.destroy();
      assert.deepEqual((await engine.exported()).deployment.resources ?? [], []);
    });
  });
}
