import assert from "node:assert/strict";
import type { Claim, GrantClaim } from "../../provisioner/protocol";
import { versionsToTest } from "../support/versions";
import { apply, attempt, byHand, changeWords, secretOf, startWorld, type Login, type World } from "../support/world";

const ownerRole: Claim = { kind: "role", name: "shop_owner", deletion: "drop" };
const database: Claim = { kind: "database", name: "shop", owner: "shop_owner", deletion: "drop" };

for (const version of versionsToTest("postgresql@17", "mysql@8.0", "mariadb@10.11")) {
  describe(`the grant option on ${version}`, () => {
    let world: World;
    let giver: Login;
    const postgresql = version.startsWith("postgresql");
    const grant = (withGrantOption: boolean, privileges = ["SELECT"]): GrantClaim => ({
      kind: "grant",
      grantee: "giver",
      on: { kind: "tables", database: "shop", ...(postgresql ? { schema: "public" } : {}), tables: ["first"] },
      privileges,
      withGrantOption,
      mode: "additive",
    });
    const selects = (): Promise<string> => attempt(world, giver, "shop", "SELECT * FROM first");
    const taker = postgresql ? "taker" : "'taker'@'%'";
    const passesOn = async (): Promise<boolean> => {
      // PostgreSQL only warns when there is no grant option at all.
      await attempt(world, giver, "shop", `GRANT SELECT ON ${postgresql ? "first" : "shop.first"} TO ${taker}`);
      const rows = await byHand(
        world,
        "shop",
        postgresql
          ? "SELECT 1 WHERE has_table_privilege('taker', 'public.first', 'SELECT')"
          : "SELECT 1 FROM mysql.tables_priv WHERE User = 'taker'",
      );
      if (rows.length > 0)
        await byHand(
          world,
          "shop",
          postgresql
            ? "SET ROLE giver; REVOKE SELECT ON first FROM taker"
            : "REVOKE SELECT ON shop.first FROM 'taker'@'%'",
        );
      return rows.length > 0;
    };

    before(async () => {
      world = await startWorld(version);
      const logins = ["giver", "taker"].map((name): { claim: Claim } => ({
        claim: { kind: "login", name, auth: { kind: "password" }, deletion: "drop" },
      }));
      const results = await apply(world, { claim: ownerRole }, { claim: database }, ...logins);
      const { username, password } = await secretOf(world, results[2].outputs?.secretArn ?? "");
      giver = { user: username, password };
      const create = "CREATE TABLE first (id int PRIMARY KEY)";
      await byHand(world, "shop", postgresql ? `SET ROLE shop_owner; ${create}` : create);
    });
    after(() => world.stop());

    it("goes with the one claim that gave it; the privilege stays for the other", async () => {
      await apply(world, { claim: grant(false), owner: "reader" });
      assert.deepEqual([await selects(), await passesOn()], ["ok", false]);
      await apply(world, { claim: grant(true), owner: "manager" });
      assert.deepEqual([await selects(), await passesOn()], ["ok", true]);
      const [result] = await apply(world, { claim: grant(true), owner: "manager", action: "remove" });
      assert.match(changeWords(result).join(), /revoke SELECT on .*first from giver \(grant option only\)/);
      assert.deepEqual([await selects(), await passesOn()], ["ok", false]);
      await apply(world, { claim: grant(false), owner: "reader", action: "remove" });
      assert.notEqual(await selects(), "ok");
    });

    it("goes when the claim that gave it no longer wants it", async () => {
      await apply(world, { claim: grant(true) });
      assert.equal(await passesOn(), true);
      await apply(world, { claim: grant(false) });
      assert.deepEqual([await selects(), await passesOn()], ["ok", false]);
      assert.equal((await apply(world, { claim: grant(false) }))[0].status, "unchanged");
      await apply(world, { claim: grant(false), action: "remove" });
    });

    it("goes with the claim of another privilege of the same table", async () => {
      await apply(world, { claim: grant(false), owner: "reader" });
      await apply(world, { claim: grant(true, ["INSERT"]), owner: "manager" });
      await apply(world, { claim: grant(true, ["INSERT"]), owner: "manager", action: "remove" });
      assert.deepEqual([await selects(), await passesOn()], ["ok", false]);
      assert.equal((await apply(world, { claim: grant(false), owner: "reader" }))[0].status, "unchanged");
      await apply(world, { claim: grant(false), owner: "reader", action: "remove" });
    });

    it("of somebody's hand stays when a claim comes and goes; what the claim added goes", async () => {
      const table = postgresql ? "first" : "shop.first";
      const to = postgresql ? "giver" : "'giver'@'%'";
      const asOwner = postgresql ? "SET ROLE shop_owner; GRANT CONNECT ON DATABASE shop TO giver; " : "";
      for (const [option, expected] of [
        [" WITH GRANT OPTION", true],
        ["", false],
      ] as const) {
        await byHand(world, "shop", `${asOwner}GRANT SELECT ON ${table} TO ${to}${option}`);
        await apply(world, { claim: grant(true) });
        await apply(world, { claim: grant(true), action: "remove" });
        assert.deepEqual([await selects(), await passesOn()], ["ok", expected]);
        await byHand(
          world,
          "shop",
          postgresql
            ? "SET ROLE shop_owner; REVOKE ALL ON first FROM giver CASCADE"
            : `REVOKE ${world.product === "mysql" ? "IF EXISTS " : ""}SELECT, GRANT OPTION ON shop.first FROM 'giver'@'%'`,
        );
      }
    });
  });
}
