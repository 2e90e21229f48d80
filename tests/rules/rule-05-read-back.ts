import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import type { Claim, ClaimResult, GrantClaim } from "../../provisioner/protocol";
import { changeWords, type Ask, type Login } from "../support/world";
import { grantOf, loginClaim, type Place } from "./place";
import { assertFails, assertSettled, isPostgresql, isRefused, majorOf, remove } from "./steps";

/** Applies one claim, and makes a change by hand after the server was read and before anything is done. PostgreSQL. */
async function applyWhile(place: Place, ask: Ask, change: () => Promise<unknown>): Promise<ClaimResult> {
  const { host, port, ca, superuser } = place.world.server;
  const holder = new Client({ host, port, ...superuser, database: "postgres", ssl: { ca } });
  await holder.connect();
  try {
    // The ledger can be read, but what is intended cannot be written.
    await holder.query("BEGIN; LOCK TABLE db_access.claims IN SHARE MODE");
    let over = false;
    const answer = place.ask("apply", ask).finally(() => (over = true));
    const waiting = "SELECT 1 FROM pg_locks WHERE relation = 'db_access.claims'::regclass AND NOT granted";
    while (!over && (await holder.query(waiting)).rows.length === 0) await delay(10);
    assert.ok(!over, "the ledger is written before anything is done");
    await change();
    await holder.query("COMMIT");
    return (await answer)[0];
  } finally {
    await holder.end();
  }
}

/** What the server has afterwards decides, not that the statements succeeded. */
export function ruleReadBack(place: () => Place, version: string): void {
  const postgresql = isPostgresql(version);

  describe("rule 5: reading back decides", () => {
    let reader: Login;
    const grant = (table: string, privileges: string[], more?: Partial<GrantClaim>): GrantClaim =>
      grantOf("r5_reader", place().tables([table]), privileges, more);
    const may = async (sql: string): Promise<boolean> => {
      const outcome = await place().attempt(reader, sql);
      assert.ok(outcome === "ok" || isRefused(outcome), `${sql}: ${outcome}`);
      return outcome === "ok";
    };
    const other: Claim = { kind: "role", name: "r5_other", deletion: "drop" };
    const middle: Claim = { kind: "role", name: "r5_middle", deletion: "drop" };

    before(async () => {
      const { login, asOwner, apply } = place();
      reader = await login("r5_reader");
      if (!postgresql) return;
      await apply({ claim: other }, { claim: middle });
      await asOwner("GRANT CONNECT ON DATABASE shop TO r5_reader");
    });
    after(async () => {
      const principals: Claim[] = [loginClaim("r5_reader"), ...(postgresql ? [other, middle] : [])];
      await remove(place(), ...principals.map((claim) => ({ claim })));
    });

    if (postgresql) {
      const moved = (table: string): string =>
        `ALTER TABLE ${table} OWNER TO r5_other; SET ROLE r5_other; GRANT INSERT ON ${table} TO shop_owner`;
      const droppedAfter = async (table: string, test: () => Promise<void>): Promise<void> => {
        try {
          await test();
        } finally {
          await place().byHand(`DROP TABLE ${table}`);
        }
      };

      it("a GRANT that only warned is a failure with its reason, and is done when it can be", async () => {
        await place().asOwner("CREATE TABLE r5_granted (id int)");
        await droppedAfter("r5_granted", async () => {
          const ask = { claim: grant("r5_granted", ["SELECT"]) };
          const result = await applyWhile(place(), ask, () => place().byHand(moved("r5_granted")));
          assert.deepEqual([result.status, result.error?.code], ["failed", "NotApplied"], JSON.stringify(result));
          assert.match(
            result.error?.message ?? "",
            /still needs: grant SELECT on table public\.r5_granted to r5_reader\b/,
          );
          assert.match(result.error?.message ?? "", /no privileges were granted for "r5_granted"/);
          assert.equal(await may("SELECT * FROM r5_granted"), false);
          await place().apply(ask);
          assert.equal(await may("SELECT * FROM r5_granted"), true);
          await assertSettled(place(), ask);
          await remove(place(), ask);
        });
      });

      it("a REVOKE that took nothing is a failure with its reason, and is done when it can be", async () => {
        await place().asOwner("CREATE TABLE r5_revoked (id int)");
        await droppedAfter("r5_revoked", async () => {
          const ask = { claim: grant("r5_revoked", ["INSERT"]) };
          await place().apply({ claim: grant("r5_revoked", ["INSERT", "SELECT"]) });
          const result = await applyWhile(place(), ask, () => place().byHand(moved("r5_revoked")));
          assert.deepEqual([result.status, result.error?.code], ["failed", "NotApplied"], JSON.stringify(result));
          assert.match(
            result.error?.message ?? "",
            /still needs: revoke SELECT on table public\.r5_revoked from r5_reader\b/,
          );
          assert.match(result.error?.message ?? "", /no privileges could be revoked for "r5_revoked"/);
          assert.equal(await may("SELECT * FROM r5_revoked"), true);
          const [again] = await place().apply(ask);
          assert.deepEqual(changeWords(again), ["revoke SELECT on table public.r5_revoked from r5_reader"]);
          assert.equal(await may("SELECT * FROM r5_revoked"), false);
          await assertSettled(place(), ask);
          await remove(place(), ask);
        });
      });

      it("what somebody else has granted is revoked as that role", async () => {
        await place().asOwner("CREATE TABLE r5_passed (id int)");
        await droppedAfter("r5_passed", async () => {
          await place().asOwner("GRANT SELECT ON r5_passed TO r5_middle WITH GRANT OPTION");
          await place().byHand("SET ROLE r5_middle; GRANT SELECT ON r5_passed TO r5_reader");
          const ask = { claim: grant("r5_passed", ["INSERT"], { mode: "exclusive" }) };
          assert.equal(await may("SELECT * FROM r5_passed"), true);
          await place().apply(ask);
          assert.equal(await may("SELECT * FROM r5_passed"), false);
          assert.equal(await may("INSERT INTO r5_passed VALUES (1)"), true);
          await assertSettled(place(), ask);
          await remove(place(), ask);
        });
      });

      it("what a superuser has granted is a failure that names the superuser", async () => {
        await place().asOwner("CREATE TABLE r5_boss (id int)");
        await droppedAfter("r5_boss", async () => {
          await place().asOwner("GRANT SELECT ON r5_boss TO r5_middle WITH GRANT OPTION");
          await place().byHand("SET ROLE r5_middle; GRANT SELECT ON r5_boss TO r5_reader");
          await place().byHand("ALTER ROLE r5_middle SUPERUSER");
          const ask = { claim: grant("r5_boss", ["INSERT"], { mode: "exclusive" }) };
          await assertFails(place(), ask, "NotApplied", /revoke SELECT on table public\.r5_boss from r5_reader: granted by r5_middle/, /r5_middle is a superuser/);
          assert.equal(await may("SELECT * FROM r5_boss"), true);
          assert.equal(await may("INSERT INTO r5_boss VALUES (1)"), false, "all of the claim or nothing");
          await place().byHand("ALTER ROLE r5_middle NOSUPERUSER");
          await place().apply(ask);
          assert.equal(await may("SELECT * FROM r5_boss"), false);
          await remove(place(), ask);
        });
      }); // prettier-ignore

      it("a superuser's own object is a failure that names the object and the superuser", async () => {
        const { user } = place().world.server.superuser;
        await place().byHand("CREATE TABLE r5_theirs (id int)");
        await droppedAfter("r5_theirs", async () => {
          const ask = { claim: grant("r5_theirs", ["SELECT"]) };
          await assertFails(place(), ask, "NotAuthorized", /grant SELECT on table public\.r5_theirs to r5_reader/, new RegExp(`${user} is a superuser`));
          assert.equal(await may("SELECT * FROM r5_theirs"), false);
        });
      }); // prettier-ignore

      if (majorOf(version) >= 16)
        it("a membership that somebody else granted is ended as that role", async () => {
          await place().byHand(
            "GRANT r5_other TO r5_middle WITH ADMIN TRUE; SET ROLE r5_middle; GRANT r5_other TO r5_reader",
          );
          await place().asOwner("CREATE TABLE r5_members (id int); GRANT SELECT ON r5_members TO r5_other");
          await droppedAfter("r5_members", async () => {
            assert.equal(await may("SELECT * FROM r5_members"), true);
            const ask = { claim: grantOf("r5_reader", { kind: "role", role: "r5_other" }, []) };
            const [adopted] = await place().apply(ask);
            assert.match(changeWords(adopted).join(), /^record .* which is there already$/);
            await remove(place(), ask);
            assert.equal(await may("SELECT * FROM r5_members"), true, "it was there before");
            await place().byHand("REVOKE r5_other FROM r5_middle CASCADE");
          });
        });
    } else {
      const account = "'r5_reader'@'%'";
      const shop: GrantClaim["on"] = { kind: "database", database: "shop" };

      it("a REVOKE that leaves a wildcard's privileges says so", async () => {
        await place().asOwner("CREATE TABLE r5_orders (id int)");
        await place().byHand(`GRANT SELECT ON \`sh_p\`.* TO ${account}`);
        for (const on of [shop, place().tables("*")]) {
          const ask = { claim: grantOf("r5_reader", on, ["SELECT", "INSERT"], { mode: "exclusive" }) };
          const [applied] = await place().apply(ask);
          assert.deepEqual(applied.outputs?.unmanaged, ["SELECT on databases like sh_p"]);
          const [read] = await place().ask("read", ask);
          assert.deepEqual(read.outputs?.unmanaged, ["SELECT on databases like sh_p"]);
          await assertSettled(place(), ask);
          const [removed] = await remove(place(), ask);
          assert.equal(await may("SELECT * FROM r5_orders"), true, "the pattern was there before");
          assert.equal(await may("INSERT INTO r5_orders VALUES (1)"), false);
          assert.deepEqual(removed.warnings, [
            "What was revoked on database shop is still held, by hand: SELECT on databases like sh_p.",
          ]);
        }
        await place().byHand(`REVOKE SELECT ON \`sh_p\`.* FROM ${account}`);
        await place().asOwner("DROP TABLE r5_orders");
      });

      it("a wildcard of other databases is no news", async () => {
        await place().byHand(`GRANT SELECT ON \`ship_\`.* TO ${account}`);
        const ask = { claim: grantOf("r5_reader", shop, ["INSERT"]) };
        const [applied] = await place().apply(ask);
        assert.deepEqual(applied.outputs?.unmanaged, []);
        await remove(place(), ask);
        await place().byHand(`REVOKE SELECT ON \`ship_\`.* FROM ${account}`);
      });
    }

    it("a name that would be cut off is refused before anything is done", async () => {
      const long = (limit: number): string => (postgresql ? `${"ä".repeat(31)}ab` : "a".repeat(limit + 1));
      const principal = version.startsWith("mariadb") ? 128 : 32;
      const claims: [Claim, string][] = [
        [
          loginClaim(long(principal), { auth: { kind: "password", secret: { name: "orders/r5", recoveryDays: 0 } } }),
          "username",
        ],
        [{ kind: "role", name: long(principal), deletion: "drop" }, "name"],
        [{ kind: "database", name: long(64), deletion: "drop" }, "name"],
        [grantOf(long(principal), place().tables("*"), ["SELECT"]), "grantee"],
        [grant(long(64), ["SELECT"]), "on.tables[0]"],
        [grantOf("r5_reader", { kind: "role", role: long(principal) }, []), "on.role"],
      ];
      const statements = await place().changedBy(async () => {
        for (const [claim, property] of claims) {
          const result = await assertFails(place(), { claim }, "NameTooLong", /allows (63|32|128|64)\. Shorten it/);
          assert.equal(result.error?.property, property);
        }
      });
      assert.deepEqual(statements, []);
    });
  });
}
