import assert from "node:assert/strict";

import { PUBLIC } from "../../../provisioner/access/account";
import type { Item } from "../../../provisioner/access/item";
import { assertNothingBorrowed, privilegesIn } from "./privileges";
import { codeIs, grant, lines, readQuery, revoke, run, type Lab } from "./server";

const database = "future_kinds";
const owner = "future_owner";

export function futureTests(lab: Lab): void {
  const { on, asOwner, held, entered } = privilegesIn(lab, database, owner);

  describe("default privileges", () => {
    before(() => lab.database(database, owner));
    afterEach(() => assertNothingBorrowed(lab));

    it("reach every class of object, in a schema and everywhere", async () => {
      const session = await lab.connect();
      const client = await entered(session, "k_future");
      const future = (object: string, privilege: string, schema = "app"): Item =>
        on("k_future", { kind: "default", object, privilege, schema, creator: owner });
      const wanted = [
        future("tables", "INSERT"),
        future("tables", "SELECT", ""),
        future("sequences", "USAGE"),
        future("functions", "EXECUTE"),
        future("types", "USAGE"),
        future("schemas", "USAGE", ""),
        ...(lab.major >= 18 ? [future("largeObjects", "SELECT", "")] : []),
      ];
      await run(session, grant(...wanted));
      const expected = [
        "default app.functions EXECUTE by future_owner",
        "default app.sequences USAGE by future_owner",
        "default app.tables INSERT by future_owner",
        "default app.types USAGE by future_owner",
        ...(lab.major >= 18 ? ["default largeObjects SELECT by future_owner"] : []),
        "default schemas USAGE by future_owner",
        "default tables SELECT by future_owner",
      ];
      assert.deepEqual(await held(session, "k_future"), expected);
      await asOwner(`CREATE SCHEMA later; CREATE TABLE app.later (id serial); CREATE TABLE later.t (id int);
        ${lab.major >= 18 ? "SELECT lo_from_bytea(70009, 'z')" : ""}`);
      await client.query("INSERT INTO app.later DEFAULT VALUES");
      await client.query("SELECT FROM app.later, later.t");
      if (lab.major >= 18) await client.query("SELECT lo_get(70009)");
      else
        await assert.rejects(
          run(session, grant(future("largeObjects", "SELECT", ""))),
          codeIs("NotSupported", /future large objects.*18/),
        );
      await run(session, revoke(...wanted));
      await asOwner("CREATE TABLE app.last (id int)");
      assert.deepEqual(
        (await held(session, "k_future")).filter((line) => line.startsWith("default")),
        [],
      );
      await assert.rejects(client.query("SELECT FROM app.last"), { code: "42501" });
    });

    it("take from PUBLIC what it gets on everything new", async () => {
      const session = await lab.connect();
      const client = await entered(session, "k_public");
      const inFuture = async (): Promise<string[]> => {
        const { items } = await session.read(readQuery({ names: [PUBLIC.name, owner], databases: [database] }));
        const ofPublic = items.filter((each) => each.kind === "default" && each.grantee.name === PUBLIC.name);
        assert.ok(ofPublic.every(({ creator, database: where }) => creator === owner && where === database));
        return lines(ofPublic);
      };
      const builtIn = ["default functions EXECUTE by future_owner", "default types USAGE by future_owner"];
      const future = (object: string, privilege: string): Item =>
        on(PUBLIC.name, { kind: "default", schema: "", object, privilege, creator: owner });
      assert.deepEqual(await inFuture(), builtIn);
      await run(session, revoke(future("functions", "EXECUTE"), future("types", "USAGE")));
      assert.deepEqual(await inFuture(), []);
      await asOwner("CREATE FUNCTION app.private() RETURNS int LANGUAGE sql AS 'SELECT 1'");
      await assert.rejects(client.query("SELECT app.private()"), { code: "42501" });
      await run(session, grant(future("functions", "EXECUTE"), future("tables", "SELECT")));
      assert.deepEqual(await inFuture(), [builtIn[0], "default tables SELECT by future_owner"]);
      await asOwner(
        "CREATE FUNCTION app.open() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE app.open (id int)",
      );
      await client.query("SELECT app.open() FROM app.open");
      await run(session, grant(future("types", "USAGE")), revoke(future("tables", "SELECT")));
      assert.deepEqual(await inFuture(), builtIn);
    });
  });
}
