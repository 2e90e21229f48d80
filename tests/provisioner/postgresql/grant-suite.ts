import assert from "node:assert/strict";

import type { Item } from "../../../provisioner/access/item";
import { PUBLIC } from "../../../provisioner/access/account";
import { schemaKey } from "../../../provisioner/access/server";
import {
  codeIs,
  createLogin,
  createRole,
  grant,
  heldBy,
  item,
  lines,
  password,
  readQuery,
  revoke,
  run,
  standingMemberships,
  type Lab,
} from "./server";

const database = "grants";
const owner = "grants_owner";

export function grantTests(lab: Lab): void {
  const on = (grantee: string, fields: Partial<Item> = {}): Item =>
    item(grantee, { database, schema: "app", object: "t", ...fields });
  const reach = (grantee: string): Item[] => [
    on(grantee, { kind: "database", schema: "", object: "", privilege: "CONNECT" }),
    on(grantee, { kind: "schema", object: "", privilege: "USAGE" }),
  ];

  describe("grants", () => {
    before(() => lab.database(database, owner));
    afterEach(async () => {
      const session = await lab.superuser();
      assert.deepEqual(await standingMemberships(session, lab.server.admin.user), []);
      await session.end();
    });

    it("on another role's tables take effect and end without a trace", async () => {
      const session = await lab.connect();
      await run(session, createLogin("writer"));
      const wanted = [
        ...reach("writer"),
        ...["SELECT", "INSERT"].map((privilege) => on("writer", { privilege })),
        on("writer", { kind: "sequence", object: "t_id_seq", privilege: "USAGE" }),
        on("writer", { object: "u" }),
      ];
      await run(session, grant(...wanted));
      const client = await lab.as({ user: "writer", password }, database);
      await client.query("INSERT INTO app.t (b) VALUES (1)");
      await assert.rejects(client.query("INSERT INTO app.u VALUES (1)"), { code: "42501" });
      assert.deepEqual(await heldBy(session, "writer", database), [
        "database grants CONNECT by grants_owner",
        "schema app USAGE by grants_owner",
        "sequence app.t_id_seq USAGE by grants_owner",
        "table app.t INSERT by grants_owner",
        "table app.t SELECT by grants_owner",
        "table app.u SELECT by grants_owner",
      ]);
      await run(session, revoke(...wanted));
      assert.deepEqual(await heldBy(session, "writer", database), []);
      await assert.rejects(client.query("SELECT FROM app.t"), { code: "42501" });
    });

    it("on columns are seen apart from those on the table", async () => {
      const session = await lab.connect();
      await run(
        session,
        createLogin("columns"),
        ...[
          grant(
            on("columns", { kind: "column", column: "b", privilege: "UPDATE" }),
            on("columns", { kind: "column", column: "id" }),
          ),
        ],
      );
      assert.deepEqual(await heldBy(session, "columns", database), [
        "column app.t.b UPDATE by grants_owner",
        "column app.t.id SELECT by grants_owner",
      ]);
      await run(session, revoke(on("columns", { kind: "column", column: "b", privilege: "UPDATE" })));
      assert.deepEqual(await heldBy(session, "columns", database), ["column app.t.id SELECT by grants_owner"]);
    });

    it("for the future reach tables that their creator makes later", async () => {
      const session = await lab.connect();
      await run(session, createLogin("future"));
      const inSchema = on("future", { kind: "default", object: "tables", creator: owner });
      const everywhere = on("future", {
        kind: "default",
        schema: "",
        object: "sequences",
        creator: owner,
        privilege: "USAGE",
      });
      await run(session, grant(...reach("future"), inSchema, everywhere));
      const admin = await lab.superuser(database);
      await admin.query(`SET ROLE ${owner}; CREATE TABLE app.later (id serial)`);
      const client = await lab.as({ user: "future", password }, database);
      await client.query("SELECT FROM app.later");
      await client.query("SELECT nextval('app.later_id_seq')");
      const { items } = await session.read(readQuery({ names: ["future"], databases: [database] }));
      assert.deepEqual(lines(items.filter((each) => each.kind === "default")), [
        "default app.tables SELECT by grants_owner",
        "default sequences USAGE by grants_owner",
      ]);
      assert.deepEqual(
        items.filter((each) => each.kind === "default").map((each) => each.creator),
        [owner, owner],
      );
      await run(session, revoke(inSchema, everywhere));
      await admin.query("DROP TABLE app.later; CREATE TABLE app.later (id serial)");
      await assert.rejects(client.query("SELECT FROM app.later"), { code: "42501" });
    });

    it("with grant option can be weakened, and are refused while others depend on them", async () => {
      const session = await lab.connect();
      await run(session, createLogin("passer"), createLogin("receiver"));
      const held = on("passer", { grantable: true });
      await run(session, grant(...reach("passer"), held));
      const client = await lab.as({ user: "passer", password }, database);
      await client.query("GRANT SELECT ON app.t TO receiver");
      await assert.rejects(
        run(session, { op: "revokeGrantOption", items: [held], cascade: false }),
        codeIs("DependentPrivileges", /Set cascade: true/),
      );
      await run(session, { op: "revokeGrantOption", items: [held], cascade: true });
      assert.ok((await heldBy(session, "passer", database)).includes("table app.t SELECT by grants_owner"));
      assert.deepEqual(await heldBy(session, "receiver", database), []);
    });

    it("of another grantor are revoked as that grantor", async () => {
      const session = await lab.connect();
      await run(session, createLogin("middle"), createLogin("far"));
      await run(session, grant(...reach("middle"), on("middle", { grantable: true })));
      const client = await lab.as({ user: "middle", password }, database);
      await client.query("GRANT SELECT ON app.t TO far");
      const { items } = await session.read(readQuery({ names: ["far"], databases: [database] }));
      assert.deepEqual(lines(items), ["table app.t SELECT by middle"]);
      await run(session, revoke(...items));
      assert.deepEqual(await heldBy(session, "far", database), []);
    });

    it("of a superuser as grantor are reported by name and nothing is done", async () => {
      const session = await lab.connect();
      const superuser = await lab.superuser(database);
      await superuser.query("CREATE TABLE app.foreign_owned (id int)");
      await run(session, createLogin("stuck"), createLogin("stuck_two"));
      await superuser.query("GRANT SELECT ON app.foreign_owned TO stuck");
      const held = (await session.read(readQuery({ names: ["stuck"], databases: [database] }))).items;
      await assert.rejects(
        run(session, revoke(...held)),
        codeIs("NotAuthorized", /foreign_owned.*rdsadmin is a superuser/),
      );
      const wanted = [on("stuck_two"), on("stuck_two", { object: "foreign_owned" })];
      await assert.rejects(
        run(session, grant(...wanted)),
        codeIs("NotAuthorized", /SELECT on table app\.foreign_owned to stuck_two/),
      );
      assert.deepEqual(await heldBy(session, "stuck_two", database), []);
    });

    it("on what does not exist name it", async () => {
      const session = await lab.connect();
      await run(session, createLogin("missing"));
      await assert.rejects(
        run(session, grant(on("missing", { object: "nothing" }))),
        codeIs("ObjectMissing", /table app\.nothing.*grants/),
      );
      await assert.rejects(run(session, grant(on("nobody_here"))), codeIs("ObjectMissing", /nobody_here/));
      await run(session, revoke(on("missing", { object: "nothing" })));
    });

    it("on routines and types", async () => {
      const admin = await lab.superuser(database);
      await admin.query(
        `SET ROLE ${owner}; CREATE FUNCTION app."to.tal"(a integer, b text[]) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TYPE app.mood AS ENUM ('ok')`,
      );
      const session = await lab.connect();
      await run(session, createLogin("caller"));
      const wanted = [
        on("caller", { kind: "routine", object: '"to.tal"(integer, text[])', privilege: "EXECUTE" }),
        on("caller", { kind: "type", object: "mood", privilege: "USAGE" }),
      ];
      await run(session, grant(...wanted));
      assert.deepEqual(await heldBy(session, "caller", database), [
        'routine app."to.tal"(integer, text[]) EXECUTE by grants_owner',
        "type app.mood USAGE by grants_owner",
      ]);
      await run(session, revoke(...wanted));
      assert.deepEqual(await heldBy(session, "caller", database), []);
    });

    it("make and end memberships", async () => {
      const session = await lab.connect();
      await run(session, createLogin("member"), createRole("group_a"), createRole("group_b"));
      const membership = (object: string, fields: Partial<Item> = {}): Item =>
        item("member", { kind: "role", object, privilege: "MEMBER", ...fields });
      const options = lab.major >= 16 ? { inherit: false, set: true } : undefined;
      await run(session, grant(membership("group_a", { options }), membership("group_b", { grantable: true })));
      const { items } = await session.read(readQuery({ names: ["member"] }));
      assert.deepEqual(lines(items), [
        `role group_a MEMBER by ${lab.server.admin.user}`,
        `role group_b MEMBER* by ${lab.server.admin.user}`,
      ]);
      assert.deepEqual(items.find((each) => each.object === "group_a")?.options, options);
      await run(session, { op: "revokeGrantOption", items: [membership("group_b")], cascade: false });
      await run(session, revoke(...items));
      assert.deepEqual(await heldBy(session, "member"), []);
    });

    it("of a membership by somebody else are ended as that role", async () => {
      const session = await lab.connect();
      await run(session, createLogin("joiner"), createLogin("leader"), createRole("club"));
      await run(session, grant(item("leader", { kind: "role", object: "club", privilege: "MEMBER", grantable: true })));
      const client = await lab.as({ user: "leader", password });
      await client.query("GRANT club TO joiner");
      const { items } = await session.read(readQuery({ names: ["joiner"] }));
      assert.deepEqual(lines(items), ["role club MEMBER by leader"]);
      await run(session, revoke(...items));
      assert.deepEqual(await heldBy(session, "joiner"), []);
    });

    it("are read for PUBLIC too, and taken from it", async () => {
      const session = await lab.connect();
      const publicItems = async (): Promise<string[]> =>
        lines((await session.read(readQuery({ names: [PUBLIC.name], databases: [database] }))).items);
      const connect = item(PUBLIC.name, { kind: "database", database, privilege: "CONNECT" });
      const temporary = { ...connect, privilege: "TEMPORARY" };
      assert.ok((await publicItems()).includes(`database ${database} CONNECT by ${owner}`));
      await run(session, grant({ ...connect, grantee: session.facts.admin }), revoke(connect, temporary));
      assert.deepEqual(
        (await publicItems()).filter((line) => line.startsWith("database")),
        [],
      );
      await run(session, createLogin("locked_out"));
      await assert.rejects(lab.as({ user: "locked_out", password }, database), { code: "42501" });
      assert.equal(
        (await session.read(readQuery({ databases: [database] }))).databases.get(database)?.connectable,
        true,
      );
      await run(session, grant(connect, temporary));
    });

    it("keep memberships that the provisioner had before", async () => {
      const superuser = await lab.superuser();
      const { user } = lab.server.admin;
      await run(await lab.connect(), createRole("standing"));
      await superuser.query(`GRANT CREATE ON DATABASE ${database} TO standing`);
      const client = await lab.as(lab.server.admin);
      await client.query(`GRANT standing TO ${user}${lab.major >= 16 ? " WITH INHERIT TRUE, SET FALSE" : ""}`);
      const memberships = async (): Promise<unknown[]> =>
        (
          await superuser.query(
            "SELECT to_jsonb(m) - 'oid' AS row FROM pg_auth_members m WHERE roleid = 'standing'::regrole AND member = $1::regrole ORDER BY grantor",
            [user],
          )
        ).rows;
      const before = await memberships();
      const session = await lab.connect();
      await run(session, { op: "createSchema", database, schema: "by_standing", owner: "standing" });
      const { schemas } = await session.read(
        readQuery({ databases: [database], schemas: [{ database, schema: "by_standing" }] }),
      );
      assert.equal(schemas.get(schemaKey(database, "by_standing"))?.owner, "standing");
      assert.deepEqual(await memberships(), before);
      await client.query(`REVOKE standing FROM ${user}`);
    });

    it("are repeated when another session changes the same thing", async () => {
      const [session, other] = [await lab.connect(), await lab.connect()];
      const names = Array.from({ length: 8 }, (_, index) => `crowd_${index}`);
      await run(session, ...names.map(createRole));
      const usage = (name: string): Item => on(name, { kind: "schema", object: "", privilege: "USAGE" });
      const rounds = async (worker: typeof session, own: string[]): Promise<void> => {
        for (let round = 0; round < 10; round++)
          for (const name of own) await run(worker, round % 2 === 0 ? grant(usage(name)) : revoke(usage(name)));
      };
      await Promise.all([rounds(session, names.slice(0, 4)), rounds(other, names.slice(4))]);
      for (const name of names) assert.deepEqual(await heldBy(session, name, database), []);
    });
  });
}
