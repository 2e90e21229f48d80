import assert from "node:assert/strict";
import { refused } from "../support/refusal";
import { attempt, type Ask, type Login } from "../support/world";
import { grantOf, loginClaim, type Place } from "./place";
import { assertSettled, isMariaDb, isPostgresql, remove } from "./steps";

const refusedTable = "1142";

/** What MySQL and MariaDB read into a name, and what they must not. */
export function ruleMysqlNames(place: () => Place, version: string): void {
  if (isPostgresql(version)) return;

  describe("rule 7: names on MySQL and MariaDB", () => {
    let reader: Login;
    const quoted = (name: string): string => `\`${name}\``;
    const onDatabase = (database: string, privileges = ["SELECT"], more = {}): Ask => ({
      claim: grantOf("r7_reader", { kind: "database", database }, privileges, more),
    });
    const onTable = (database: string, table: string): Ask => ({
      claim: grantOf("r7_reader", { kind: "tables", database, tables: [table] }, ["SELECT"]),
    });
    const read = (database: string, table = "t"): Promise<string> =>
      attempt(place().world, reader, undefined, `SELECT * FROM ${quoted(database)}.${quoted(table)}`);
    const rowsOf = (table: string, user = "r7_reader"): Promise<Record<string, unknown>[]> =>
      place().byHand(`SELECT Db AS db FROM mysql.${table} WHERE User = '${user}' ORDER BY 1`, "mysql");
    const createDatabases = async (...names: string[]): Promise<void> => {
      for (const name of names)
        await place().byHand(`CREATE DATABASE ${quoted(name)}; CREATE TABLE ${quoted(name)}.t (id INT PRIMARY KEY)`);
    };
    const dropDatabases = async (...names: string[]): Promise<void> => {
      for (const name of names) await place().byHand(`DROP DATABASE ${quoted(name)}`);
    };

    before(async () => {
      reader = await place().login("r7_reader");
    });
    after(() => remove(place(), { claim: loginClaim("r7_reader") }));

    for (const [what, database, similar, stored] of [
      ["an underscore", "r7_a_b", "r7XaXb", "r7\\_a\\_b"],
      ["a percent sign", "r7%pct", "r7anypct", "r7\\%pct"],
    ])
      it(`${what} in a database's name stands for itself alone`, async () => {
        await createDatabases(database, similar);
        const ask = onDatabase(database);
        await place().apply(ask);
        assert.equal(await read(database), "ok");
        assert.equal(await read(similar), refusedTable);
        assert.deepEqual(await rowsOf("db"), [{ db: stored }]);
        await assertSettled(place(), ask);
        await remove(place(), ask);
        assert.equal(await read(database), refusedTable);
        assert.deepEqual(await rowsOf("db"), []);
        await dropDatabases(database, similar);
      });

    it("a backslash, which cannot be told from an escape, is refused early", () =>
      refused(place().world, onDatabase("r7\\b"), {
        code: "InvalidInput",
        property: "on.database",
        says: [/backslash|\\\\/, /remove it/],
      }));

    it("nothing is escaped at the level of tables", async () => {
      const [database, similar] = ["r7_t_b", "r7XtXb"];
      await createDatabases(database, similar);
      for (const name of [database, similar])
        await place().byHand(
          `CREATE TABLE ${quoted(name)}.\`a_t%\` (id INT); CREATE TABLE ${quoted(name)}.\`aXtYZ\` (id INT)`,
        );
      const ask = onTable(database, "a_t%");
      await place().apply(ask);
      assert.equal(await read(database, "a_t%"), "ok");
      assert.equal(await read(database, "aXtYZ"), refusedTable);
      assert.equal(await read(similar, "a_t%"), refusedTable);
      assert.deepEqual(await rowsOf("tables_priv"), [{ db: database }]);
      assert.deepEqual(await rowsOf("db"), []);
      await assertSettled(place(), ask);
      await remove(place(), ask);
      assert.equal(await read(database, "a_t%"), refusedTable);
      await dropDatabases(database, similar);
    });

    it("a wildcard row made by hand is let be", async () => {
      await createDatabases("r7_w_x", "r7XwXx");
      await place().byHand("GRANT INSERT ON `r7_w_x`.* TO 'r7_reader'@'%'");
      const ask = onDatabase("r7_w_x");
      await place().apply(ask);
      assert.equal(await read("r7_w_x"), "ok");
      assert.equal(await read("r7XwXx"), refusedTable);
      await assertSettled(place(), ask);
      await remove(place(), ask);
      assert.deepEqual(await rowsOf("db"), [{ db: "r7_w_x" }]);
      const insert = "INSERT INTO r7XwXx.t VALUES (1)";
      assert.equal(await attempt(place().world, reader, undefined, insert), "ok");
      await place().byHand("REVOKE INSERT ON `r7_w_x`.* FROM 'r7_reader'@'%'");
      await dropDatabases("r7_w_x", "r7XwXx");
    });

    it("a grant option that goes is gone completely", async () => {
      await place().login("r7_friend");
      await createDatabases("r7_opt");
      const passOn = (): Promise<string> =>
        attempt(place().world, reader, undefined, "GRANT SELECT ON `r7\\_opt`.* TO 'r7_friend'@'%'");
      const withOption = onDatabase("r7_opt", ["SELECT", "INSERT"], { withGrantOption: true });
      const without = onDatabase("r7_opt", ["SELECT", "INSERT"]);
      await place().apply(withOption);
      assert.equal(await passOn(), "ok");
      await place().apply(without);
      assert.notEqual(await passOn(), "ok");
      assert.equal(await read("r7_opt"), "ok");
      const options = await place().byHand(
        "SELECT Grant_priv AS o FROM mysql.db WHERE User = 'r7_reader' AND Db = 'r7\\\\_opt'",
      );
      assert.deepEqual(options, [{ o: "N" }]);
      await assertSettled(place(), without);
      // Alone, with the last privilege, the option would stay as a row of its own.
      await place().apply(withOption);
      await remove(place(), withOption);
      assert.notEqual(await passOn(), "ok");
      assert.deepEqual(await rowsOf("db"), []);
      await remove(place(), { claim: loginClaim("r7_friend") });
      await dropDatabases("r7_opt");
    });

    for (const [what, name] of [
      ["an at sign", "r7@home"],
      ["a percent sign", "r7%all"],
      ["a space", "r7 jo doe"],
      ["unicode", "r7_jürgen_夏"],
      ["an underscore", "r7_under_score"],
    ])
      it(`a login's name with ${what} is the same everywhere`, async () => {
        const claim = loginClaim(name, {
          auth: { kind: "password", secret: { name: "orders/r7-names", recoveryDays: 0 } },
        });
        const neighbour = "r7Xunder_score";
        if (name === "r7_under_score") await place().login(neighbour);
        const who = await place().login(name, { auth: claim.auth });
        assert.equal(who.user, name);
        await createDatabases("r7names");
        const grant: Ask = { claim: grantOf(name, { kind: "database", database: "r7names" }, ["SELECT"]) };
        await place().apply(grant);
        const select = "SELECT * FROM r7names.t";
        assert.equal(await attempt(place().world, who, undefined, select), "ok");
        const [current] = await place().byHand(
          `SELECT COUNT(*) AS n FROM mysql.user WHERE User = '${name}' AND Host = '%'`,
        );
        assert.equal(Number(current.n), 1);
        await assertSettled(place(), { claim }, grant);
        await remove(place(), grant, { claim });
        const [gone] = await place().byHand(`SELECT COUNT(*) AS n FROM mysql.user WHERE User = '${name}'`);
        assert.equal(Number(gone.n), 0);
        if (name === "r7_under_score") await remove(place(), { claim: loginClaim(neighbour) });
        await dropDatabases("r7names");
      });

    for (const quote of ["'", '"', "`", "\\"])
      it(`a login's or role's name with ${quote} is refused early`, async () => {
        const secret = { kind: "password", secret: { name: "orders/r7-quote" } } as const;
        const says = [/quote or backslash/, /remove it/];
        await refused(
          place().world,
          { claim: loginClaim(`r7${quote}x`, { auth: secret }) },
          { code: "InvalidInput", property: "username", says },
        );
        await refused(
          place().world,
          { claim: { kind: "role", name: `r7${quote}x`, deletion: "drop" } },
          { code: "InvalidInput", property: "name", says },
        );
      });

    if (!isMariaDb(version))
      it("with partial_revokes names are literal, and one database is taken out of the whole server", async () => {
        await createDatabases("r7_p_q", "r7XpXq");
        await place().byHand("SET GLOBAL partial_revokes = ON");
        try {
          const literal = onDatabase("r7_p_q");
          await place().apply(literal);
          assert.equal(await read("r7_p_q"), "ok");
          assert.equal(await read("r7XpXq"), refusedTable);
          assert.deepEqual(await rowsOf("db"), [{ db: "r7_p_q" }]);
          await assertSettled(place(), literal);
          await remove(place(), literal);
          assert.deepEqual(await rowsOf("db"), []);

          await place().byHand("GRANT SELECT ON *.* TO 'r7_reader'@'%'");
          const cut: Ask = {
            claim: grantOf("r7_reader", { kind: "database", database: "r7_p_q" }, ["SELECT"], { effect: "revoke" }),
          };
          await place().apply(cut);
          assert.equal(await read("r7_p_q"), refusedTable);
          assert.equal(await read("r7XpXq"), "ok");
          await assertSettled(place(), cut);
          await remove(place(), cut);
          assert.equal(await read("r7_p_q"), "ok");
          await place().byHand("REVOKE SELECT ON *.* FROM 'r7_reader'@'%'");
        } finally {
          await place().byHand("SET GLOBAL partial_revokes = OFF");
        }
        await dropDatabases("r7_p_q", "r7XpXq");
      });
  });
}
