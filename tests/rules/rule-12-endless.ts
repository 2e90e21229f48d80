import assert from "node:assert/strict";
import type { Claim, GrantClaim } from "../../provisioner/protocol";
import { changeWords, type Ask, type Login } from "../support/world";
import { grantOf, loginClaim, type Place } from "./place";
import { assertFails, assertSettled, isPostgresql, isRefused, majorOf, remove } from "./steps";

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
      await byHand(
        "CREATE FOREIGN DATA WRAPPER r12_wrapper; CREATE SERVER r12_server FOREIGN DATA WRAPPER r12_wrapper",
      );
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

    /** A table of somebody else, who can get at it. */
    const owned = (table: string, owner: string): Promise<unknown> =>
      place().byHand(
        `CREATE TABLE r12.${table} (id int); ALTER TABLE r12.${table} OWNER TO ${owner}; GRANT USAGE ON SCHEMA r12 TO ${owner}`,
      );

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
          await owned(table, owner);
          for (const mode of ["additive", "exclusive"] as const) {
            const ask: Ask = { claim: grant("*", ["SELECT"], { mode }, future) };
            await place().apply(ask);
            assert.equal(await reads(table), true);
            await assertSettled(place(), ask);
            assert.equal(
              await may(`INSERT INTO r12.${table} VALUES (1)`),
              owner === "r12_reader",
              "an owner stays one",
            );
          }
          const ask: Ask = { claim: grant("*", ["SELECT"], { mode: "exclusive" }, future) };
          await owned(`${table}_later`, owner);
          await place().apply(ask);
          await assertSettled(place(), ask);
          await remove(place(), ask);
          await assertSettled(place(), { ...ask, action: "remove" });
        });

    it("the grantee's own table by its name", async () => {
      await owned("r12_mine", "r12_reader");
      for (const mode of ["additive", "exclusive"] as const) {
        for (const withGrantOption of [false, true]) {
          const ask: Ask = { claim: grant(["r12_mine"], ["SELECT"], { mode, withGrantOption }) };
          await place().apply(ask);
          await assertSettled(place(), ask);
          await remove(place(), ask);
        }
        assert.equal(await may("INSERT INTO r12.r12_mine VALUES (1)"), true, "an owner stays one");
      }
    });

    const strangers: [whose: string, owner: () => string][] = [
      ["a superuser's", () => place().world.server.superuser.user],
      // Before, whoever may create roles administers them all.
      ...(majorOf(version) >= 16 ? ([["an unknown role's", () => "r12_unknown"]] satisfies typeof strangers) : []),
    ];
    for (const [whose, owner] of strangers)
      it(`${whose} table among all tables is left out by name, and no obstacle`, async () => {
        const unknown = owner() === "r12_unknown";
        await createAll("r12_old");
        if (unknown) await place().byHand("CREATE ROLE r12_unknown");
        await owned("r12_theirs", owner());
        // The way in, which else would go with the claim.
        await place().asOwner("GRANT USAGE ON SCHEMA r12 TO r12_reader");
        const reason = unknown ? "cannot act for r12_unknown" : `${owner()} is a superuser`;
        const words = new RegExp(`^Left out: table r12\\.r12_theirs\\..* ${reason}`);
        for (const future of [true, false])
          for (const more of [{ mode: "exclusive" }, { mode: "additive" }] as const) {
            const ask: Ask = { claim: grant("*", ["SELECT"], more, future) };
            for (const mode of ["plan", "apply"] as const) {
              const [result] = await place().ask(mode, ask);
              assert.notEqual(result.status, "failed", JSON.stringify(result));
              assert.match(result.warnings.join(), words);
            }
            assert.deepEqual([await reads("r12_old_plain"), await reads("r12_theirs")], [true, false]);
            await assertSettled(place(), ask);
            await place().byHand("GRANT SELECT, INSERT ON r12.r12_theirs TO r12_reader");
            await assertSettled(place(), ask);
            const [{ outputs }] = await place().ask("read", ask);
            assert.deepEqual(outputs?.unmanaged, ["INSERT, SELECT on table r12.r12_theirs"]);
            await remove(place(), ask);
            assert.equal(await reads("r12_theirs"), true, "what its owner gave stays");
            await place().byHand("REVOKE SELECT, INSERT ON r12.r12_theirs FROM r12_reader");
          }
        const named: Ask = { claim: grant(["r12_theirs"], ["SELECT"]) };
        const [planned] = await place().ask("plan", named);
        assert.equal(planned.error?.code, "NotAuthorized");
        await assertFails(place(), named, "NotAuthorized", /grant SELECT on table r12\.r12_theirs to r12_reader/, new RegExp(reason)); // prettier-ignore
        await place().byHand("DROP TABLE r12.r12_theirs");
        if (unknown) await place().byHand("DROP OWNED BY r12_unknown; DROP ROLE r12_unknown");
      });
  });
}
