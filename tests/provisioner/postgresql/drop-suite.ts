import assert from "node:assert/strict";

import type { Item } from "../../../provisioner/access/item";
import {
  codeIs,
  createLogin,
  createRole,
  drop,
  grant,
  item,
  password,
  readQuery,
  revoke,
  run,
  standingMemberships,
  type Lab,
} from "./server";

export function dropTests(lab: Lab): void {
  const on = (grantee: string, database: string, fields: Partial<Item> = {}): Item =>
    item(grantee, { database, schema: "app", object: "t", ...fields });

  describe("dropping a login", () => {
    before(async () => {
      await lab.database("drop_one", "drop_owner_one");
      await lab.database("drop_two", "drop_owner_two");
    });
    afterEach(async () => {
      const client = await lab.superuser();
      assert.deepEqual(await standingMemberships(client, lab.server.admin.user), []);
      await client.end();
    });

    it("takes what it holds in every database", async () => {
      const session = await lab.connect();
      await run(session, createLogin("leaver"), createRole("leaver_group"));
      await run(session, grant(item("leaver", { kind: "role", object: "leaver_group", privilege: "MEMBER" })));
      for (const [database, owner] of [
        ["drop_one", "drop_owner_one"],
        ["drop_two", "drop_owner_two"],
      ]) {
        const superuser = await lab.superuser(database);
        await superuser.query(`SET ROLE ${owner}; SELECT lo_create(70000)`);
        const wanted = [
          on("leaver", database),
          on("leaver", database, { kind: "sequence", object: "t_id_seq", privilege: "USAGE" }),
          on("leaver", database, { kind: "largeObject", schema: "", object: "70000" }),
          on("leaver", database, {
            kind: "default",
            schema: "",
            object: "functions",
            creator: owner,
            privilege: "EXECUTE",
          }),
          on("leaver", database, { kind: "column", column: "b", privilege: "UPDATE" }),
          on("leaver", database, { kind: "schema", object: "", privilege: "USAGE" }),
          on("leaver", database, { kind: "database", schema: "", object: "", privilege: "CONNECT" }),
          on("leaver", database, { kind: "default", object: "tables", creator: owner }),
        ];
        await run(session, grant(...wanted));
      }
      assert.deepEqual(await run(session, drop("leaver"), drop("leaver")), []);
      assert.equal((await session.read(readQuery({ names: ["leaver"] }))).principals.size, 0);
    });

    it("names what it has granted to others", async () => {
      const session = await lab.connect();
      await run(session, createLogin("giver"), createLogin("taker"), createRole("given_role"));
      const database = "drop_one";
      await run(
        session,
        grant(
          on("giver", database, { grantable: true }),
          on("giver", database, { kind: "schema", object: "", privilege: "USAGE" }),
          item("giver", { kind: "role", object: "given_role", privilege: "MEMBER", grantable: true }),
        ),
      );
      const client = await lab.as({ user: "giver", password }, database);
      await client.query("GRANT SELECT ON app.t TO taker; GRANT given_role TO taker");
      await client.end();
      const warnings = await run(session, drop("giver"));
      assert.match(warnings.join("\n"), /Granted by giver, gone with it: revoke SELECT on table app\.t from taker/);
      assert.equal(/membership of taker in role given_role/.test(warnings.join("\n")), lab.major >= 16);
      const { items } = await session.read(readQuery({ names: ["taker"], databases: [database] }));
      assert.deepEqual(
        items.filter((each) => each.kind !== "role"),
        [],
      );
    });

    it("is refused with the list of what it owns, wherever that is", async () => {
      const session = await lab.connect();
      await run(session, createLogin("keeper"));
      for (const database of ["drop_one", "drop_two"]) {
        const client = await lab.superuser(database);
        await client.query("CREATE TABLE public.kept (id int); ALTER TABLE public.kept OWNER TO keeper");
        await client.query("GRANT SELECT ON app.t TO keeper");
      }
      await assert.rejects(
        run(session, drop("keeper")),
        codeIs("OwnsObjects", /table public\.kept in drop_one, table public\.kept in drop_two/),
      );
      const { principals, items } = await session.read(
        readQuery({ names: ["keeper"], databases: ["drop_one"], ownersOf: ["keeper", "drop_owner_one"] }),
      );
      assert.deepEqual(principals.get("keeper")?.owns, [
        { database: "drop_one", words: "table public.kept" },
        { database: "drop_two", words: "table public.kept" },
      ]);
      assert.ok(
        items.some((each) => each.object === "t"),
        "nothing was taken away",
      );
      for (const database of ["drop_one", "drop_two"])
        await (await lab.superuser(database)).query("DROP TABLE public.kept");
      await run(session, drop("keeper"));
    });

    it("clears default privileges and policies that name it", async () => {
      const session = await lab.connect();
      await run(session, createLogin("settled"));
      const superuser = await lab.superuser("drop_one");
      await superuser.query("CREATE POLICY only_settled ON app.t TO settled USING (true)");
      await run(
        session,
        grant(
          on("settled", "drop_one", {
            kind: "default",
            object: "tables",
            creator: "settled",
            grantee: { name: "drop_owner_two" },
          }),
        ),
      );
      await run(session, drop("settled"));
      assert.equal((await superuser.query("SELECT FROM pg_policy WHERE polname = 'only_settled'")).rowCount, 0);
    });

    it("enters a database that has shut the provisioner out", async () => {
      const session = await lab.connect();
      await run(session, createLogin("hidden"), { op: "createDatabase", database: "shut" });
      await run(
        session,
        { op: "createSchema", database: "shut", schema: "app" },
        { op: "createSchema", database: "shut", schema: "b" },
      );
      await run(session, grant(on("hidden", "shut", { kind: "schema", object: "", privilege: "USAGE" })));
      await run(session, createRole("shut_owner"), { op: "setDatabaseOwner", database: "shut", owner: "shut_owner" });
      await run(session, revoke(item("PUBLIC", { kind: "database", database: "shut", privilege: "CONNECT" })));
      assert.equal((await session.read(readQuery({ databases: ["shut"] }))).databases.get("shut")?.connectable, false);
      const another = await lab.connect();
      assert.match((await run(another, drop("hidden"))).join(), /could not enter database shut/);
      await session.close();
      await run(another, { op: "dropDatabase", database: "shut" });
    });

    it("says what keeps it when that cannot be taken away", async () => {
      const session = await lab.connect();
      await run(session, createLogin("clinging"));
      const superuser = await lab.superuser("drop_one");
      await superuser.query("GRANT USAGE ON LANGUAGE plpgsql TO clinging");
      await assert.rejects(
        run(session, drop("clinging")),
        codeIs("OwnsObjects", /language plpgsql|in database drop_one/),
      );
      await superuser.query("REVOKE USAGE ON LANGUAGE plpgsql FROM clinging");
      await run(session, drop("clinging"));
    });

    it("by IAM ends its membership first", async () => {
      const session = await lab.connect();
      await run(session, createLogin("iam_leaver", { auth: "iam" }));
      await run(session, grant(on("iam_leaver", "drop_one")));
      assert.equal(
        (await session.read(readQuery({ names: ["iam_leaver"] }))).principals.get("iam_leaver")?.accounts[0].auth,
        "iam",
      );
      await run(session, drop("iam_leaver"));
      assert.equal((await session.read(readQuery({ names: ["iam_leaver"] }))).principals.size, 0);
    });
  });
}
