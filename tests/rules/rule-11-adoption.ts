import assert from "node:assert/strict";
import type { Claim, GrantClaim, LoginClaim } from "../../provisioner/protocol";
import { refused } from "../support/refusal";
import { attempt, changeWords, type Ask, type Login } from "../support/world";
import { grantOf, loginClaim, type Place } from "./place";
import { assertSettled, isPostgresql, remove, withoutLedger } from "./steps";

/** What is there already belongs to whoever made it, until somebody says otherwise. */
export function ruleAdoption(place: () => Place, version: string): void {
  const postgresql = isPostgresql(version);

  describe("rule 11: adoption", () => {
    const byHandLogin: Login = { user: "r11_login", password: "made-By-Hand-1" };
    const login = (more: Partial<LoginClaim> = {}): Claim => loginClaim("r11_login", { connectionLimit: 5, ...more });
    const role = (more = {}): Claim => ({ kind: "role", name: "r11_role", deletion: "drop", ...more });
    const database = (more = {}): Claim => ({
      kind: "database",
      name: "r11_db",
      owner: "shop_owner",
      deletion: "drop",
      ...more,
    });
    const schema = (more = {}): Claim => ({
      kind: "schema",
      database: "shop",
      name: "r11_app",
      owner: "shop_owner",
      deletion: "drop",
      ...more,
    });
    const all = (more = {}): Claim[] => [
      login(more),
      role(more),
      database(more),
      ...(postgresql ? [schema(more)] : []),
    ];
    const enters = (who: Login): Promise<string> => attempt(place().world, who, undefined, "SELECT 1");
    const administered = (name: string): string =>
      `GRANT ${name} TO ${place().world.server.admin.user} WITH ADMIN OPTION`;
    const there = async (): Promise<string[]> =>
      (
        await place().byHand(
          postgresql
            ? "SELECT rolname::text AS n FROM pg_roles WHERE rolname LIKE 'r11\\_%' UNION SELECT datname::text FROM pg_database WHERE datname = 'r11_db' UNION SELECT nspname::text FROM pg_namespace WHERE nspname = 'r11_app' ORDER BY 1"
            : "SELECT User AS n FROM mysql.user WHERE User LIKE 'r11\\_%' UNION SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'r11_db' ORDER BY 1",
        )
      ).map(({ n }) => String(n));
    const everything = postgresql
      ? ["r11_app", "r11_db", "r11_login", "r11_role"]
      : ["r11_db", "r11_login", "r11_role"];

    before(async () => {
      const { byHand } = place();
      if (postgresql) {
        await byHand(`CREATE ROLE r11_login LOGIN PASSWORD '${byHandLogin.password}' CONNECTION LIMIT 9`);
        await byHand(`CREATE ROLE r11_role; ${administered("r11_login")}; ${administered("r11_role")}`);
        await byHand("CREATE ROLE r11_maker");
        await byHand(administered("r11_maker"));
        await byHand("CREATE DATABASE r11_db OWNER r11_maker");
        await byHand("CREATE SCHEMA r11_app AUTHORIZATION r11_maker");
      } else {
        await byHand(
          `CREATE USER 'r11_login'@'%' IDENTIFIED BY '${byHandLogin.password}' WITH MAX_USER_CONNECTIONS 9; CREATE ROLE r11_role; CREATE DATABASE r11_db`,
        );
      }
    });
    after(async () => {
      if (postgresql) await place().byHand("DROP ROLE r11_maker");
    });

    it("what exists is refused without adopt, each with its code, and the fix is said", async () => {
      const expected = [
        ["UserExists", "username", /r11_login already exists.*adopt: true.*resets its password/],
        ["RoleExists", "name", /r11_role already exists.*adopt: true/],
        ["DatabaseExists", "name", /r11_db already exists.*adopt: true/],
        ["SchemaExists", "name", /r11_app.*already exists.*adopt: true/],
      ] as const;
      for (const [index, claim] of all().entries()) {
        const [code, property, words] = expected[index];
        await refused(place().world, { claim }, { code, property, says: [words] });
      }
      assert.equal(await enters(byHandLogin), "ok");
    });

    it("what a live claim has is never adopted, and its owner is named", async () => {
      const names = [
        loginClaim("r11_owned", { adopt: true }),
        { kind: "role", name: "r11_owned_role", deletion: "drop", adopt: true },
        { kind: "database", name: "r11_owned_db", owner: "shop_owner", deletion: "drop", adopt: true },
        ...(postgresql
          ? [{ kind: "schema", database: "shop", name: "r11_owned_app", deletion: "drop", adopt: true } as const]
          : []),
      ] as Claim[];
      const owner = "stack/first";
      await place().apply(...names.map((claim): Ask => ({ claim, owner })));
      for (const claim of names)
        await refused(
          place().world,
          { claim, owner: "stack/second" },
          { code: "OwnedElsewhere", says: [/managed by stack\/first/, /ownerKey/] },
        );
      await remove(place(), ...names.map((claim): Ask => ({ claim, owner })));
    });

    it("adopt takes it over: the difference is printed before and done after, and a login gets a new password", async () => {
      const asks = all({ adopt: true }).map((claim): Ask => ({ claim }));
      const differences = [
        [/at most 5 connections/, /reset the password of r11_login/],
        [/record role r11_role, which is there already/],
        postgresql
          ? [/make shop_owner the owner of database r11_db/, /revoke CONNECT.* on database r11_db from PUBLIC/]
          : [/grant .*SELECT.* on database r11_db to .*shop_owner/],
        [/make shop_owner the owner of schema r11_app/],
      ];
      for (const mode of ["plan", "apply"] as const)
        for (const [index, result] of (await place().ask(mode, ...asks)).entries()) {
          assert.equal(result.status, mode === "plan" ? "unchanged" : "done", JSON.stringify(result));
          for (const words of differences[index]) assert.match(changeWords(result).join("; "), words);
        }
      const { user, password } = await place().login("r11_login", { connectionLimit: 5, adopt: true });
      assert.equal(await enters({ user, password }), "ok");
      assert.match(await enters(byHandLogin), /28P01|1045/);
      await assertSettled(place(), ...asks);
    });

    it("what was adopted stays when its claim ends with retain, and is the same owner's again without adopt", async () => {
      const retained = all({ deletion: "retain", adopt: true }).map((claim): Ask => ({ claim }));
      await place().apply(...retained);
      const statements = await place().changedBy(() => remove(place(), ...retained));
      assert.deepEqual(withoutLedger(statements), []);
      assert.deepEqual(
        (await there()).filter((name) => everything.includes(name)),
        everything,
      );
      await refused(
        place().world,
        { claim: role(), owner: "stack/second" },
        { code: "RoleExists", property: "name", says: [/adopt: true/] },
      );
      await place().apply(...all().map((claim): Ask => ({ claim })));
      await remove(
        place(),
        ...all()
          .map((claim): Ask => ({ claim }))
          .reverse(),
      );
      assert.deepEqual(
        (await there()).filter((name) => everything.includes(name)),
        [],
      );
    });

    it("an equal grant that was there is recorded as there before, and outlives its claim", async () => {
      await place().asOwner("CREATE TABLE r11_t (id int PRIMARY KEY)");
      const who = await place().login("r11_reader");
      await place().apply({ claim: { kind: "role", name: "r11_group", deletion: "drop" } });
      await place().byHand(
        postgresql
          ? "GRANT CONNECT ON DATABASE shop TO r11_reader; GRANT SELECT ON r11_t TO r11_reader"
          : "GRANT SELECT ON shop.r11_t TO 'r11_reader'@'%'",
      );
      // On MariaDB only who made a role may give it on.
      assert.equal(await place().attempt(place().world.server.admin, "GRANT r11_group TO r11_reader"), "ok");
      const claims: GrantClaim[] = [
        grantOf("r11_reader", place().tables(["r11_t"]), ["SELECT"], { reach: false }),
        grantOf("r11_reader", { kind: "role", role: "r11_group", ...(postgresql ? {} : { default: false }) }, []),
      ];
      const asks = claims.map((claim): Ask => ({ claim }));
      for (const result of await place().ask("plan", ...asks))
        assert.match(changeWords(result).join(), /^record .*which is there already$/);
      assert.deepEqual(withoutLedger(await place().changedBy(() => place().apply(...asks))), []);
      await assertSettled(place(), ...asks);
      assert.deepEqual(withoutLedger(await place().changedBy(() => remove(place(), ...asks))), []);
      assert.equal(await place().attempt(who, "SELECT * FROM r11_t"), "ok");
      await remove(
        place(),
        { claim: loginClaim("r11_reader") },
        { claim: { kind: "role", name: "r11_group", deletion: "drop" } },
      );
      await place().asOwner("DROP TABLE r11_t");
    });
  });
}
