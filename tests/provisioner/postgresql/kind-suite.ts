import assert from "node:assert/strict";

import { PUBLIC } from "../../../provisioner/access/account";
import type { Item } from "../../../provisioner/access/item";
import type { RelationState } from "../../../provisioner/access/server";
import { assertNothingBorrowed, privilegesIn } from "./privileges";
import { codeIs, grant, readQuery, revoke, run, type Lab } from "./server";

const database = "every_kind";
const owner = "every_owner";

export function kindTests(lab: Lab): void {
  const { on, asOwner, held, entered } = privilegesIn(lab, database, owner);

  describe("every kind of privilege", () => {
    before(async () => {
      await lab.database(database, owner);
      await asOwner(`
        INSERT INTO app.t (b) VALUES (1);
        CREATE FUNCTION app.total(integer) RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE FUNCTION app.total(text) RETURNS int LANGUAGE sql AS 'SELECT 2';
        CREATE PROCEDURE app.work() LANGUAGE sql AS 'SELECT 3';
        CREATE TYPE app."Mo.od" AS ENUM ('ok');
        CREATE TYPE app.pair AS (a int, b int);
        CREATE FUNCTION app."of type"(app."Mo.od") RETURNS int LANGUAGE sql AS 'SELECT 4';
        REVOKE EXECUTE ON ALL ROUTINES IN SCHEMA app FROM PUBLIC;
        REVOKE USAGE ON TYPE app."Mo.od", app.pair FROM PUBLIC`);
    });
    afterEach(() => assertNothingBorrowed(lab));

    it("columns", async () => {
      const session = await lab.connect();
      const client = await entered(session, "k_columns");
      const wanted = [
        on("k_columns", { kind: "column", column: "b" }),
        on("k_columns", { kind: "column", column: "b", privilege: "UPDATE", grantable: true }),
      ];
      await run(session, grant(...wanted));
      assert.equal((await client.query("SELECT b FROM app.t")).rowCount, 1);
      await client.query("UPDATE app.t SET b = 2");
      await assert.rejects(client.query("SELECT id FROM app.t"), { code: "42501" });
      assert.deepEqual(await held(session, "k_columns"), [
        "column app.t.b SELECT by every_owner",
        "column app.t.b UPDATE* by every_owner",
      ]);
      await run(session, revoke(...wanted));
      assert.deepEqual(await held(session, "k_columns"), []);
      await assert.rejects(client.query("SELECT b FROM app.t"), { code: "42501" });
    });

    it("sequences", async () => {
      const session = await lab.connect();
      const client = await entered(session, "k_sequences");
      const wanted = ["SELECT", "USAGE"].map((privilege) =>
        on("k_sequences", { kind: "sequence", object: "t_id_seq", privilege }),
      );
      await run(session, grant(...wanted));
      await client.query("SELECT nextval('app.t_id_seq')");
      await assert.rejects(client.query("SELECT setval('app.t_id_seq', 1)"), { code: "42501" });
      assert.deepEqual(await held(session, "k_sequences"), [
        "sequence app.t_id_seq SELECT by every_owner",
        "sequence app.t_id_seq USAGE by every_owner",
      ]);
      await run(session, revoke(...wanted));
      assert.deepEqual(await held(session, "k_sequences"), []);
      await assert.rejects(client.query("SELECT nextval('app.t_id_seq')"), { code: "42501" });
    });

    it("routines, each overload by itself", async () => {
      const session = await lab.connect();
      const client = await entered(session, "k_routines");
      const wanted = ["total(integer)", "work()", '"of type"(app."Mo.od")'].map((object) =>
        on("k_routines", { kind: "routine", object, privilege: "EXECUTE" }),
      );
      await run(session, grant(...wanted));
      await client.query("SELECT app.total(1)");
      await client.query("CALL app.work()");
      await client.query("SELECT app.\"of type\"('ok')");
      await assert.rejects(client.query("SELECT app.total('a'::text)"), { code: "42501" });
      assert.deepEqual(await held(session, "k_routines"), [
        'routine app."of type"(app."Mo.od") EXECUTE by every_owner',
        "routine app.total(integer) EXECUTE by every_owner",
        "routine app.work() EXECUTE by every_owner",
      ]);
      await run(session, revoke(...wanted));
      assert.deepEqual(await held(session, "k_routines"), []);
      await assert.rejects(client.query("SELECT app.total(1)"), { code: "42501" });
    });

    it("types, also composite ones", async () => {
      const session = await lab.connect();
      const client = await entered(session, "k_types");
      const wanted = ["Mo.od", "pair"].map((object) => on("k_types", { kind: "type", object, privilege: "USAGE" }));
      const use = 'CREATE TEMP TABLE used (m app."Mo.od", p app.pair)';
      await assert.rejects(client.query(use), { code: "42501" });
      await run(session, grant(...wanted));
      await client.query(use);
      assert.deepEqual(await held(session, "k_types"), [
        "type app.Mo.od USAGE by every_owner",
        "type app.pair USAGE by every_owner",
      ]);
      await run(session, revoke(...wanted));
      assert.deepEqual(await held(session, "k_types"), []);
      await client.query("DROP TABLE used");
      await assert.rejects(client.query(use), { code: "42501" });
    });

    it("large objects", async () => {
      await asOwner("SELECT lo_from_bytea(70001, 'a'), lo_from_bytea(70002, 'b')");
      const session = await lab.connect();
      const client = await entered(session, "k_large");
      const large = (object: string, privilege: string, grantee = "k_large"): Item =>
        on(grantee, { kind: "largeObject", schema: "", object, privilege });
      const wanted = [large("70001", "SELECT"), large("70001", "UPDATE"), large("70002", "SELECT")];
      await run(session, grant(...wanted));
      await client.query("SELECT lo_get(70001), lo_put(70001, 0, 'c'), lo_get(70002)");
      await assert.rejects(client.query("SELECT lo_put(70002, 0, 'c')"), { code: "42501" });
      const largeObjects = [70001, 70002, 70003].map((oid) => ({ database, oid }));
      const { relations } = await session.read(readQuery({ databases: [database], largeObjects }));
      assert.deepEqual(
        relations.map(({ schema, name, kind, owner: by }) => [schema, name, kind, by]).sort(),
        ["70001", "70002"].map((name) => ["", name, "largeObject", owner]),
      );
      assert.deepEqual(await held(session, "k_large"), [
        "largeObject 70001 SELECT by every_owner",
        "largeObject 70001 UPDATE by every_owner",
        "largeObject 70002 SELECT by every_owner",
      ]);
      await run(session, grant(large("70002", "SELECT", PUBLIC.name)));
      assert.ok(
        (await held(session, PUBLIC.name, { largeObjects })).includes("largeObject 70002 SELECT by every_owner"),
      );
      await run(session, revoke(...wanted, large("70002", "SELECT", PUBLIC.name)));
      assert.deepEqual(await held(session, "k_large"), []);
      await assert.rejects(client.query("SELECT lo_get(70001)"), { code: "42501" });
      await assert.rejects(run(session, grant(large("70003", "SELECT"))), codeIs("ObjectMissing", /70003/));
    });

    it("of PUBLIC", async () => {
      const session = await lab.connect();
      const client = await entered(session, "k_anybody");
      const ofPublic = (kind: Item["kind"], object: string, privilege: string, column = ""): Item =>
        on(PUBLIC.name, { kind, object, privilege, column });
      const wanted = [
        ofPublic("table", "u", "SELECT"),
        ofPublic("column", "t", "SELECT", "b"),
        ofPublic("sequence", "t_id_seq", "USAGE"),
        ofPublic("routine", "total(integer)", "EXECUTE"),
        ofPublic("type", "pair", "USAGE"),
      ];
      const before = await held(session, PUBLIC.name);
      await run(session, grant(...wanted));
      await client.query("SELECT b, app.total(1), nextval('app.t_id_seq') FROM app.t, app.u");
      assert.deepEqual(
        (await held(session, PUBLIC.name)).filter((line) => !before.includes(line)),
        [
          "column app.t.b SELECT by every_owner",
          "routine app.total(integer) EXECUTE by every_owner",
          "sequence app.t_id_seq USAGE by every_owner",
          "table app.u SELECT by every_owner",
          "type app.pair USAGE by every_owner",
        ],
      );
      await run(session, revoke(...wanted));
      assert.deepEqual(await held(session, PUBLIC.name), before);
      await assert.rejects(client.query("SELECT app.total(1)"), { code: "42501" });
    });

    it("are found on the objects of one schema or of all", async () => {
      const client = await lab.superuser(database);
      await client.query("CREATE EXTENSION citext SCHEMA app");
      await asOwner("CREATE SCHEMA other; CREATE FUNCTION other.f() RETURNS int LANGUAGE sql AS 'SELECT 1'");
      const session = await lab.connect();
      const names = (relations: readonly RelationState[], ...kinds: string[]): string[] =>
        relations
          .filter(({ kind }) => kinds.includes(kind))
          .map(({ schema, name, kind, owner: by }) => `${kind} ${schema}.${name} ${by}`)
          .sort();
      const one = await session.read(
        readQuery({
          databases: [database],
          schemas: [{ database, schema: "app", routines: true, types: true }],
          columnsOf: [
            { database, schema: "app", table: "t" },
            { database, schema: "other", table: "none" },
          ],
        }),
      );
      const found = names(one.relations, "routine", "type");
      for (const name of ['"of type"(app."Mo.od")', "total(integer)", "total(text)", "work()"])
        assert.ok(found.includes(`routine app.${name} ${owner}`), found.join());
      assert.deepEqual(
        found.filter((line) => line.startsWith("type")),
        [`type app.Mo.od ${owner}`, `type app.pair ${owner}`],
        "neither row types nor an extension's own",
      );
      assert.deepEqual(
        found.filter((line) => !line.endsWith(owner)),
        [],
      );
      const columns = one.relations.map(({ name, columns: known }) => [name, known]);
      assert.deepEqual(
        columns.filter(([, known]) => known !== undefined),
        [["t", ["id", "b"]]],
      );
      const all = await session.read(
        readQuery({ databases: [database], schemas: [{ database, schema: "", routines: true }] }),
      );
      assert.ok(names(all.relations, "routine").includes(`routine other.f() ${owner}`));
      assert.deepEqual(names(all.relations, "type"), []);
      const schemas = [...all.schemas.values()].map(({ name }) => name);
      assert.ok(["app", "other", "public"].every((name) => schemas.includes(name)));
      assert.ok(schemas.every((name) => !/^pg_|^information_schema$|^db_access$/.test(name)));
      const ofPublic = (await session.read(readQuery({ names: [PUBLIC.name], databases: [database] }))).items;
      assert.ok(!ofPublic.some((each) => each.object.includes("citext")), "an extension's are nobody's business");
    });
  });
}
