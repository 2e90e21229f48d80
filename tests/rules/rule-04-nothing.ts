import assert from "node:assert/strict";
import type { Claim, Target } from "../../provisioner/protocol";
import { changeWords, type Ask } from "../support/world";
import { grantOf, loginClaim, type Place } from "./place";
import { isMariaDb, isPostgresql, majorOf, remove, withPartialRevokes } from "./steps";

/** What is recorded and equal costs not one statement that changes anything, the ledger's own included. */
export function ruleNothing(place: () => Place, version: string): void {
  const postgresql = isPostgresql(version);

  describe("rule 4: recorded and equal changes nothing", () => {
    const here = postgresql ? { database: "shop", schema: "r4" } : { database: "shop" };
    const future = { createdBy: ["shop_owner"] };
    const to = (on: Target, ...privileges: string[]): Claim => grantOf("r4_reader", on, privileges);
    const kinds: Record<string, Claim> = {
      login: loginClaim("r4_reader", {
        connectionLimit: 7,
        requireTls: postgresql ? undefined : true,
        ...(postgresql
          ? { validUntil: "2050-01-01T00:00:00Z", settings: { statement_timeout: "5s", Search_Path: "r4, public" } }
          : { passwordExpires: 90, limits: { queriesPerHour: 100_000, updatesPerHour: 50_000 } }),
      }),
      role: { kind: "role", name: "r4_group", deletion: "drop" },
      database: { kind: "database", name: "r4_db", owner: "shop_owner", deletion: "drop" },
      "grant on a database": to({ kind: "database", database: "r4_db" }, "CREATE"),
      "grant on tables": to({ kind: "tables", ...here, tables: ["r4_orders"] }, "SELECT", "INSERT"),
      "grant on all tables": grantOf("r4_group", { kind: "tables", ...here, tables: "*" }, ["ALL"], { mode: "exclusive" }),
      "grant with grant option": grantOf("r4_group", { kind: "database", database: "r4_db" }, ["CREATE"], { withGrantOption: true }),
      "grant on columns": to({ kind: "columns", ...here, table: "r4_orders", columns: ["note", "id"] }, "UPDATE", "SELECT"),
      "grant on routines": to(
        { kind: "routines", ...here, routines: postgresql ? ["r4_total(integer)"] : [{ type: "function", name: "r4_Total" }] },
        "EXECUTE",
      ),
      membership: to(
        postgresql
          ? { kind: "role", role: "r4_group", admin: true, ...(majorOf(version) >= 16 ? { inherit: false, set: true } : {}) }
          : { kind: "role", role: "r4_group", admin: true, default: true },
      ),
      ...(postgresql
        ? {
            schema: { kind: "schema", database: "shop", name: "r4_own", owner: "shop_owner", deletion: "drop" },
            "grant on a schema": to({ kind: "schema", database: "shop", schema: "r4" }, "USAGE", "CREATE"),
            "template on a schema": {
              ...grantOf("r4_group", { kind: "schema", database: "shop", schema: "r4_own", future }, []),
              privileges: undefined,
              template: "admin",
            },
            "grant on sequences": to({ kind: "sequences", ...here, sequences: ["r4_numbers"] }, "USAGE", "SELECT"),
            "grant on types": to({ kind: "types", ...here, types: ["r4_mood"] }, "USAGE"),
            "grant on large objects": to({ kind: "largeObjects", database: "shop", oids: [40001] }, "SELECT", "UPDATE"),
            "default privileges of a schema": to({ kind: "tables", ...here, tables: "*", future }, "SELECT", "INSERT"),
            "default privileges everywhere": to({ kind: "types", database: "shop", types: "*", future }, "USAGE"),
            "grant to PUBLIC": grantOf("PUBLIC", { kind: "tables", ...here, tables: ["r4_orders"] }, ["SELECT"]),
            "revoke from PUBLIC": {
              ...grantOf("PUBLIC", { kind: "routines", ...here, routines: ["r4_total(integer)"] }, ["EXECUTE"]),
              effect: "revoke",
            },
            "revoke of defaults from PUBLIC": {
              ...grantOf("PUBLIC", { kind: "routines", database: "shop", routines: "*", future }, ["EXECUTE"]),
              effect: "revoke",
            },
          }
        : {
            "grant to one host": grantOf({ name: "r4_reader", host: "%" }, { kind: "tables", ...here, tables: ["r4_orders"] }, ["DELETE"]),
            "login at several hosts": loginClaim("r4_hosts", { hosts: ["10.0.%", "%"] }),
            "grant on the whole server": to({ kind: "global" }, "PROCESS", "REPLICATION CLIENT"),
          }),
      ...(postgresql && majorOf(version) >= 15
        ? { "grant on parameters": to({ kind: "parameters", parameters: ["Log_Statement"] }, "SET") }
        : {}),
    } satisfies Record<string, Claim>; // prettier-ignore
    const askOf = (kind: string): Ask => ({ claim: kinds[kind], owner: `r4 ${kind}` });

    before(async () => {
      const { asOwner, byHand, world } = place();
      if (!postgresql) {
        await asOwner("CREATE TABLE r4_orders (id int PRIMARY KEY, note text)");
        return asOwner("CREATE FUNCTION r4_Total(a INT) RETURNS INT DETERMINISTIC RETURN a");
      }
      await asOwner("CREATE SCHEMA r4; CREATE TABLE r4.r4_orders (id serial PRIMARY KEY, note text)");
      await asOwner("CREATE FUNCTION r4.r4_total(integer) RETURNS int LANGUAGE sql AS 'SELECT 1'");
      await asOwner("CREATE SEQUENCE r4.r4_numbers; CREATE TYPE r4.r4_mood AS ENUM ('ok'); SELECT lo_create(40001)");
      if (majorOf(version) >= 15)
        await byHand(`GRANT SET ON PARAMETER log_statement TO ${world.server.admin.user} WITH GRANT OPTION`);
    });
    after(async () => {
      const { asOwner, byHand, world } = place();
      await remove(place(), ...Object.keys(kinds).map(askOf));
      if (!postgresql) return asOwner("DROP TABLE r4_orders; DROP FUNCTION r4_Total");
      await asOwner("DROP SCHEMA r4 CASCADE; SELECT lo_unlink(40001)");
      if (majorOf(version) >= 15) await byHand(`REVOKE SET ON PARAMETER log_statement FROM ${world.server.admin.user}`);
    });

    async function assertNothing(...asks: Ask[]): Promise<void> {
      const statements = await place().changedBy(async () => {
        for (const mode of ["plan", "read", "apply"] as const)
          for (const result of await place().ask(mode, ...asks))
            assert.deepEqual([mode, result.status, result.exists, changeWords(result)], [mode, "unchanged", true, []], JSON.stringify(result)); // prettier-ignore
      });
      assert.deepEqual(statements, []);
    }

    for (const kind of Object.keys(kinds))
      it(`${kind}, with its id and with its state lost`, async () => {
        const ask = askOf(kind);
        let id: string | undefined;
        const made = await place().changedBy(async () => ([{ id }] = await place().apply(ask)));
        assert.ok(made.length > 1, "the log shows what is changed");
        assert.ok(id !== undefined);
        await assertNothing({ ...ask, id });
        await assertNothing(ask);
      });

    it("everything together, in one request", async () => {
      await assertNothing(...Object.keys(kinds).map(askOf));
    });

    if (!postgresql && !isMariaDb(version))
      it("partial revoke, with its id and with its state lost", async () => {
        await withPartialRevokes(place(), async () => {
          await place().apply({ claim: loginClaim("r4_partial") });
          await place().byHand("GRANT UPDATE ON *.* TO 'r4_partial'@'%'");
          const claim: Claim = {
            ...grantOf("r4_partial", { kind: "database", database: "shop" }, ["UPDATE"]),
            effect: "revoke",
          };
          const [{ id }] = await place().apply({ claim });
          await assertNothing({ claim, id });
          await assertNothing({ claim });
          await remove(place(), { claim }, { claim: loginClaim("r4_partial") });
        });
      });
  });
}
