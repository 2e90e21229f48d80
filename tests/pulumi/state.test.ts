import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { checkout, Engine, type Deployment, type StateResource } from "../support/engine";
import { changingStatements, logMark, secretOf, startWorld, type World } from "../support/world";
import { declare, programOf, tablesOf, user } from "./program";

const program = (version: number): string =>
  programOf(
    declare("DbRole", "owner", { name: '"shop_owner"' }) +
      declare("DbDatabase", "database", { name: '"shop"', owner: "owner.name", deletion: '"drop"' }) +
      declare("DbSchema", "schema", { database: "database.name", name: '"app"', deletion: '"drop"' }) +
      user("api", "shop_api", { database: "database.name", passwordVersion: String(version) }) +
      declare("DbGrant", "read", {
        grantee: "api.username",
        on: tablesOf("postgresql", "database.name", "owner.name"),
        template: '"read"',
      }) +
      "exports.secretArn = api.secretArn;\n",
  );

/**
 * The engine keeps a resource's outputs while nothing of it changes, the provider's text among them. In which order it
 * writes resources that do not depend on each other is chance.
 */
const withoutText = (resources: Record<string, StateResource>) =>
  Object.fromEntries(
    Object.entries(resources).map(([name, resource]) => {
      const outputs = Object.entries(resource.outputs).filter(([key]) => key !== "__provider");
      return [name, { ...resource, outputs: Object.fromEntries(outputs) }];
    }),
  );

/** Version 0.1.0 let Pulumi's serializer write the provider's text. */
const formerText = readFileSync(path.join(checkout, "tests/components/support/former-provider.txt"), "utf8");

/**
 * What an early version might have written: its own provider text; outputs that came later are missing, and so are
 * defaults.
 */
function aged(state: Deployment): Deployment {
  const later = ["drift", "onDelete", "effective", "unmanaged", "passwordLastChanged", "passwordLastChangedSource"];
  const defaults = ["deletion", "mode", "reach", "revokePublic", "passwordVersion"];
  const given = ["database", "schema"];
  for (const { urn, type, inputs, outputs } of state.deployment.resources ?? []) {
    if (!type.includes("db-access")) continue;
    for (const properties of [inputs, outputs])
      properties.__provider = formerText.replace("DbUser", type.slice(type.lastIndexOf(":") + 1));
    for (const key of later) delete outputs[key];
    delete inputs.onDelete;
    // The program gives these two their deletion; everything else is a default.
    const kept = given.includes(urn.split("::").at(-1) ?? "") ? ["deletion"] : [];
    for (const key of defaults.filter((name) => !kept.includes(name))) {
      delete outputs[key];
      delete inputs[key];
    }
  }
  return state;
}

describe("what state holds", () => {
  let world: World;
  let engine: Engine;
  const passwords: string[] = [];
  const told: string[] = [];
  let state: Deployment;

  const remember = async (): Promise<void> => {
    const { password } = await secretOf(world, String((await engine.outputs()).secretArn));
    passwords.push(password);
  };

  before(async () => {
    world = await startWorld("postgresql@17");
    engine = await Engine.start({ program: { code: program(1) }, env: world.stack.env() });
    passwords.push(world.server.admin.password);
    told.push((await engine.up({ args: ["--logtostderr", "-v=9"] })).output);
    await remember();
    engine.write(program(2));
    told.push((await engine.preview({ args: ["--diff", "--json"] })).output);
    told.push((await engine.up({ args: ["--diff"] })).output);
    await remember();
    told.push((await engine.refresh()).output);
    state = await engine.exported();
  });
  after(async () => {
    await engine?.stop();
    await world?.stop();
  });

  it("no password, and neither does anything that was printed or logged", () => {
    assert.equal(new Set(passwords).size, 3);
    const log = readFileSync(world.stack.lambda.logFile(world.target.functionName), "utf8");
    const places = { state: JSON.stringify(state), printed: told.join("\n"), events: engine.eventLog(), function: log };
    for (const [place, text] of Object.entries(places)) {
      assert.ok(text.length > 100, place);
      for (const password of passwords) assert.ok(!text.includes(password), place);
      assert.doesNotMatch(text, /SCRAM-SHA-256\$/, place);
    }
  });

  it("no path of this machine and no code of a driver", () => {
    // The engine notes by itself where in the program a resource stands, as seen from the project.
    const text = JSON.stringify(state, (key, value: unknown) =>
      key === "sourcePosition" || key === "stackTrace" ? undefined : value,
    );
    for (const folder of [checkout, engine.project, "node_modules"]) assert.ok(!text.includes(folder), folder);
    assert.doesNotMatch(text, /mysql2|require\("pg"\)|createConnection|CREATE ROLE|LambdaClient/);
  });

  it("less than 400 bytes of provider text for each resource, twice", () => {
    const ours = Object.values(state.deployment.resources ?? []).filter(({ type }) => type.includes("db-access"));
    assert.equal(ours.length, 5);
    for (const { urn, inputs, outputs } of ours) {
      const text = String(inputs.__provider);
      assert.ok(text.length > 0 && Buffer.byteLength(text) < 400, `${urn}: ${Buffer.byteLength(text)}`);
      assert.equal(outputs.__provider, text, urn);
    }
  });

  it("what an older version wrote is enough to refresh, to update and to destroy", async () => {
    const mark = logMark(world);
    engine.write(program(1).replace(/, passwordVersion: 1/, ""));
    await engine.destroy();
    await engine.up();
    const current = await engine.resources();
    await engine.imported(aged(await engine.exported()));
    assert.equal((await engine.resources()).read.outputs.drift, undefined);
    const quiet = logMark(world);
    await engine.refresh();
    assert.deepEqual((await engine.resources()).read.outputs.drift, []);
    await engine.up();
    await engine.expectNoChanges();
    assert.deepEqual(withoutText(await engine.resources()), withoutText(current), "repaired");
    assert.deepEqual(changingStatements(world, quiet), []);
    engine.write(program(2));
    await engine.up();
    assert.equal((await engine.resources()).api.outputs.__provider, current.api.outputs.__provider, "by an update");
    await engine.imported(aged(await engine.exported()));
    await engine.destroy();
    assert.deepEqual(await engine.resources(), {});
    assert.notDeepEqual(changingStatements(world, mark), []);
  });
});
