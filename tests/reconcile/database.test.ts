import assert from "node:assert/strict";
import type { Claim, DatabaseClaim } from "../../provisioner/protocol";
import { versionsToTest } from "../support/versions";
import {
  apply,
  ask,
  attempt,
  byHand,
  changeWords,
  secretOf,
  startWorld,
  type Login,
  type World,
} from "../support/world";

const ownerRole: Claim = { kind: "role", name: "shop_owner", deletion: "drop" };
const shop: DatabaseClaim = { kind: "database", name: "shop", owner: "shop_owner", deletion: "drop" };

for (const version of versionsToTest("postgresql@17")) {
  describe(`databases on ${version}`, () => {
    let world: World;
    let reader: Login;
    const grant: Claim = {
      kind: "grant",
      grantee: "reader",
      on: { kind: "tables", database: "shop", schema: "public", tables: "*" },
      privileges: ["SELECT"],
      mode: "exclusive",
    };

    before(async () => {
      world = await startWorld(version);
    });
    after(() => world.stop());

    it("a whole tree in one request: what a claim waits for, another one of the batch makes", async () => {
      const login: Claim = {
        kind: "login",
        name: "reader",
        auth: { kind: "password" },
        database: "shop",
        deletion: "drop",
      };
      const results = await apply(world, ...[grant, login, shop, ownerRole].map((claim) => ({ claim })));
      assert.deepEqual(
        results.map((result) => result.status),
        ["done", "done", "done", "done"],
      );
      const { username, password } = await secretOf(world, results[1].outputs?.secretArn ?? "");
      reader = { user: username, password };
      await byHand(world, "shop", "SET ROLE shop_owner; CREATE TABLE first (id int)");
      await apply(world, { claim: grant });
      assert.equal(await attempt(world, reader, "shop", "SELECT * FROM first"), "ok");
    });

    it("revokePublic given up later: the provisioner still has its own way in", async () => {
      const open: DatabaseClaim = { ...shop, revokePublic: false };
      await apply(world, { claim: open });
      await byHand(world, "shop", "SET ROLE shop_owner; CREATE TABLE second (id int)");
      await apply(world, { claim: grant });
      assert.equal(await attempt(world, reader, "shop", "SELECT * FROM second"), "ok");
      assert.equal((await apply(world, { claim: open }))[0].status, "unchanged");
      await apply(world, { claim: shop });
    });

    it("what PUBLIC gets back by hand is drift", async () => {
      await byHand(world, undefined, "GRANT CONNECT ON DATABASE shop TO PUBLIC");
      const [read] = await ask(world, "read", [{ claim: shop }]);
      assert.match(changeWords(read).join(), /revoke CONNECT on database shop from PUBLIC/);
      await apply(world, { claim: shop });
      assert.deepEqual(changeWords((await ask(world, "read", [{ claim: shop }]))[0]), []);
    });
  });
}
