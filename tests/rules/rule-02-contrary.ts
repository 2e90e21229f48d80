import assert from "node:assert/strict";
import type { GrantClaim } from "../../provisioner/protocol";
import type { Ask, Login } from "../support/world";
import { grantOf, type Place } from "./place";
import {
  assertFails,
  assertSettled,
  isMariaDb,
  isPostgresql,
  isRefused,
  majorOf,
  remove,
  withPartialRevokes,
} from "./steps";

/** Claims that cannot both be true: the later is refused and nothing is done, whichever it is. */
export function ruleContrary(place: () => Place, version: string): void {
  const postgresql = isPostgresql(version);

  describe("rule 2: claims that contradict each other", () => {
    let reader: Login;
    const group = { kind: "role", name: "r2c_group", deletion: "drop" } as const;

    before(async () => {
      const { login, asOwner, apply } = place();
      reader = await login("r2c_reader");
      if (postgresql) await asOwner("CREATE FUNCTION r2c_total() RETURNS int LANGUAGE sql AS 'SELECT 1'");
      else await asOwner("CREATE TABLE r2c_orders (id int)");
      await apply({ claim: group });
    });
    after(async () => {
      await place().asOwner(postgresql ? "DROP FUNCTION r2c_total()" : "DROP TABLE r2c_orders");
      await remove(
        place(),
        { claim: { kind: "login", name: "r2c_reader", auth: { kind: "password" }, deletion: "drop" } },
        { claim: group },
      );
    });

    async function refusesLater(first: Ask, later: Ask): Promise<void> {
      const earlier = first.owner ?? "";
      await place().apply(first);
      const statements = await place().changedBy(async () => {
        await assertFails(place(), later, "OwnedElsewhere", new RegExp(`^${earlier} claims the contrary: `));
        const [planned] = await place().ask("plan", later);
        assert.equal(planned.error?.code, "OwnedElsewhere", "the plan says so already");
      });
      assert.deepEqual(statements, []);
      await assertSettled(place(), first);
    }

    async function bothWays(a: GrantClaim, b: GrantClaim, holds: (claim: GrantClaim) => Promise<void>): Promise<void> {
      for (const [first, later] of [
        [a, b],
        [b, a],
      ]) {
        const asks = [
          { claim: first, owner: "stack early" },
          { claim: later, owner: "stack late" },
        ];
        await refusesLater(asks[0], asks[1]);
        await holds(first);
        await remove(place(), asks[0]);
        await place().apply(asks[1]);
        await holds(later);
        await remove(place(), asks[1]);
      }
    }

    if (postgresql)
      it("one gives PUBLIC what the other takes from it", async () => {
        const on: GrantClaim["on"] = {
          kind: "routines",
          database: "shop",
          schema: "public",
          routines: ["r2c_total()"],
        };
        const given = grantOf("PUBLIC", on, ["EXECUTE"]);
        const taken: GrantClaim = { ...given, effect: "revoke" };
        const entry = {
          claim: grantOf("r2c_reader", { kind: "database", database: "shop" }, ["CONNECT"]),
          owner: "way in",
        };
        await place().apply(entry);
        await bothWays(given, taken, async (claim) =>
          assert.equal(await place().attempt(reader, "SELECT r2c_total()"), claim === given ? "ok" : "42501"),
        );
        await remove(place(), entry);
      });

    if (postgresql)
      it("one takes from PUBLIC what the other gives it on one of the objects to come", async () => {
        const future = { createdBy: ["shop_owner"] };
        const taken: GrantClaim = {
          ...grantOf("PUBLIC", { kind: "routines", database: "shop", routines: "*", future }, ["EXECUTE"]),
          effect: "revoke",
        };
        const on: GrantClaim["on"] = {
          kind: "routines",
          database: "shop",
          schema: "public",
          routines: ["r2c_total()"],
        };
        const first = { claim: taken, owner: "stack early" };
        await refusesLater(first, { claim: grantOf("PUBLIC", on, ["EXECUTE"]), owner: "stack late" });
        await remove(place(), first);
      });

    if (!postgresql || majorOf(version) >= 16)
      it("one membership cannot be two ways", async () => {
        const member = (way: boolean): GrantClaim =>
          grantOf(
            "r2c_reader",
            postgresql
              ? { kind: "role", role: "r2c_group", inherit: way, set: true }
              : { kind: "role", role: "r2c_group", default: way },
            [],
          );
        const column = postgresql ? "inherit_option" : "active";
        const from = postgresql
          ? "pg_auth_members WHERE member = 'r2c_reader'::regrole"
          : isMariaDb(version)
            ? "(SELECT JSON_VALUE(Priv, '$.default_role') = 'r2c_group' AS active FROM mysql.global_priv WHERE User = 'r2c_reader') x"
            : "(SELECT COUNT(*) AS active FROM mysql.default_roles WHERE USER = 'r2c_reader') x";
        await bothWays(member(true), member(false), async (claim) => {
          const [row] = await place().byHand(`SELECT ${column} AS way FROM ${from}`);
          const way = claim.on.kind === "role" && (claim.on.inherit ?? claim.on.default);
          assert.equal(
            [true, 1, "1"].some((yes) => yes === row.way),
            way,
            JSON.stringify(row),
          );
        });
      });

    if (!postgresql && !isMariaDb(version))
      it("one takes for a database what the other gives there", async () => {
        await withPartialRevokes(place(), async () => {
          await place().byHand("GRANT SELECT ON *.* TO 'r2c_reader'@'%'");
          const on: GrantClaim["on"] = { kind: "database", database: "shop" };
          const taken: GrantClaim = { ...grantOf("r2c_reader", on, ["SELECT"]), effect: "revoke" };
          const first = { claim: taken, owner: "stack early" };
          await refusesLater(first, { claim: grantOf("r2c_reader", on, ["SELECT"]), owner: "stack late" });
          assert.ok(isRefused(await place().attempt(reader, "SELECT * FROM shop.r2c_orders")));
          await remove(place(), first);
          assert.equal(await place().attempt(reader, "SELECT * FROM shop.r2c_orders"), "ok");
          await place().byHand("REVOKE SELECT ON *.* FROM 'r2c_reader'@'%'");
        });
      });
  });
}
