import assert from "node:assert/strict";
import type { GrantClaim } from "../../provisioner/protocol";
import type { Login } from "../support/world";
import { startLooping, neverRefused } from "./looping";
import { grantOf, type Place } from "./place";
import { assertSettled, isPostgresql, isRefused, privilegeStatements, remove } from "./steps";

/** An update changes what differs and nothing else; what stays is there all the time. */
export function ruleSmallest(place: () => Place, version: string): void {
  const postgresql = isPostgresql(version);

  describe("rule 3: the smallest update", () => {
    let reader: Login;
    const here = postgresql ? { database: "shop", schema: "r3" } : { database: "shop" };
    const orders = postgresql ? "r3.r3_orders" : "shop.r3_orders";
    const lines = postgresql ? "r3.r3_lines" : "shop.r3_lines";
    const tables = (names: "*" | string[], privileges: string[], more?: Partial<GrantClaim>): GrantClaim =>
      grantOf("r3_reader", { kind: "tables", ...here, tables: names }, privileges, more);
    const columns = (...names: string[]): GrantClaim =>
      grantOf("r3_reader", { kind: "columns", ...here, table: "r3_orders", columns: names }, ["SELECT"]);
    const template = (name: string): GrantClaim => ({
      ...grantOf(
        "r3_reader",
        postgresql ? { kind: "schema", database: "shop", schema: "r3" } : { kind: "database", ...here },
        [],
      ),
      privileges: undefined,
      template: name,
    });
    const update = (claim: GrantClaim) => () => place().apply({ claim });
    const may = async (sql: string): Promise<boolean> => {
      const outcome = await place().attempt(reader, sql);
      assert.ok(outcome === "ok" || isRefused(outcome), `${sql}: ${outcome}`);
      return outcome === "ok";
    };

    before(async () => {
      const { login, asOwner } = place();
      reader = await login("r3_reader");
      if (postgresql) await asOwner("CREATE SCHEMA r3; GRANT CONNECT ON DATABASE shop TO r3_reader");
      await asOwner(`CREATE TABLE ${orders} (id int PRIMARY KEY, note text)`);
      await asOwner(`CREATE TABLE ${lines} (id int PRIMARY KEY)`);
    });
    after(async () => {
      await place().asOwner(postgresql ? "DROP SCHEMA r3 CASCADE" : `DROP TABLE ${orders}, ${lines}`);
      await remove(place(), {
        claim: { kind: "login", name: "r3_reader", auth: { kind: "password" }, deletion: "drop" },
      });
    });

    const on = (table: string): string => (postgresql ? `ON TABLE "r3"."${table}"` : `ON \`shop\`.\`${table}\``);
    const to = postgresql ? '"r3_reader"' : "''@''";
    const column = (name: string): string => (postgresql ? `"${name}"` : `\`${name}\``);
    const updates: [what: string, before: GrantClaim, after: GrantClaim, statement: string][] = [
      ["one privilege more", tables(["r3_orders"], ["SELECT"]), tables(["r3_orders"], ["SELECT", "INSERT"]), `GRANT INSERT ${on("r3_orders")} TO ${to}`],
      ["one privilege less", tables(["r3_orders"], ["SELECT", "INSERT"]), tables(["r3_orders"], ["SELECT"]), `REVOKE INSERT ${on("r3_orders")} FROM ${to}`],
      ["one table more", tables(["r3_orders"], ["SELECT"]), tables(["r3_lines", "r3_orders"], ["SELECT"]), `GRANT SELECT ${on("r3_lines")} TO ${to}`],
      ["one table less", tables(["r3_lines", "r3_orders"], ["SELECT"]), tables(["r3_orders"], ["SELECT"]), `REVOKE SELECT ${on("r3_lines")} FROM ${to}`],
      ["one column more", columns("id"), columns("id", "note"), `GRANT SELECT (${column("note")}) ${on("r3_orders")} TO ${to}`],
      ["one column less", columns("id", "note"), columns("note"), `REVOKE SELECT (${column("id")}) ${on("r3_orders")} FROM ${to}`],
      ["the grant option too", tables(["r3_orders"], ["SELECT"]), tables(["r3_orders"], ["SELECT"], { withGrantOption: true }), `GRANT SELECT ${on("r3_orders")} TO ${to} WITH GRANT OPTION`],
      [
        "the grant option no more",
        tables(["r3_orders"], ["SELECT"], { withGrantOption: true }),
        tables(["r3_orders"], ["SELECT"]),
        postgresql ? `REVOKE GRANT OPTION FOR SELECT ${on("r3_orders")} FROM ${to}` : `REVOKE GRANT OPTION ${on("r3_orders")} FROM ${to}`,
      ],
    ]; // prettier-ignore
    for (const [what, before, after, statement] of updates)
      it(`${what} is one statement`, async () => {
        await place().apply({ claim: before });
        const statements = privilegeStatements(await place().changedBy(() => place().apply({ claim: after })));
        assert.deepEqual(
          statements.map((sent) => sent.replace(/^REVOKE IF EXISTS /, "REVOKE ").replace(/ IGNORE UNKNOWN USER$/, "")),
          [statement],
        );
        await assertSettled(place(), { claim: after });
        await remove(place(), { claim: after });
      });

    it("a client that tries all the time notices when a privilege is away for an instant", async () => {
      const account = postgresql ? "r3_reader" : "'r3_reader'@'%'";
      const claim = tables(["r3_orders"], ["SELECT"]);
      await place().apply({ claim });
      const looping = await startLooping(place(), reader, `SELECT id FROM ${orders}`);
      for (let times = 0; times < 200 && looping.failures.length === 0; times++) {
        await place().asOwner(`REVOKE SELECT ON ${orders} FROM ${account}`);
        await place().asOwner(`GRANT SELECT ON ${orders} TO ${account}`);
      }
      await looping.stop();
      assert.match(looping.failures.join(), /denied/);
      await remove(place(), { claim });
    });

    const select = `SELECT id FROM ${orders}`;
    const toggles: [what: string, claims: GrantClaim[]][] = [
      ["the template", [template("read"), template("readwrite"), template("read"), template("admin")]],
      ["the mode", [tables(["r3_orders"], ["SELECT"], { mode: "exclusive" }), tables(["r3_orders"], ["SELECT", "INSERT"])]],
      ["the columns", [columns("id"), columns("id", "note")]],
      ["the tables", [tables(["r3_orders"], ["SELECT"]), tables(["r3_orders", "r3_lines"], ["SELECT"]), tables("*", ["SELECT"])]],
      ["the grant option", [tables(["r3_orders"], ["SELECT"]), tables(["r3_orders"], ["SELECT"], { withGrantOption: true })]],
    ]; // prettier-ignore
    for (const [what, claims] of toggles)
      it(`a looping client is never refused what stays while ${what} changes`, async () => {
        await place().apply({ claim: claims[0] });
        await neverRefused(place(), reader, select, claims.map(update));
        await remove(place(), { claim: claims[0] });
        assert.equal(await may(select), false);
      });

    const replacements: [what: string, old: GrantClaim, fresh: GrantClaim][] = [
      ["table by columns", tables(["r3_orders"], ["SELECT"]), columns("id")],
      ["columns by table", columns("id"), tables(["r3_orders"], ["SELECT"])],
      ["template by tables", template("read"), tables("*", ["SELECT"])],
      ["tables by template", tables("*", ["SELECT"]), template("read")],
    ];
    for (const [what, old, fresh] of replacements)
      it(`a replacement of ${what} ends granted`, async () => {
        const replace = (gone: GrantClaim, made: GrantClaim) => async (): Promise<void> => {
          const [{ id }] = await place().apply({ claim: made });
          const [removed] = await remove(place(), { claim: gone });
          assert.notEqual(removed.id, id, "the two are claims of their own");
        };
        await place().apply({ claim: old });
        // MySQL's REVOKE on a table takes the same on its columns along; they come back with the next statement.
        if (postgresql || !what.includes("column"))
          await neverRefused(place(), reader, select, [replace(old, fresh), replace(fresh, old)]);
        await replace(old, fresh)();
        assert.equal(await may(select), true);
        assert.equal(await may(`SELECT * FROM ${orders}`), fresh.on.kind !== "columns");
        await assertSettled(place(), { claim: fresh });
        await remove(place(), { claim: fresh });
        assert.equal(await may(select), false);
      });
  });
}
