import assert from "node:assert/strict";
import { refused } from "../support/refusal";
import { changeWords, invokeRaw, requestOf, type Ask, type Login } from "../support/world";
import { grantOf, loginClaim, type Place } from "./place";
import { assertSettled, isPostgresql, majorOf, remove } from "./steps";
import { Wire } from "./wire";

/** What a login that is no superuser gets done, what it leaves behind, and what it says it cannot do. */
export function ruleRdsLikeAdmin(place: () => Place, version: string): void {
  if (isPostgresql(version)) postgresqlTests(place, majorOf(version));
  else mysqlTests(place);
}

function mysqlTests(place: () => Place): void {
  describe("rule 6: an RDS-like admin is enough", () => {
    it("a privilege on the whole server that the admin may not pass on is named in the plan", async () => {
      await place().login("r6_backup");
      const product = place().world.product;
      // Only MariaDB's admin lacks one of those that may be granted without more ado and MySQL's has another set.
      const privilege = product === "mariadb" ? "CONNECTION ADMIN" : "BACKUP_ADMIN";
      await refused(
        place().world,
        { claim: grantOf("r6_backup", { kind: "global" }, [privilege]) },
        { code: "NotAuthorized", property: "privileges", says: [new RegExp(privilege), /WITH GRANT OPTION/] },
      );
      await remove(place(), { claim: loginClaim("r6_backup") });
    });
  });
}

function postgresqlTests(place: () => Place, major: number): void {
  describe("rule 6: an RDS-like admin is enough", () => {
    let reader: Login;
    let wire: Wire;

    const owner: Ask = { claim: { kind: "role", name: "r6_owner", deletion: "drop" } };
    const heir: Ask = { claim: { kind: "role", name: "r6_heir", deletion: "drop" } };
    const schema = (of: string): Ask => ({
      claim: { kind: "schema", database: "shop", name: "r6_app", owner: of, deletion: "drop" },
    });
    const tables: Ask = {
      claim: grantOf(
        "r6_reader",
        {
          kind: "tables",
          database: "shop",
          schema: "r6_app",
          tables: "*",
          future: { createdBy: ["r6_owner", "shop_owner"] },
        },
        ["SELECT", "INSERT"],
      ),
    };
    const usage: Ask = {
      claim: grantOf("r6_reader", { kind: "schema", database: "shop", schema: "r6_app" }, ["USAGE", "CREATE"]),
    };
    const works = [tables, usage];

    /** Every membership there is, in whatever columns the version has. */
    const memberships = async (): Promise<string[]> =>
      (
        await place().byHand(
          "SELECT m::text || ' ' || roleid::regrole || ' ' || member::regrole AS one FROM pg_auth_members m ORDER BY 1",
        )
      ).map(({ one }) => String(one));
    const run = (sql: string): Promise<string> => place().attempt(reader, sql);

    /** Runs the asks again and again, each time cut one statement later, until nothing is left to cut. */
    async function cutEverywhere(asks: Ask[], between: () => Promise<void>): Promise<string[]> {
      const { world } = place();
      const cuts: string[] = [];
      for (let count = 1; ; count += 1) {
        wire.cutAfter(count);
        await invokeRaw(world, requestOf(world, "apply", asks));
        const { cutAt } = wire;
        wire.cutAfter(Infinity);
        if (cutAt === undefined) return cuts;
        cuts.push(cutAt);
        await between();
      }
    }

    before(async () => {
      const { apply, login, byHand, world } = place();
      await apply(owner, heir, schema("r6_owner"));
      await byHand("SET ROLE r6_owner; CREATE TABLE r6_app.one (id serial); CREATE TABLE r6_app.two (id int)");
      await byHand("SET ROLE r6_owner; GRANT CREATE, USAGE ON SCHEMA r6_app TO shop_owner");
      await byHand("SET ROLE shop_owner; CREATE TABLE r6_app.three (id int)");
      reader = await login("r6_reader");
      wire = await Wire.start(world.server);
      const { env } = world.stack.lambda.get(world.target.functionName).spec;
      await world.stack.lambda.updateFunction(world.target.functionName, {
        env: { ...env, DB_ACCESS_PORT: String(wire.port) },
      });
    });
    after(async () => {
      const { world, byHand } = place();
      const { env } = world.stack.lambda.get(world.target.functionName).spec;
      await world.stack.lambda.updateFunction(world.target.functionName, {
        env: { ...env, DB_ACCESS_PORT: String(world.server.port) },
      });
      await wire.stop();
      await remove(place(), tables, usage, { claim: loginClaim("r6_reader") });
      await byHand("DROP SCHEMA r6_app CASCADE");
      await remove(place(), schema("r6_heir"), owner, heir);
    });

    it("work on others' tables, schemas and default privileges leaves no membership behind", async () => {
      const before = await memberships();
      await place().apply(...works);
      assert.equal(await run("INSERT INTO r6_app.one DEFAULT VALUES"), "ok");
      assert.equal(await run("SELECT * FROM r6_app.three"), "ok");
      assert.deepEqual(await memberships(), before);
      await assertSettled(place(), ...works);
      await remove(place(), ...works);
      assert.equal(await run("SELECT * FROM r6_app.three"), "42501");
      assert.deepEqual(await memberships(), before);
    });

    it("a change of owner of a schema and of a database leaves no membership behind", async () => {
      const depot = (of: string): Ask => ({
        claim: { kind: "database", name: "r6_depot", owner: of, deletion: "drop" },
      });
      const before = await memberships();
      await place().apply(depot("r6_owner"), schema("r6_heir"));
      await place().apply(depot("r6_heir"), schema("r6_owner"));
      assert.deepEqual(await memberships(), before);
      await assertSettled(place(), depot("r6_heir"), schema("r6_owner"));
      await remove(place(), depot("r6_heir"));
      assert.deepEqual(await memberships(), before);
    });

    it("a grant that is cut off after any one of its statements leaves no membership, and ends exact", async () => {
      const before = await memberships();
      const cuts = await cutEverywhere([tables], async () => {
        assert.deepEqual(await memberships(), before);
      });
      for (const expected of [/^GRANT "r6_owner" TO CURRENT_USER/, /^SET LOCAL ROLE/, /^ALTER DEFAULT PRIVILEGES/])
        assert.ok(
          cuts.some((statement) => expected.test(statement)),
          `${String(expected)} in ${cuts.join("; ")}`,
        );
      for (const expected of [/^RESET ROLE/, /^REVOKE "r6_owner" FROM CURRENT_USER/, /^COMMIT/])
        assert.ok(
          cuts.some((statement) => expected.test(statement)),
          `${String(expected)} in ${cuts.join("; ")}`,
        );
      await assertSettled(place(), tables);
      assert.equal(await run("SELECT * FROM r6_app.one, r6_app.two, r6_app.three"), "ok");
      assert.equal(await run("DELETE FROM r6_app.one"), "42501");
      assert.deepEqual(await memberships(), before);
      await remove(place(), tables);
    });

    it("nor does one whose function dies in the middle with it", async () => {
      const { world, ask, byHand } = place();
      const before = await memberships();
      // After the login has become a member of both owners, and before it gives anything back.
      wire.cutAfter(12, () => world.stack.lambda.get(world.target.functionName).killAll());
      await assert.rejects(ask("apply", tables));
      assert.match(wire.cutAt ?? "", /"r6_app"/);
      assert.deepEqual(await memberships(), before);
      const intents = "SELECT 1 FROM db_access.claims WHERE grantee = 'r6_reader' AND state = 'intent'";
      assert.equal((await byHand(intents, "postgres")).length, 1);
      assert.notEqual(await run("SELECT * FROM r6_app.one"), "ok");
      await place().apply(tables);
      await assertSettled(place(), tables);
      assert.equal(await run("SELECT * FROM r6_app.one, r6_app.two, r6_app.three"), "ok");
      assert.deepEqual(await memberships(), before);
      await remove(place(), tables);
    });

    it("what a dropped role owns changes hands although it is cut off after any one statement", async () => {
      const gone: Ask = { claim: { kind: "role", name: "r6_gone", deletion: "drop", reassignOwnedTo: "r6_heir" } };
      await place().apply(gone);
      await place().byHand("CREATE SCHEMA r6_gone_app AUTHORIZATION r6_gone; CREATE TABLE r6_gone_app.t (id int)");
      await place().byHand("ALTER TABLE r6_gone_app.t OWNER TO r6_gone");
      const before = await memberships();
      const left = before.filter((row) => !row.includes("r6_gone"));
      await cutEverywhere([{ ...gone, action: "remove" }], async () => {
        const now = await memberships();
        assert.deepEqual(
          now.filter((row) => !row.includes("r6_gone")),
          left,
        );
        if (now.length !== left.length) assert.deepEqual(now, before);
      });
      assert.deepEqual(await memberships(), left);
      const owners = await place().byHand(
        "SELECT nspowner::regrole::text AS owner FROM pg_namespace WHERE nspname = 'r6_gone_app' UNION ALL SELECT relowner::regrole::text FROM pg_class WHERE oid = 'r6_gone_app.t'::regclass",
      );
      assert.deepEqual(owners, [{ owner: "r6_heir" }, { owner: "r6_heir" }]);
      assert.deepEqual(await place().byHand("SELECT 1 FROM pg_roles WHERE rolname = 'r6_gone'"), []);
      await place().byHand("DROP SCHEMA r6_gone_app CASCADE");
    });

    it("nothing is ever given to the admin, in the plan already", async () => {
      const admin = place().world.server.admin.user;
      const greedy: Ask = { claim: { kind: "role", name: "r6_greedy", deletion: "drop", reassignOwnedTo: admin } };
      await place().apply({ claim: { kind: "role", name: "r6_greedy", deletion: "drop" } });
      await place().byHand("CREATE TABLE r6_greedy_table (id int); ALTER TABLE r6_greedy_table OWNER TO r6_greedy");
      await refused(
        place().world,
        { ...greedy, action: "remove" },
        { code: "ReservedName", property: "deletion.reassignOwnedTo", says: [new RegExp(admin), /name another/] },
      );
      await place().byHand("DROP TABLE r6_greedy_table");
      await remove(place(), greedy);
    });

    if (major >= 15)
      it("a parameter that the admin may not pass on is named in the plan", async () => {
        await refused(
          place().world,
          { claim: grantOf("r6_reader", { kind: "parameters", parameters: ["log_statement"] }, ["SET"]) },
          { code: "NotAuthorized", property: "privileges", says: [/SET on parameter log_statement/, /superuser/] },
        );
      });

    if (major >= 16)
      it("an owner for which the admin may not act is named", async () => {
        await place().byHand("CREATE ROLE r6_stranger; CREATE TABLE r6_strange (id int)");
        await place().byHand("ALTER TABLE r6_strange OWNER TO r6_stranger");
        const ask: Ask = { claim: grantOf("r6_reader", place().tables(["r6_strange"]), ["SELECT"]) };
        const [result] = await place().ask("apply", ask);
        assert.deepEqual([result.status, result.error?.code], ["failed", "NotAuthorized"], JSON.stringify(result));
        assert.match(result.error?.message ?? "", /r6_stranger.*ADMIN OPTION/);
        assert.notEqual(await run("SELECT * FROM r6_strange"), "ok");
        await place().byHand("DROP TABLE r6_strange; DROP ROLE r6_stranger");
      });

    it("an IAM login leaves the admin's own login as it was", async () => {
      const { world, byHand, apply, attempt } = place();
      const admin = world.server.admin;
      const standing = (): Promise<unknown> =>
        byHand(
          `SELECT pg_has_role('${admin.user}', 'rds_iam', 'MEMBER') AS m, pg_has_role('${admin.user}', 'rds_iam', 'USAGE') AS u`,
        );
      const before = await standing();
      const iam: Ask = { claim: loginClaim("r6_iam", { auth: { kind: "iam" } }) };
      const [made] = await apply(iam);
      assert.match(changeWords(made).join(), /create login r6_iam \(IAM authentication/);
      const [{ member }] = await byHand("SELECT pg_has_role('r6_iam', 'rds_iam', 'MEMBER') AS member");
      assert.equal(member, true);
      assert.deepEqual(await standing(), before);
      assert.equal(await attempt(admin, "SELECT 1"), "ok");
      assert.notEqual(await attempt({ user: "r6_iam", password: "any" }, "SELECT 1"), "ok");
      await assertSettled(place(), iam);
      await remove(place(), iam);
      assert.deepEqual(await standing(), before);
    });
  });
}
