import assert from "node:assert/strict";
import type { Claim } from "../../provisioner/protocol";
import { openSession } from "../support/session";
import { attempt, changeWords, secretOf, type Ask, type Login } from "../support/world";
import { grantOf, loginClaim, type Place } from "./place";
import { assertSettled, isPostgresql, remove } from "./steps";

/** How a login ends, and what ends with it. What it owns is in another file. */
export function ruleDelete(place: () => Place, version: string): void {
  const postgresql = isPostgresql(version);

  describe("rule 9: delete", () => {
    const depot: Claim = { kind: "database", name: "r9_depot", owner: "shop_owner", deletion: "drop" };
    const grant = (grantee: string, database: string): Ask => ({
      claim: grantOf(
        grantee,
        { kind: "tables", database, ...(postgresql ? { schema: "public" } : {}), tables: ["r9_t"] },
        ["SELECT"],
      ),
    });
    const grants = (grantee: string): Ask[] => ["shop", "r9_depot"].map((database) => grant(grantee, database));
    const reads = (who: Login, database: string): Promise<string> =>
      attempt(place().world, who, database, "SELECT * FROM r9_t");
    const exists = async (name: string): Promise<boolean> =>
      (
        await place().byHand(
          postgresql
            ? `SELECT 1 FROM pg_roles WHERE rolname = '${name}'`
            : `SELECT 1 FROM mysql.user WHERE user = '${name}'`,
        )
      ).length > 0;
    /** Everything that the server still has of the name, in whatever database. */
    const traces = async (name: string): Promise<number> => {
      if (postgresql) {
        const acl = `SELECT count(*) AS n FROM pg_class WHERE relname = 'r9_t' AND relacl::text LIKE '%${name}%'`;
        const counts = await Promise.all(["shop", "r9_depot"].map((database) => place().byHand(acl, database)));
        return counts.reduce((sum, [{ n }]) => sum + Number(n), 0);
      }
      const tables = ["db", "tables_priv", "columns_priv", "procs_priv"];
      const counts = await Promise.all(
        tables.map((table) => place().byHand(`SELECT COUNT(*) AS n FROM mysql.${table} WHERE User = '${name}'`)),
      );
      return counts.reduce((sum, [{ n }]) => sum + Number(n), 0);
    };
    const ledger = (name: string): Promise<unknown[]> =>
      place().byHand(
        `SELECT id FROM db_access.claims WHERE grantee = '${name}'`,
        postgresql ? "postgres" : "db_access",
      );
    const createTable = (database: string): Promise<unknown> =>
      place().byHand(`${postgresql ? "SET ROLE shop_owner; " : ""}CREATE TABLE r9_t (id int PRIMARY KEY)`, database);

    before(async () => {
      await place().apply({ claim: depot });
      for (const database of ["shop", "r9_depot"]) await createTable(database);
    });
    after(async () => {
      await place().byHand("DROP TABLE r9_t");
      await remove(place(), { claim: depot });
    });

    it("drop: sessions end, what it held in every database is gone, and already gone is success", async () => {
      const who = await place().login("r9_gone");
      await place().apply(...grants("r9_gone"));
      for (const database of ["shop", "r9_depot"]) assert.equal(await reads(who, database), "ok");
      const session = await openSession(place().world, who);
      assert.equal(await session.run("SELECT 1"), true);
      const [dropped] = await remove(place(), { claim: loginClaim("r9_gone") });
      assert.match(changeWords(dropped).join(), /drop login r9_gone with every privilege it holds/);
      assert.equal(await session.run("SELECT 1"), false);
      await session.close();
      assert.notEqual(await reads(who, "shop"), "ok");
      assert.deepEqual([await exists("r9_gone"), await traces("r9_gone")], [false, 0]);
      await assert.rejects(secretOf(place().world, "orders/r9_gone"));
      const again = await remove(place(), { claim: loginClaim("r9_gone") }, ...grants("r9_gone"));
      assert.equal(again[0].status, "unchanged");
      assert.deepEqual(await ledger("r9_gone"), []);
    });

    it("a login that somebody dropped by hand ends without error", async () => {
      await place().login("r9_lost");
      await place().apply(...grants("r9_lost"));
      await place().byHand(postgresql ? "DROP OWNED BY r9_lost" : "SELECT 1", "r9_depot");
      await place().byHand(postgresql ? "DROP OWNED BY r9_lost; DROP ROLE r9_lost" : "DROP USER 'r9_lost'@'%'");
      const [result] = await remove(place(), { claim: loginClaim("r9_lost") }, ...grants("r9_lost"));
      assert.match(changeWords(result).join(), /forget login r9_lost, which is gone already/);
      assert.deepEqual(await ledger("r9_lost"), []);
    });

    it("drop with endSessions: false leaves the open session", async () => {
      const claim = loginClaim("r9_stays_on", { endSessions: false });
      const session = await openSession(place().world, await place().login("r9_stays_on", claim));
      await remove(place(), { claim });
      assert.equal(await exists("r9_stays_on"), false);
      assert.equal(await session.run("SELECT 1"), true);
      await session.close();
    });

    it("lock: sessions end, nobody gets in, privileges and secret stay for whoever claims it again", async () => {
      const claim = loginClaim("r9_paused", { deletion: "lock" });
      const who = await place().login("r9_paused", claim);
      await place().apply(...grants("r9_paused"));
      const session = await openSession(place().world, who);
      await remove(place(), { claim });
      assert.equal(await session.run("SELECT 1"), false);
      await session.close();
      assert.notEqual(await reads(who, "shop"), "ok");
      assert.equal((await secretOf(place().world, "orders/r9_paused")).password, who.password);
      assert.equal((await remove(place(), { claim }))[0].status, "unchanged");
      const back = await place().login("r9_paused", claim);
      for (const database of ["shop", "r9_depot"]) assert.equal(await reads(back, database), "ok");
      await assertSettled(place(), { claim }, ...grants("r9_paused"));
      await remove(place(), { claim: loginClaim("r9_paused") });
      assert.deepEqual([await exists("r9_paused"), await traces("r9_paused")], [false, 0]);
      await remove(place(), ...grants("r9_paused"));
    });

    it("retain: login, privileges and open sessions stay as they are", async () => {
      const claim = loginClaim("r9_kept", { deletion: "retain" });
      const who = await place().login("r9_kept", claim);
      await place().apply(...grants("r9_kept"));
      const session = await openSession(place().world, who);
      assert.deepEqual(
        (await place().changedBy(() => remove(place(), { claim }))).filter((sql) => !/db_access/.test(sql)),
        [],
      );
      assert.equal(await session.run("SELECT 1"), true);
      await session.close();
      for (const database of ["shop", "r9_depot"]) assert.equal(await reads(who, database), "ok");
      await place().login("r9_kept", claim);
      await remove(place(), ...grants("r9_kept"), { claim: loginClaim("r9_kept") });
    });

    it("what a dropped table leaves behind goes with the grant, and nothing comes back with the name", async () => {
      const who = await place().login("r9_dangling");
      const columns: Ask = {
        claim: grantOf(
          "r9_dangling",
          {
            kind: "columns",
            database: "shop",
            ...(postgresql ? { schema: "public" } : {}),
            table: "r9_brief",
            columns: ["a"],
          },
          ["UPDATE"],
        ),
      };
      const table: Ask = { claim: grantOf("r9_dangling", place().tables(["r9_brief"]), ["SELECT"]) };
      await place().asOwner("CREATE TABLE r9_brief (id int, a int)");
      await place().apply(columns, table);
      const update = "UPDATE r9_brief SET a = 1 WHERE id = 2";
      assert.equal(await place().attempt(who, update), "ok");
      await place().asOwner("DROP TABLE r9_brief");
      await remove(place(), columns, table);
      assert.equal(await traces("r9_dangling"), 0);
      await place().asOwner("CREATE TABLE r9_brief (id int, a int)");
      for (const sql of [update, "SELECT * FROM r9_brief"]) assert.notEqual(await place().attempt(who, sql), "ok", sql);
      await place().asOwner("DROP TABLE r9_brief");
      await remove(place(), { claim: loginClaim("r9_dangling") });
    });

    const parts: Record<string, (name: string, database: string) => Ask> = {
      login: (name) => ({ claim: loginClaim(name) }),
      grant: (name, database) => grant(name, database),
      database: (_, name) => ({ claim: { kind: "database", name, owner: "shop_owner", deletion: "drop" } }),
    };
    for (const order of [
      ["login", "database", "grant"],
      ["database", "grant", "login"],
      ["grant", "login", "database"],
    ])
      it(`one by one, with names as plain texts: ${order.join(", then ")}`, async () => {
        const [name, database] = ["r9_literal", "r9_brief"];
        await place().login(name);
        await place().apply(parts.database(name, database));
        await createTable(database);
        await place().apply(parts.grant(name, database));
        for (const part of order) await remove(place(), parts[part](name, database));
        assert.equal(await exists(name), false);
        assert.deepEqual(await ledger(name), []);
        await assert.rejects(place().byHand("SELECT 1 FROM r9_t", database));
      });
  });
}
