import assert from "node:assert/strict";
import { Engine } from "../support/engine";
import { changingStatements, logMark, startWorld, type World } from "../support/world";
import { declare, programOf, tablesOf, user } from "./program";

const on = tablesOf("postgresql", '"shop"');
const role = declare("DbRole", "role", { name: '"shop_role"' });

const mistakes: [what: string, body: string, words: RegExp][] = [
  ["an unknown argument", user("typo", "shop_typo", { conectionLimit: "5" }), /conectionLimit/],
  [
    "privileges and template both",
    declare("DbGrant", "both", { grantee: "role.name", on, privileges: '["SELECT"]', template: '"read"' }),
    /template.*privileges|privileges.*template/,
  ],
  ["a name that is too long", declare("DbRole", "long", { name: `"${"x".repeat(64)}"` }), /name.*63/s],
  ["a name of the system's", user("system", "pg_monitor"), /username.*pg_monitor/s],
  ["an argument that only MySQL has", user("hosts", "shop_hosts", { hosts: '["10.%"]' }), /hosts/],
];

describe("what is refused, on PostgreSQL 17", () => {
  let world: World;
  let engine: Engine;

  before(async () => {
    world = await startWorld("postgresql@17");
    engine = await Engine.start({ program: { code: "" }, env: world.stack.env() });
  });
  after(async () => {
    await engine?.stop();
    await world?.stop();
  });

  for (const [what, body, words] of mistakes)
    it(`refuses ${what} at preview, names the property, and changes nothing`, async () => {
      const mark = logMark(world);
      engine.write(programOf(role + body));
      const { messages } = await engine.failing("preview");
      const errors = messages.filter(({ severity }) => severity === "error").map(({ text }) => text);
      assert.match(errors.join("\n"), words);
      assert.deepEqual(changingStatements(world, mark), []);
    });

  it("refuses two resources that claim one name at preview", async () => {
    const mark = logMark(world);
    engine.write(programOf(user("first", "shop_same") + user("second", "shop_same")));
    const { output } = await engine.failing("preview");
    assert.match(output, /"first".*"second".*both claim the name shop_same/);
    assert.deepEqual(changingStatements(world, mark), []);
  });

  it("keeps everything while the database cannot be reached, and forgets only when it is told to", async () => {
    const body = (version: number) => role + user("kept", "shop_kept", { passwordVersion: String(version) });
    engine.write(programOf(body(1)));
    await engine.up();
    const before = await engine.resources();
    await world.server.stop();

    engine.write(programOf(body(2)));
    const preview = await engine.preview();
    assert.deepEqual(preview.changes, { same: 2, update: 1 });
    assert.match(preview.output, /warning: NetworkPathDatabase/);

    const up = await engine.failing("up");
    assert.match(up.output, /NetworkPathDatabase/);
    assert.deepEqual(await engine.resources(), before);

    const refresh = await engine.failing("refresh");
    assert.match(refresh.output, /NetworkPathDatabase/);
    assert.deepEqual(await engine.resources(), before);

    const destroy = await engine.failing("destroy", { env: { DB_ACCESS_FORGET: "another" } });
    assert.match(destroy.output, /NetworkPathDatabase/);
    assert.deepEqual(await engine.resources(), before);

    const forgotten = await engine.destroy({ env: { DB_ACCESS_FORGET: "orders" } });
    assert.match(forgotten.output, /shop_kept is forgotten without SQL/);
    assert.deepEqual(await engine.resources(), {});
  });
});
