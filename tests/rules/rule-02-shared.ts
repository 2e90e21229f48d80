import assert from "node:assert/strict";
import type { GrantClaim, Target } from "../../provisioner/protocol";
import type { Login } from "../support/world";
import { grantOf, type Place } from "./place";
import { assertSettled, isPostgresql, isRefused, remove } from "./steps";

interface Shared {
  on: Target;
  privileges: string[];
  more?: Partial<GrantClaim>;
  /** What only the privilege makes possible. */
  use: string;
  /** Before `use`, where the privilege is one of objects to come. */
  prepare?: string;
}

/** What two claims of two owners hold together, whichever of them ends first. */
export function ruleShared(place: () => Place, version: string): void {
  const postgresql = isPostgresql(version);

  describe("rule 2: claims that share", () => {
    let reader: Login;
    const here = postgresql ? { database: "shop", schema: "public" } : { database: "shop" };
    const one = "stack one";
    const two = "stack two";
    const grant = ({ on, privileges, more }: Pick<Shared, "on" | "privileges" | "more">): GrantClaim =>
      grantOf("r2_reader", on, privileges, more);
    const may = async (sql: string): Promise<boolean> => {
      const outcome = await place().attempt(reader, sql);
      assert.ok(outcome === "ok" || isRefused(outcome), `${sql}: ${outcome}`);
      return outcome === "ok";
    };
    /** The way in, so that only the privilege itself can be missing. */
    const entry = (): { claim: GrantClaim; owner: string } => ({
      claim: postgresql
        ? grantOf("r2_reader", { kind: "database", database: "shop" }, ["CONNECT"])
        : grantOf("r2_reader", place().tables(["r2_open"]), ["SELECT"]),
      owner: "the way in",
    });
    const group = { kind: "role", name: "r2_group", deletion: "drop" } as const;

    before(async () => {
      const { login, asOwner, apply, tables } = place();
      reader = await login("r2_reader");
      await asOwner("CREATE TABLE r2_open (id int PRIMARY KEY)");
      await asOwner("CREATE TABLE r2_orders (id int PRIMARY KEY, note text)");
      await asOwner("CREATE TABLE r2_grouped (id int PRIMARY KEY)");
      if (postgresql) await asOwner("CREATE FUNCTION r2_total() RETURNS int LANGUAGE sql AS 'SELECT 1'");
      else await asOwner("CREATE FUNCTION r2_total() RETURNS INT DETERMINISTIC RETURN 1");
      if (postgresql) await asOwner("CREATE FUNCTION r2_closed() RETURNS int LANGUAGE sql AS 'SELECT 1'");
      if (postgresql) await asOwner("REVOKE EXECUTE ON FUNCTION r2_closed() FROM PUBLIC");
      await apply({ claim: group }, entry());
      await apply({ claim: grantOf("r2_group", tables(["r2_grouped"]), ["SELECT"]) });
    });
    after(async () => {
      const { asOwner } = place();
      await remove(
        place(),
        entry(),
        { claim: grantOf("r2_group", place().tables(["r2_grouped"]), ["SELECT"]) },
        { claim: group },
        { claim: { kind: "login", name: "r2_reader", auth: { kind: "password" }, deletion: "drop" } },
      );
      await asOwner("DROP TABLE r2_open, r2_orders, r2_grouped");
      await asOwner(`DROP FUNCTION r2_total${postgresql ? "(), r2_closed()" : ""}`);
    });

    const columns: Shared = {
      on: { kind: "columns", ...here, table: "r2_orders", columns: ["id"] },
      privileges: ["SELECT"],
      use: "SELECT id FROM r2_orders",
    };
    const table = (): Shared => ({
      on: place().tables(["r2_orders"]),
      privileges: ["SELECT"],
      use: "SELECT * FROM r2_orders",
    });

    for (const firstComes of ["column", "table"] as const)
      for (const firstGoes of ["column", "table"] as const)
        it(`a ${firstComes} grant comes first, and the ${firstGoes} grant goes first`, async () => {
          const asks = {
            column: { claim: grant(columns), owner: "columns" },
            table: { claim: grant(table()), owner: "table" },
          };
          const other = { column: "table", table: "column" } as const;
          const whole = table().use;
          await place().apply(asks[firstComes]);
          assert.deepEqual([await may(columns.use), await may(whole)], [true, firstComes === "table"]);
          await place().apply(asks[other[firstComes]]);
          assert.deepEqual([await may(columns.use), await may(whole)], [true, true]);
          await assertSettled(place(), asks.column, asks.table);
          await remove(place(), asks[firstGoes]);
          assert.deepEqual([await may(columns.use), await may(whole)], [true, firstGoes === "column"]);
          await assertSettled(place(), asks[other[firstGoes]]);
          await remove(place(), asks[other[firstGoes]]);
          assert.deepEqual([await may(columns.use), await may(whole)], [false, false]);
        });

    const cases: Record<string, () => Shared> = {
      tables: table,
      columns: () => columns,
      database: () => ({
        on: { kind: "database", database: "shop" },
        privileges: postgresql ? ["TEMPORARY"] : ["INSERT"],
        use: postgresql ? "CREATE TEMP TABLE mine (id int)" : "INSERT INTO r2_orders VALUES (1, 'one')",
        prepare: postgresql ? undefined : "DELETE FROM shop.r2_orders",
      }),
      routines: () => ({
        on: {
          kind: "routines",
          ...here,
          routines: postgresql ? ["r2_closed()"] : [{ type: "function", name: "r2_total" }],
        },
        privileges: ["EXECUTE"],
        use: postgresql ? "SELECT r2_closed()" : "SELECT r2_total()",
      }),
      membership: () => ({ on: { kind: "role", role: "r2_group" }, privileges: [], use: "SELECT * FROM r2_grouped" }),
      ...(postgresql
        ? {
            "default privileges": () => ({
              on: place().tables("*", { future: { createdBy: ["shop_owner"] } }),
              privileges: ["SELECT"],
              prepare: "DROP TABLE IF EXISTS r2_new; CREATE TABLE r2_new (id int)",
              use: "SELECT * FROM r2_new",
            }),
            PUBLIC: () => ({ ...table(), more: { grantee: "PUBLIC" } }),
          }
        : {
            "the whole server": () => ({
              on: { kind: "global" },
              privileges: ["PROCESS"],
              use: "SHOW ENGINE INNODB STATUS",
            }),
          }),
    };
    for (const [what, shared] of Object.entries(cases))
      for (const [first, second] of [
        [one, two],
        [two, one],
      ])
        it(`two stacks claim the same (${what}), and ${first} goes first`, async () => {
          const { use, prepare, ...claimed } = shared();
          const claim = grant(claimed);
          const used = async (): Promise<boolean> => {
            if (prepare !== undefined) await place().asOwner(prepare);
            return may(use);
          };
          assert.equal(await used(), false);
          await place().apply({ claim, owner: one });
          await place().apply({ claim, owner: two });
          assert.equal(await used(), true);
          await remove(place(), { claim, owner: first });
          assert.equal(await used(), true);
          await assertSettled(place(), { claim, owner: second });
          await remove(place(), { claim, owner: second });
          assert.equal(await used(), false);
        });

    if (postgresql) {
      after(() => place().asOwner("DROP TABLE IF EXISTS r2_new"));
      for (const [first, second] of [
        [one, two],
        [two, one],
      ])
        it(`two stacks take the same from PUBLIC, and ${first} goes first`, async () => {
          const claim: GrantClaim = {
            ...grantOf("PUBLIC", { kind: "routines", ...here, routines: ["r2_total()"] }, ["EXECUTE"]),
            effect: "revoke",
          };
          const use = "SELECT r2_total()";
          assert.equal(await may(use), true);
          await place().apply({ claim, owner: one });
          await place().apply({ claim, owner: two });
          assert.equal(await may(use), false);
          await remove(place(), { claim, owner: first });
          assert.equal(await may(use), false);
          await assertSettled(place(), { claim, owner: second });
          await remove(place(), { claim, owner: second });
          assert.equal(await may(use), true, "everybody has back what is built in");
        });
    }
  });
}
