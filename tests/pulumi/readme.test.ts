import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { checkout, Engine } from "../support/engine";
import { attempt, byHand, secretOf, startWorld, type World } from "../support/world";

const marker = "<!-- program -->";

/** The first TypeScript block after the marker, as a reader would copy it. */
function programOfReadme(): string {
  const file = path.join(checkout, "README.md");
  assert.ok(existsSync(file), "There is no README.md.");
  const text = readFileSync(file, "utf8");
  const at = text.indexOf(marker);
  assert.notEqual(at, -1, `README.md has no line ${marker} before its program.`);
  const block = /^```(?:ts|typescript)\n(.*?)^```/ms.exec(text.slice(at));
  assert.ok(block !== null, `README.md has no \`\`\`ts block after ${marker}.`);
  return block[1];
}

describe("the README's program", () => {
  let world: World;
  let engine: Engine;

  before(async () => {
    const code = programOfReadme();
    world = await startWorld("postgresql@17");
    engine = await Engine.start({
      program: { code, language: "typescript" },
      env: world.stack.env(),
      config: { provisioner: "/db-access/orders" },
    });
  });
  after(async () => {
    await engine?.stop();
    await world?.stop();
  });

  it("ends with the application logging in and inserting a row", async () => {
    await engine.up();
    const resources = Object.values(await engine.resources());
    const outputsOf = (kind: string) =>
      resources.filter(({ type }) => type.endsWith(`:${kind}`)).map(({ outputs }) => outputs);
    const [database] = outputsOf("DbDatabase");
    assert.ok(database !== undefined, "It makes a database.");
    const application = outputsOf("DbUser").find(({ secretArn }) => secretArn !== undefined);
    assert.ok(application !== undefined, "It makes a login with a password.");
    const [name, owner] = [String(database.name), String(database.owner)];
    await byHand(world, name, `SET ROLE "${owner}"; CREATE TABLE notes (id serial PRIMARY KEY, what text)`);
    const { username, password } = await secretOf(world, String(application.secretArn));
    const insert = "INSERT INTO notes (what) VALUES ('first')";
    assert.equal(await attempt(world, { user: username, password }, name, insert), "ok");
    await engine.expectNoChanges();
  });
});
