import assert from "node:assert/strict";
import type { GrantClaim } from "../../provisioner/protocol";
import { changeWords, type Login } from "../support/world";
import { grantOf, type Place } from "./place";
import { assertSettled, isPostgresql, isRefused, remove } from "./steps";

/** Additive and exclusive claims of several owners on one table. */
export function ruleModes(place: () => Place, version: string): void {
  const postgresql = isPostgresql(version);

  describe("rule 2: additive and exclusive", () => {
    let reader: Login;
    const name = postgresql ? "r2m_orders" : "shop.r2m_orders";
    const to = postgresql ? "r2m_reader" : "'r2m_reader'@'%'";
    const uses: Record<string, string> = {
      SELECT: "SELECT * FROM r2m_orders",
      INSERT: "INSERT INTO r2m_orders VALUES (1)",
      DELETE: "DELETE FROM r2m_orders",
    };
    const grant = (mode: GrantClaim["mode"], ...privileges: string[]): GrantClaim =>
      grantOf("r2m_reader", place().tables(["r2m_orders"]), privileges, { mode });
    /** What the login can do on the table, tried. */
    async function can(): Promise<string[]> {
      const found: string[] = [];
      for (const [privilege, sql] of Object.entries(uses)) {
        const outcome = await place().attempt(reader, sql);
        assert.ok(outcome === "ok" || isRefused(outcome), `${sql}: ${outcome}`);
        if (outcome === "ok") found.push(privilege);
      }
      return found;
    }
    const byHand = (verb: "GRANT" | "REVOKE", privilege: string): Promise<unknown> =>
      place().asOwner(`${verb} ${privilege} ON ${name} ${verb === "GRANT" ? "TO" : "FROM"} ${to}`);

    before(async () => {
      const { login, asOwner } = place();
      reader = await login("r2m_reader");
      await asOwner("CREATE TABLE r2m_orders (id int)");
      // Without it a claim's end would also be the end of the way in.
      if (postgresql) await asOwner("GRANT CONNECT ON DATABASE shop TO r2m_reader");
    });
    after(async () => {
      await place().asOwner("DROP TABLE r2m_orders");
      await remove(place(), {
        claim: { kind: "login", name: "r2m_reader", auth: { kind: "password" }, deletion: "drop" },
      });
    });

    const exclusive = (): { claim: GrantClaim; owner: string } => ({
      claim: grant("exclusive", "SELECT"),
      owner: "one",
    });
    const additive = (): { claim: GrantClaim; owner: string } => ({ claim: grant("additive", "INSERT"), owner: "two" });
    for (const exclusiveFirst of [true, false])
      it(`an exclusive claim beside another owner's additive one, ${exclusiveFirst ? "the exclusive" : "the additive"} first`, async () => {
        const [first, second] = exclusiveFirst ? [exclusive(), additive()] : [additive(), exclusive()];
        await place().apply(first);
        await place().apply(second);
        assert.deepEqual(await can(), ["SELECT", "INSERT"]);
        await assertSettled(place(), first, second);
        await assertSettled(place(), second);
        await assertSettled(place(), first);
        await remove(place(), first);
        assert.deepEqual(await can(), exclusiveFirst ? ["INSERT"] : ["SELECT"]);
        await assertSettled(place(), second);
        await remove(place(), second);
        assert.deepEqual(await can(), []);
      });

    it("an additive claim leaves what a hand granted, reports it, and takes only its own", async () => {
      const claim = grant("additive", "SELECT");
      await byHand("GRANT", "DELETE");
      const [applied] = await place().apply({ claim });
      assert.deepEqual(await can(), ["SELECT", "DELETE"]);
      assert.match(applied.outputs?.unmanaged?.join() ?? "", /DELETE on table .*r2m_orders/);
      await assertSettled(place(), { claim });
      await remove(place(), { claim });
      assert.deepEqual(await can(), ["DELETE"]);
      await byHand("GRANT", "SELECT");
      await place().apply({ claim });
      await remove(place(), { claim });
      assert.deepEqual(await can(), ["SELECT", "DELETE"], "what was there before the claim stays");
      await byHand("REVOKE", "SELECT, DELETE");
    });

    it("an exclusive claim names what a hand granted, and takes it", async () => {
      const claim = grant("exclusive", "SELECT");
      await place().apply({ claim });
      await byHand("GRANT", "DELETE");
      assert.deepEqual(await can(), ["SELECT", "DELETE"]);
      const [planned] = await place().ask("plan", { claim });
      assert.match(changeWords(planned).join("\n"), /^revoke DELETE on table .*r2m_orders from r2m_reader$/);
      await place().apply({ claim });
      assert.deepEqual(await can(), ["SELECT"]);
      await assertSettled(place(), { claim });
      await remove(place(), { claim });
    });
  });
}
