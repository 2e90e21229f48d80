import assert from "node:assert/strict";

import { schemaKey } from "../../../provisioner/access/server";
import {
  codeIs,
  createLogin,
  createRole,
  grant,
  item,
  password,
  readQuery,
  run,
  standingMemberships,
  type Lab,
} from "./server";

export function databaseTests(lab: Lab): void {
  describe("databases and schemas", () => {
    afterEach(async () => {
      const client = await lab.superuser();
      assert.deepEqual(await standingMemberships(client, lab.server.admin.user), []);
      await client.end();
    });

    it("belong to their owner role and are dropped from it again", async () => {
      const session = await lab.connect();
      await run(session, createRole("db_owner"), createRole("db_owner_two"));
      await run(
        session,
        { op: "createDatabase", database: "own ed" },
        { op: "setDatabaseOwner", database: "own ed", owner: "db_owner" },
      );
      await run(session, { op: "setDatabaseOwner", database: "own ed", owner: "db_owner_two" });
      const read = await session.read(readQuery({ databases: ["own ed", "no such"] }));
      assert.deepEqual(
        [...read.databases.values()],
        [{ name: "own ed", owner: "db_owner_two", charset: "UTF8", connectable: true, fixedForPublic: false }],
      );
      await assert.rejects(
        run(session, { op: "createDatabase", database: "own ed" }),
        codeIs("DatabaseExists", /own ed/),
      );
      await run(session, { op: "createSchema", database: "own ed", schema: "s" });
      await run(session, { op: "dropDatabase", database: "own ed" }, { op: "dropDatabase", database: "own ed" });
      assert.equal((await session.read(readQuery({ databases: ["own ed"] }))).databases.size, 0);
    });

    // The server waits five seconds for the others to leave: once is enough.
    if (lab.major === 17)
      it("in use are not dropped", async () => {
        const session = await lab.connect();
        await run(session, { op: "createDatabase", database: "busy" });
        const client = await lab.superuser("busy");
        await assert.rejects(
          run(session, { op: "dropDatabase", database: "busy" }),
          codeIs("NotApplied", /busy.*1 other session/),
        );
        await client.end();
        await run(session, { op: "dropDatabase", database: "busy" });
      });

    it("have schemas of their owner and of others", async () => {
      await lab.database("schemas", "schemas_owner");
      const session = await lab.connect();
      await run(session, createRole("tenant"));
      await run(
        session,
        { op: "createSchema", database: "schemas", schema: "tenant", owner: "tenant" },
        { op: "createSchema", database: "schemas", schema: "moved", owner: "schemas_owner" },
        { op: "setSchemaOwner", database: "schemas", schema: "moved", owner: "tenant" },
        grant(item("tenant", { kind: "database", database: "schemas", privilege: "CONNECT" })),
      );
      const owners = async (...names: string[]): Promise<(string | undefined)[]> => {
        const schemas = names.map((schema) => ({ database: "schemas", schema }));
        const state = await session.read(readQuery({ databases: ["schemas"], schemas }));
        return names.map((name) => state.schemas.get(schemaKey("schemas", name))?.owner);
      };
      assert.deepEqual(await owners("tenant", "moved", "app", "none"), [
        "tenant",
        "tenant",
        "schemas_owner",
        undefined,
      ]);
      await assert.rejects(
        run(session, { op: "createSchema", database: "schemas", schema: "app" }),
        codeIs("SchemaExists", /app/),
      );
      await assert.rejects(
        run(session, { op: "dropSchema", database: "schemas", schema: "app" }),
        codeIs("OwnsObjects", /app\.t/),
      );
      await run(
        session,
        { op: "dropSchema", database: "schemas", schema: "moved" },
        { op: "dropSchema", database: "schemas", schema: "moved_too" },
      );
      assert.deepEqual(await owners("moved"), [undefined]);
    });

    it("say where everybody has what nobody may grant", async () => {
      const session = await lab.connect();
      await run(session, { op: "createDatabase", database: "fixed" });
      const schemas = [{ database: "fixed", schema: "public" }];
      const state = await session.read(readQuery({ databases: ["fixed", "postgres"], schemas }));
      assert.equal(state.schemas.get(schemaKey("fixed", "public"))?.fixedForPublic, lab.major < 15);
      assert.equal(state.databases.get("fixed")?.fixedForPublic, false);
      assert.equal(state.databases.get("postgres")?.fixedForPublic, true);
    });

    it("have relations with their kinds and owners", async () => {
      await lab.database("kinds", "kinds_owner");
      const client = await lab.superuser("kinds");
      await client.query(`SET ROLE kinds_owner; CREATE VIEW app.v AS SELECT 1 AS a; CREATE MATERIALIZED VIEW app.m AS SELECT 1 AS a;
        CREATE TABLE app.p (id int GENERATED ALWAYS AS IDENTITY) PARTITION BY RANGE (id); CREATE SEQUENCE app.free`);
      const session = await lab.connect();
      const { relations } = await session.read(
        readQuery({ databases: ["kinds"], schemas: [{ database: "kinds", schema: "app" }] }),
      );
      const words = relations.map(
        ({ name, kind, owner, ownedByTable }) =>
          `${name} ${kind} ${owner}${ownedByTable === undefined ? "" : ` of ${ownedByTable}`}`,
      );
      assert.deepEqual(words.sort(), [
        "free sequence kinds_owner",
        "m materializedView kinds_owner",
        "p partitionedTable kinds_owner",
        "p_id_seq sequence kinds_owner of p",
        "t table kinds_owner",
        "t_id_seq sequence kinds_owner of t",
        "u table kinds_owner",
        "v view kinds_owner",
      ]);
      const held = (await session.read(readQuery({ names: ["kinds_owner"], databases: ["kinds"] }))).items;
      assert.ok(
        held.some((each) => each.object === "v" && each.privilege === "SELECT"),
        "an owner's own privileges count as held",
      );
    });

    it("owned by an IAM user are left alone by a provisioner with a password", async () => {
      await lab.database("iam_owned", "iam_owner");
      const superuser = await lab.superuser();
      await superuser.query("GRANT rds_iam TO iam_owner");
      const session = await lab.connect();
      await run(session, createLogin("iam_reader"));
      const wanted = item("iam_reader", { database: "iam_owned", schema: "app", object: "t" });
      await assert.rejects(run(session, grant(wanted)), codeIs("OwnerIsIamUser", /iam_owner/));
      await superuser.query("REVOKE rds_iam FROM iam_owner");
      await run(session, grant(wanted));
    });

    it("owned by a role that the provisioner cannot administer are named", async () => {
      const superuser = await lab.superuser();
      await superuser.query("CREATE ROLE stranger");
      await superuser.query("CREATE DATABASE strange OWNER stranger");
      const session = await lab.connect();
      await run(session, createLogin("guest"));
      const wanted = grant(item("guest", { kind: "database", database: "strange", privilege: "CONNECT" }));
      if (lab.major < 16) await run(session, wanted);
      else await assert.rejects(run(session, wanted), codeIs("NotAuthorized", /stranger.*ADMIN OPTION/));
    });

    if (lab.major >= 15)
      it("called public belong to the database's owner", async () => {
        await lab.database("publics", "publics_owner");
        const session = await lab.connect();
        await run(session, createLogin("visitor"));
        const wanted = item("visitor", { kind: "schema", database: "publics", schema: "public", privilege: "CREATE" });
        await run(session, grant(wanted));
        const { items } = await session.read(readQuery({ names: ["visitor"], databases: ["publics"] }));
        assert.deepEqual(
          items.map((each) => [each.schema, each.privilege, each.grantor]),
          [["public", "CREATE", "pg_database_owner"]],
        );
        await run(session, { op: "revoke", items, cascade: false });
        const client = await lab.as({ user: "visitor", password }, "publics");
        await assert.rejects(client.query("CREATE TABLE public.x (id int)"), { code: "42501" });
      });
  });
}
