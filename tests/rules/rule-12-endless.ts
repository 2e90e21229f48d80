import assert from "node:assert/strict";
import type { Claim, GrantClaim } from "../../provisioner/protocol";
import { changeWords, type Ask, type Login } from "../support/world";
import { grantOf, loginClaim, type Place } from "./place";
import { assertSettled, isPostgresql, isRefused, remove } from "./steps";

/** Whatever kinds of tables there are and whoever owns them: once applied, nothing is left to do. */
export function ruleEndless(place: () => Place, version: string): void {
  const postgresql = isPostgresql(version);

  describe("rule 12: no endless diff", () => {
    let reader: Login;
    const other: Claim = { kind: "role", name: "r12_other", deletion: "drop" };
    const schema = postgresql ? { schema: "r12" } : {};
    const named = (table: string): string => (postgresql ? `r12.${table}` : `shop.${table}`);
    const grant = (tables: "*" | string[], privileges: string[], more: Partial<GrantClaim> = {}, future = false): GrantClaim =>
      grantOf(
        "r12_reader",
        place().tables(tables, { ...schema, ...(future ? { future: { createdBy: ["shop_owner"] } } : {}) }),
        privileges,
        more,
      ); // prettier-ignore
    const may = async (sql: string): Promise<boolean> => {
      const outcome = await place().attempt(reader, sql);
      assert.ok(outcome === "ok" || isRefused(outcome), `${sql}: ${outcome}`);
      return outcome === "ok";
    };
    const reads = (table: string): Promise<boolean> => may(`SELECT * FROM ${named(table)}`);

    /** One of each kind of relation, with the beginning of its name. */
    async function createAll(prefix: string): Promise<string[]> {
      const { asOwner } = place();
      const name = (kind: string): string => named(`${prefix}_${kind}`);
      await asOwner(`CREATE TABLE ${name("plain")} (id int)`);
      await asOwner(`CREATE VIEW ${name("view")} AS SELECT 1 AS id`);
      if (!postgresql) {
        await asOwner(`CREATE TABLE ${name("parted")} (id int) PARTITION BY HASH (id) PARTITIONS 2`);
        return ["plain", "view", "parted"].map((kind) => `${prefix}_${kind}`);
      }
      await asOwner(`CREATE TABLE ${name("parted")} (id int) PARTITION BY RANGE (id)`);
      await asOwner(`CREATE TABLE ${name("part")} PARTITION OF ${name("parted")} FOR VALUES FROM (0) TO (9)`);
      await asOwner(`CREATE MATERIALIZED VIEW ${name("stored")} AS SELECT 1 AS id`);
      await asOwner(`CREATE FOREIGN TABLE ${name("far")} (id int) SERVER r12_server`);
      return ["plain", "view", "parted", "part", "stored"].map((kind) => `${prefix}_${kind}`);
    }

    before(async () => {
      const { login, asOwner, byHand, apply } = place();
      reader = await login("r12_reader");
      if (!postgresql) return;
      await apply({ claim: other });
      await asOwner("CREATE SCHEMA r12; GRANT CONNECT ON DATABASE shop TO r12_reader");
      await byHand("CREATE FOREIGN DATA WRAPPER r12_wrapper; CREATE SERVER r12_server FOREIGN DATA WRAPPER r12_wrapper");
      await byHand("GRANT USAGE ON FOREIGN SERVER r12_server TO shop_owner");
    });
    after(async () => {
      if (postgresql) await place().byHand("DROP SCHEMA r12 CASCADE; DROP FOREIGN DATA WRAPPER r12_wrapper CASCADE");
      await remove(place(), { claim: loginClaim("r12_reader") }, ...(postgresql ? [{ claim: other }] : []));
    });
    const dropAll = async (): Promise<void> => {
      if (postgresql) await place().byHand("DROP SCHEMA r12 CASCADE; CREATE SCHEMA r12 AUTHORIZATION shop_owner");
      else
        for (const prefix of ["r12_old", "r12_new"])
          await place().asOwner(`DROP TABLE IF EXISTS ${prefix}_plain, ${prefix}_parted; DROP VIEW IF EXISTS ${prefix}_view`);
    }; // prettier-ignore
    afterEach(dropAll);

    for (const mode of ["additive", "exclusive"] as const)
      it(`all tables and those to come, ${mode}: what comes needs nothing`, async () => {
        const ask: Ask = { claim: grant("*", ["SELECT", "INSERT"], { mode }, postgresql) };
        const old = await createAll("r12_old");
        await place().apply(ask);
        await assertSettled(place(), ask);
        const fresh = await createAll("r12_new");
        await assertSettled(place(), ask);
        for (const table of [...old, ...fresh]) assert.equal(await reads(table), true, table);
        await remove(place(), ask);
        for (const table of [...old, ...fresh]) assert.equal(await reads(table), false, table);
        await assertSettled(place(), { ...ask, action: "remove" });
      });

    it("named tables of every kind", async () => {
      const ask: Ask = { claim: grant(await createAll("r12_old"), ["SELECT"], { mode: "exclusive" }) };
      await place().apply(ask);
      await assertSettled(place(), ask);
      await createAll("r12_new");
      await assertSettled(place(), ask);
      assert.deepEqual([await reads("r12_old_parted"), await reads("r12_new_parted")], [true, false]);
      await remove(place(), ask);
    });

    if (!postgresql) return;

    it("all tables without those to come: what comes is one more grant, once", async () => {
      const ask: Ask = { claim: grant("*", ["SELECT"]) };
      await createAll("r12_old");
      await place().apply(ask);
      await assertSettled(place(), ask);
      const fresh = await createAll("r12_new");
      const [planned] = await place().ask("plan", ask);
      assert.match(changeWords(planned).join(), /^grant SELECT on table r12\.r12_new_\w+/);
      await place().apply(ask);
      for (const table of fresh) assert.equal(await reads(table), true, table);
      await assertSettled(place(), ask);
      await remove(place(), ask);
    });

    const owners: [whose: string, table: string, owner: string][] = [
      ["another role's", "r12_others", "r12_other"],
      ["the grantee's own", "r12_mine", "r12_reader"],
    ];
    for (const [whose, table, owner] of owners)
      for (const future of [true, false])
        it(`${whose} table among all tables, ${future ? "with" : "without"} those to come`, async () => {
          await createAll("r12_old");
          await place().byHand(`CREATE TABLE r12.${table} (id int); ALTER TABLE r12.${table} OWNER TO ${owner}`);
          for (const mode of ["additive", "exclusive"] as const) {
            const ask: Ask = { claim: grant("*", ["SELECT"], { mode }, future) };
            await place().apply(ask);
            assert.equal(await reads(table), true);
            await assertSettled(place(), ask);
            assert.equal(await may(`INSERT INTO r12.${table} VALUES (1)`), owner === "r12_reader", "an owner stays one");
          }
          const ask: Ask = { claim: grant("*", ["SELECT"], { mode: "exclusive" }, future) };
          await place().byHand(`CREATE TABLE r12.${table}_later (id int); ALTER TABLE r12.${table}_later OWNER TO ${owner}`);
          await place().apply(ask);
          await assertSettled(place(), ask);
          await remove(place(), ask);
          await assertSettled(place(), { ...ask, action: "remove" });
        });

    it("the grantee's own table by its name", async () => {
      await place().byHand("CREATE TABLE r12.r12_mine (id int); ALTER TABLE r12.r12_mine OWNER TO r12_reader");
      for (const mode of ["additive", "exclusive"] as const) {
        const ask: Ask = { claim: grant(["r12_mine"], ["SELECT"], { mode }) };
        await place().apply(ask);
        await assertSettled(place(), ask);
        await remove(place(), ask);
        assert.equal(await may("INSERT INTO r12.r12_mine VALUES (1)"), true, "an owner stays one");
      }
    });

    for (const [whose, owner] of [
      ["a superuser's", () => place().world.server.superuser.user],
      ["an unknown role's", () => "r12_unknown"],
    ] as const)
      it(`${whose} table among all tables is named, and is no obstacle`, async () => {
        await createAll("r12_old");
        if (owner() === "r12_unknown") await place().byHand("CREATE ROLE r12_unknown");
        await place().byHand(`CREATE TABLE r12.r12_theirs (id int); ALTER TABLE r12.r12_theirs OWNER TO ${owner()}`);
        for (const future of [true, false]) {
          const ask: Ask = { claim: grant("*", ["SELECT"], { mode: "exclusive" }, future) };
          const [applied] = await place().apply(ask);
          assert.match(applied.warnings.join(), /r12_theirs/);
          assert.deepEqual([await reads("r12_old_plain"), await reads("r12_theirs")], [true, false]);
          await assertSettled(place(), ask);
          await remove(place(), ask);
        }
        await place().byHand("DROP TABLE r12.r12_theirs");
        await place().byHand("DROP ROLE IF EXISTS r12_unknown");
      });
  });
}
