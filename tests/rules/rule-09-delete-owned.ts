import assert from "node:assert/strict";
import type { Claim, LoginClaim } from "../../provisioner/protocol";
import { refused } from "../support/refusal";
import { changeWords, type Ask } from "../support/world";
import { loginClaim, type Place } from "./place";
import { isPostgresql, remove } from "./steps";

/** What a login owns, in every database: a reason to stop, or what is to be done with it. */
export function ruleDeleteOwned(place: () => Place, version: string): void {
  const postgresql = isPostgresql(version);

  describe("rule 9: delete of what owns something", () => {
    const depot: Claim = { kind: "database", name: "r9_store", owner: "shop_owner", deletion: "drop" };
    const databases = ["shop", "r9_store"];
    const gone = (more: Partial<LoginClaim> = {}): Ask => ({
      claim: loginClaim("r9_maker", more),
      action: "remove",
    });
    const exists = async (name: string): Promise<boolean> =>
      (
        await place().byHand(
          postgresql
            ? `SELECT 1 FROM pg_roles WHERE rolname = '${name}'`
            : `SELECT 1 FROM mysql.user WHERE user = '${name}'`,
        )
      ).length > 0;
    const each = async (sql: string): Promise<void> => {
      for (const database of databases) await place().byHand(sql, database);
    };
    const make = async (): Promise<void> => {
      await place().login("r9_maker");
      if (postgresql)
        await each(
          "CREATE SCHEMA r9_made AUTHORIZATION r9_maker; CREATE TABLE r9_made.t (id serial); ALTER TABLE r9_made.t OWNER TO r9_maker; " +
            "CREATE FUNCTION r9_made.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION r9_made.f() OWNER TO r9_maker",
        );
    };

    before(() => place().apply({ claim: depot }));
    after(() => remove(place(), { claim: depot }));

    if (postgresql) {
      const ownersOf = async (database: string): Promise<unknown[]> =>
        (
          await place().byHand(
            "SELECT relowner::regrole::text AS o FROM pg_class WHERE oid = to_regclass('r9_made.t') " +
              "UNION ALL SELECT proowner::regrole::text FROM pg_proc WHERE proname = 'f' AND pronamespace = to_regnamespace('r9_made') " +
              "UNION ALL SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'r9_made'",
            database,
          )
        ).map(({ o }) => o);

      it("is refused with a list that names every database, and nothing has changed", async () => {
        await make();
        await refused(place().world, gone(), {
          code: "OwnsObjects",
          says: [/table r9_made\.t in shop/, /table r9_made\.t in r9_store/, /reassignOwnedTo or dropOwned/],
        });
        assert.equal(await exists("r9_maker"), true);
      });

      it("reassignOwnedTo gives it to another role in every database, then the login is gone", async () => {
        const heir: Ask = { claim: { kind: "role", name: "r9_heir", deletion: "drop" } };
        await place().apply(heir);
        const ask = gone({ reassignOwnedTo: "r9_heir" });
        const [planned] = await place().ask("plan", ask);
        assert.match(changeWords(planned).join(), /drop login r9_maker.*give .*table r9_made\.t in shop.* to r9_heir/);
        await place().apply(ask);
        assert.equal(await exists("r9_maker"), false);
        for (const database of databases)
          assert.deepEqual(await ownersOf(database), ["r9_heir", "r9_heir", "r9_heir"], database);
        await each("DROP SCHEMA r9_made CASCADE");
        assert.deepEqual(await place().changedBy(() => place().apply(ask)), []);
        await remove(place(), heir);
      });

      it("dropOwned drops it in every database, then the login is gone", async () => {
        await make();
        const ask = gone({ dropOwned: true });
        const [planned] = await place().ask("plan", ask);
        assert.match(changeWords(planned).join(), /and drop .*table r9_made\.t in r9_store/);
        await place().apply(ask);
        assert.equal(await exists("r9_maker"), false);
        for (const database of databases) assert.deepEqual(await ownersOf(database), [], database);
      });

      it("dropOwned stops at what others' objects depend on, and nothing of them is lost", async () => {
        await make();
        await place().byHand("GRANT USAGE ON SCHEMA r9_made TO shop_owner; GRANT SELECT ON r9_made.t TO shop_owner");
        await place().asOwner("CREATE VIEW r9_others AS SELECT id FROM r9_made.t");
        const [result] = await place().ask("apply", gone({ dropOwned: true }));
        assert.equal(result.status, "failed", JSON.stringify(result));
        assert.match(result.error?.message ?? "", /r9_others/);
        await place().byHand("SELECT * FROM r9_others");
        assert.equal(await exists("r9_maker"), true);
        await place().byHand("DROP VIEW r9_others");
        await place().apply(gone({ dropOwned: true }));
      });
      return;
    }

    it("is refused while it is the definer of something, by name, and nothing has changed", async () => {
      await make();
      const as = "DEFINER = 'r9_maker'@'%'";
      await place().byHand(`CREATE ${as} SQL SECURITY DEFINER VIEW r9_view AS SELECT 1 AS one`);
      await place().byHand(`CREATE ${as} PROCEDURE r9_procedure() SELECT 1`, "r9_store");
      await place().byHand("CREATE TABLE r9_triggered (id INT PRIMARY KEY)", "r9_store");
      await place().byHand(
        `CREATE ${as} TRIGGER r9_trigger BEFORE INSERT ON r9_triggered FOR EACH ROW SET NEW.id = 1`,
        "r9_store",
      );
      await place().byHand(`CREATE ${as} EVENT r9_event ON SCHEDULE EVERY 1 YEAR DO SELECT 1`, "r9_store");
      await refused(place().world, gone(), {
        code: "OwnsObjects",
        says: [
          /r9_view in shop/,
          /r9_procedure in r9_store/,
          /r9_trigger.* in r9_store/,
          /r9_event in r9_store/,
          /another definer/,
        ],
      });
      assert.equal(await exists("r9_maker"), true);
      await place().byHand("DROP VIEW r9_view");
      await place().byHand("DROP PROCEDURE r9_procedure; DROP TABLE r9_triggered; DROP EVENT r9_event", "r9_store");
      await remove(place(), gone());
      assert.equal(await exists("r9_maker"), false);
    });
  });
}
