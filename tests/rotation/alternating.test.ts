import assert from "node:assert/strict";
import type { Claim, GrantClaim, LoginClaim } from "../../provisioner/protocol";
import { refused } from "../support/refusal";
import { openSession } from "../support/session";
import { versionsToTest } from "../support/versions";
import { apply, ask, attempt, byHand, changeWords, secretOf } from "../support/world";
import { Clients } from "./clients";
import {
  claimRotating,
  endOfGrace,
  graceSeconds,
  isSettled,
  loginClaim,
  logsIn,
  principalsLike,
  rotated,
  rotatingBy,
  sleep,
  startPlace,
  tick,
  versionOf,
  whoGetsIn,
  type Place,
  type Version,
} from "./place";

/** Where more than the switch is tried. */
const closely = versionsToTest("postgresql@17", "mariadb@10.11");

for (const version of versionsToTest("postgresql@13", "postgresql@17", "mariadb@10.11")) {
  const postgresql = version.startsWith("postgresql");

  describe(`two logins that take turns, on ${version}`, () => {
    let place: Place;
    let clients: Clients | undefined;
    const owner: Claim = { kind: "role", name: "shop_owner", deletion: "drop" };
    const database: Claim = { kind: "database", name: "shop", owner: "shop_owner", deletion: "drop" };
    const plain = loginClaim("shop_api", { database: "shop" });
    const turning: LoginClaim = { ...plain, ...rotatingBy("alternating", graceSeconds) };
    const onTable = (tables: string[], privileges: string[]): GrantClaim => ({
      kind: "grant",
      grantee: "shop_api",
      on: { kind: "tables", database: "shop", ...(postgresql ? { schema: "app" } : {}), tables },
      privileges,
      mode: "additive",
    });
    const table = (name: string): string => (postgresql ? `app.${name}` : name);
    const can = async (login: Version, ...statements: string[]): Promise<boolean[]> => {
      const outcomes: boolean[] = [];
      for (const sql of statements) outcomes.push((await attempt(place.world, login, "shop", sql)) === "ok");
      return outcomes;
    };
    const select = `SELECT * FROM ${table("orders")}`;
    const insert = `INSERT INTO ${table("orders")} VALUES (1)`;
    const update = `UPDATE ${table("orders")} SET id = 2`;
    const remove = `DELETE FROM ${table("orders")}`;

    before(async () => {
      place = await startPlace(version);
    });
    after(async () => {
      await clients?.end();
      await place.stop();
    });

    describe("an existing login", () => {
      let secretArn: string;
      let old: Version;

      before(async () => {
        const { world } = place;
        const [login] = (await apply(world, { claim: plain }, { claim: owner }, { claim: database })).slice(0, 1);
        secretArn = login.outputs?.secretArn ?? "";
        old = await versionOf(place, secretArn);
        if (postgresql) {
          await apply(world, {
            claim: { kind: "schema", database: "shop", name: "app", owner: "shop_owner", deletion: "drop" },
          });
          await byHand(
            world,
            "shop",
            `SET ROLE shop_owner; CREATE TABLE app.orders (id int); GRANT UPDATE ON app.orders TO shop_api`,
          );
        } else await byHand(world, "shop", "CREATE TABLE orders (id int); GRANT UPDATE ON shop.orders TO shop_api@'%'");
        const asks = [
          { claim: onTable(["orders"], ["SELECT"]) },
          { claim: onTable(["orders"], ["INSERT"]), owner: "others" },
        ];
        if (postgresql)
          asks.push({
            claim: { ...onTable([], ["CREATE"]), on: { kind: "schema", database: "shop", schema: "app" } },
          });
        await apply(world, ...asks);
      });

      it("is what it made and what runs as it", async () => {
        if (postgresql) {
          assert.deepEqual(await can(old, "CREATE TABLE app.former (id int)"), [true]);
          return;
        }
        await byHand(place.world, "shop", "CREATE DEFINER = shop_api@'%' VIEW seen AS SELECT 1");
        const [refused] = await ask(place.world, "apply", [{ claim: turning }]);
        assert.equal(refused.error?.code, "OwnsObjects");
        assert.match(refused.error?.message ?? "", /shop_api is the definer of .*seen/);
        assert.deepEqual(await principalsLike(place, "shop_api"), ["shop_api@%"]);
        await byHand(place.world, "shop", "DROP VIEW seen");
      });

      it("becomes two in place, and nobody who reads the secret is refused", async () => {
        clients = new Clients(place, secretArn, "shop", select);
        const session = await openSession(place.world, old);
        const [switched] = await apply(place.world, { claim: turning });
        assert.match(changeWords(switched).join(), /create shop_api_a.* and shop_api_b.*, which take turns/);
        assert.equal(await place.world.stack.rotationEnded(secretArn), "done");
        const first = await versionOf(place, secretArn);
        assert.equal(first.user, "shop_api_a");
        assert.deepEqual(await can(old, select, insert, update, remove), [true, true, true, false]);
        assert.deepEqual(await can(first, select, insert, update, remove), [true, true, true, false]);
        await sleep(graceSeconds * 1000);
        await tick(place);
        assert.deepEqual(await whoGetsIn(place, [old, first]), [false, true]);
        assert.equal(await session.run("SELECT 1"), false, "its sessions end with it");
        await session.close();
        assert.deepEqual(
          await principalsLike(place, "shop_api"),
          postgresql ? ["shop_api NOLOGIN", "shop_api_a", "shop_api_b"] : ["shop_api", "shop_api_a@%", "shop_api_b@%"],
        );
        assert.deepEqual(await can(first, select, insert, update, remove), [true, true, true, false]);
        await isSettled(place, turning, onTable(["orders"], ["SELECT"]));
        await rotated(place, secretArn);
        await clients.stop();
        const second = await versionOf(place, secretArn);
        assert.equal(second.user, "shop_api_b");
        assert.deepEqual(await can(second, select, insert, update, remove), [true, true, true, false]);
      });

      it("has one owner for what either makes, and one set of privileges", async () => {
        const second = await versionOf(place, secretArn);
        if (postgresql) {
          // What it owned as one login is both logins' now.
          assert.deepEqual(await can(second, "DROP TABLE app.former", "CREATE TABLE app.made (id int)"), [true, true]);
          const [made] = await byHand(place.world, "shop", "SELECT tableowner FROM pg_tables WHERE tablename = 'made'");
          assert.equal(made.tableowner, "shop_api");
        }
        const more = onTable(["orders"], ["SELECT", "DELETE"]);
        await apply(place.world, { claim: more });
        await sleep(graceSeconds * 1000);
        await rotated(place, secretArn);
        const third = await versionOf(place, secretArn);
        assert.equal(third.user, "shop_api_a");
        for (const login of [second, third]) assert.deepEqual(await can(login, select, remove), [true, true]);
        if (postgresql) assert.deepEqual(await can(third, "ALTER TABLE app.made ADD more int"), [true]);
        await apply(place.world, { claim: onTable(["orders"], ["DELETE"]) });
        for (const login of [second, third]) assert.deepEqual(await can(login, select, remove), [false, true]);
      });

      it("does not become one again, nor lends its names", async () => {
        const [back] = await ask(place.world, "apply", [{ claim: plain }]);
        assert.deepEqual([back.error?.code, back.error?.property], ["RotationRefused", "rotation.strategy"]);
        const [taken] = await ask(place.world, "apply", [{ claim: loginClaim("shop_api_b") }]);
        assert.equal(taken.error?.code, "OwnedElsewhere");
        const current = await versionOf(place, secretArn);
        assert.equal(await logsIn(place, current), true);
      });

      it("ends with both and the role", async () => {
        if (postgresql) await byHand(place.world, "shop", "DROP TABLE app.made");
        await apply(
          place.world,
          { claim: onTable(["orders"], ["DELETE"]), action: "remove" },
          { claim: onTable(["orders"], ["INSERT"]), owner: "others", action: "remove" },
          ...(postgresql
            ? [
                {
                  claim: {
                    ...onTable([], ["CREATE"]),
                    on: { kind: "schema", database: "shop", schema: "app" },
                  } as GrantClaim,
                  action: "remove" as const,
                },
              ]
            : []),
        );
        await byHand(place.world, "shop", `REVOKE UPDATE ON ${table("orders")} FROM shop_api`);
        await apply(place.world, { claim: turning, action: "remove" });
        assert.deepEqual(await principalsLike(place, "shop_api"), []);
        await assert.rejects(secretOf(place.world, secretArn), { name: "ResourceNotFoundException" });
      });
    });

    if (!closely.includes(version)) return;

    it("holds its attributes for each of the two", async () => {
      const claim = loginClaim("narrow", { ...rotatingBy("alternating"), connectionLimit: 1 });
      const { secretArn } = await claimRotating(place, claim);
      const first = await versionOf(place, secretArn);
      await rotated(place, secretArn);
      const second = await versionOf(place, secretArn);
      const session = await openSession(place.world, first);
      assert.deepEqual(await whoGetsIn(place, [first, second]), [false, true]);
      await session.close();
      const locked: LoginClaim = { ...claim, connectionLimit: undefined, locked: true };
      await apply(place.world, { claim: locked });
      assert.deepEqual(await whoGetsIn(place, [first, second]), [false, false]);
      await isSettled(place, locked);
      await apply(place.world, { claim: { ...claim, connectionLimit: undefined } });
      assert.deepEqual(await whoGetsIn(place, [first, second]), [true, true]);
    });

    it("is locked, retained and taken back as one", async () => {
      const claim = loginClaim("kept", { ...rotatingBy("alternating"), deletion: "lock" });
      const { secretArn } = await claimRotating(place, claim);
      const first = await versionOf(place, secretArn);
      await rotated(place, secretArn);
      const second = await versionOf(place, secretArn);
      await apply(place.world, { claim, action: "remove" });
      assert.deepEqual(await whoGetsIn(place, [first, second]), [false, false]);
      assert.equal((await versionOf(place, secretArn)).versionId, second.versionId);
      await apply(place.world, { claim });
      const third = await versionOf(place, secretArn);
      assert.deepEqual(await whoGetsIn(place, [first, second, third]), [false, false, true]);
      const retained: LoginClaim = { ...claim, deletion: "retain" };
      await apply(place.world, { claim: retained });
      await apply(place.world, { claim: retained, action: "remove" });
      assert.equal(await logsIn(place, third), true);
      await apply(place.world, { claim: retained });
      assert.equal(await logsIn(place, await versionOf(place, secretArn)), true);
      await isSettled(place, retained);
    });

    if (postgresql) return;

    it("is refused to an admin that may not set default roles", async () => {
      const { user } = place.world.server.admin;
      await byHand(place.world, undefined, `REVOKE UPDATE ON *.* FROM ${user}@'%'`);
      await refused(
        place.world,
        { claim: loginClaim("never", rotatingBy("alternating")) },
        { code: "RotationRefused", property: "rotation.strategy", says: [/default role/, /"single"/] },
      );
      await byHand(place.world, undefined, `GRANT UPDATE ON *.* TO ${user}@'%'`);
    });

    it("has both logins at each of its hosts", async () => {
      const claim = (...hosts: string[]): LoginClaim => loginClaim("wide", { ...rotatingBy("alternating"), hosts });
      const { secretArn } = await claimRotating(place, claim("%", "10.0.0.%"));
      const at = (...hosts: string[]): string[] =>
        ["wide", ...["wide_a", "wide_b"].flatMap((name) => hosts.map((host) => `${name}@${host}`))].sort();
      assert.deepEqual(await principalsLike(place, "wide"), at("%", "10.0.0.%"));
      const first = await versionOf(place, secretArn);
      await apply(place.world, { claim: claim("%", "10.1.0.%") });
      assert.deepEqual(await principalsLike(place, "wide"), at("%", "10.1.0.%"));
      await rotated(place, secretArn);
      const second = await versionOf(place, secretArn);
      await apply(place.world, { claim: claim("%") });
      assert.deepEqual(await principalsLike(place, "wide"), at("%"));
      assert.deepEqual(await whoGetsIn(place, [first, second]), [true, true]);
      await endOfGrace(place);
      await rotated(place, secretArn);
      assert.deepEqual(await whoGetsIn(place, [first, await versionOf(place, secretArn)]), [false, true]);
      await isSettled(place, claim("%"));
    });
  });
}
