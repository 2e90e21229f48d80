import assert from "node:assert/strict";
import type { GrantClaim } from "../../provisioner/protocol";
import { changeWords, type Login } from "../support/world";
import { grantOf, type Place } from "./place";
import {
  assertSettled,
  isMariaDb,
  isPostgresql,
  ledgerRows,
  majorOf,
  privilegeStatements,
  remove,
  withoutLedger,
} from "./steps";

/** One state for what is claimed, however it is written; the server's own word for everything is the oracle. */
export function ruleCanonical(place: () => Place, version: string): void {
  const postgresql = isPostgresql(version);

  describe("rule 1: one canonical state", () => {
    let reader: Login;
    const grant = (on: GrantClaim["on"], privileges: string[], more?: Partial<GrantClaim>): GrantClaim =>
      grantOf("r1_reader", on, privileges, more);
    const here = postgresql ? { database: "shop", schema: "public" } : { database: "shop" };
    const account = postgresql ? "r1_hand" : "'r1_hand'@'%'";

    before(async () => {
      const { login, asOwner, byHand } = place();
      reader = await login("r1_reader");
      await asOwner("CREATE TABLE r1_a (id int PRIMARY KEY, note text)");
      await asOwner("CREATE TABLE r1_b (id int PRIMARY KEY, note text)");
      if (postgresql) await asOwner("CREATE FUNCTION r1_total(integer, text) RETURNS int LANGUAGE sql AS 'SELECT 1'");
      else await asOwner("CREATE FUNCTION r1_Total(a INT) RETURNS INT DETERMINISTIC RETURN a");
      await byHand(postgresql ? "CREATE ROLE r1_hand" : `CREATE USER ${account}`);
    });
    after(async () => {
      const { asOwner, byHand } = place();
      await asOwner("DROP TABLE r1_a, r1_b");
      await asOwner(`DROP FUNCTION r1_total${postgresql ? "(integer, text)" : ""}`);
      await byHand(postgresql ? "DROP OWNED BY r1_hand; DROP ROLE r1_hand" : `DROP USER ${account}`);
      await remove(place(), {
        claim: { kind: "login", name: "r1_reader", auth: { kind: "password" }, deletion: "drop" },
      });
    });

    /** What the server itself makes of ALL, granted by hand to somebody else. */
    async function allByHand(kind: "table" | "database"): Promise<string[]> {
      const { asOwner, byHand } = place();
      if (postgresql) {
        const [object, acl] =
          kind === "table"
            ? ["TABLE r1_a", "(SELECT relacl FROM pg_class WHERE oid = 'public.r1_a'::regclass)"]
            : ["DATABASE shop", "(SELECT datacl FROM pg_database WHERE datname = 'shop')"];
        await asOwner(`GRANT ALL ON ${object} TO r1_hand`);
        const rows = await byHand(
          `SELECT privilege_type AS p FROM aclexplode(${acl}) WHERE grantee = 'r1_hand'::regrole ORDER BY 1`,
        );
        await asOwner(`REVOKE ALL ON ${object} FROM r1_hand`);
        return rows.map(({ p }) => String(p));
      }
      const level = kind === "table" ? "shop.r1_a" : "shop.*";
      await byHand(`GRANT ALL ON ${level} TO ${account}`);
      const table = kind === "table" ? "TABLE_PRIVILEGES" : "SCHEMA_PRIVILEGES";
      const rows = await byHand(
        `SELECT PRIVILEGE_TYPE AS p FROM information_schema.${table} WHERE GRANTEE = "${account}" ORDER BY 1`,
      );
      await byHand(`REVOKE ALL ON ${level} FROM ${account}`);
      // Granted by name only: the admin of RDS does not hold it.
      return rows.map(({ p }) => String(p)).filter((privilege) => privilege !== "DELETE HISTORY");
    }

    /** The privileges of one kind of object in the ledger's items of an owner. */
    async function recorded(owner: string, kind: string): Promise<string[]> {
      const rows = await ledgerRows(place(), owner);
      return [
        ...new Set(
          rows
            .flatMap(({ items }) => items)
            .filter((item) => item.kind === kind)
            .map((item) => item.privilege),
        ),
      ].sort();
    }

    it("ALL is the exact list of the server's version, and never stored as a word", async () => {
      const { apply, tables } = place();
      for (const [kind, on] of [
        ["table", tables(["r1_a"])],
        ["database", { kind: "database", database: "shop" }],
      ] as const) {
        const owner = `r1 all of ${kind}`;
        const claim = grant(on, ["ALL"], { reach: false });
        const [result] = await apply({ claim, owner });
        const expected = await allByHand(kind);
        assert.deepEqual(await recorded(owner, kind), expected);
        const words = kind === "table" ? `table ${postgresql ? "public" : "shop"}.r1_a` : "database shop";
        assert.deepEqual(result.outputs?.effective, [`${expected.join(", ")} on ${words}`]);
        for (const { text } of await ledgerRows(place(), owner)) assert.doesNotMatch(text, /\bALL\b/i);
        await assertSettled(place(), { claim, owner });
        await assertSettled(place(), { claim: grant(on, expected, { reach: false }), owner });
        await remove(place(), { claim, owner });
      }
    });

    if (postgresql)
      it("ALL has MAINTAIN where the version has it, and it works", async () => {
        const { apply, tables, attempt } = place();
        const claim = grant(tables(["r1_a"]), ["ALL"]);
        await apply({ claim });
        const has = majorOf(version) >= 17;
        assert.equal((await recorded("test", "table")).includes("MAINTAIN"), has);
        assert.equal(await attempt(reader, "REINDEX TABLE r1_a"), has ? "ok" : "42501");
        assert.equal(await attempt(reader, "TRUNCATE r1_a"), "ok");
        await remove(place(), { claim });
        assert.equal(await attempt(reader, "TRUNCATE r1_a"), "42501");
      });

    it("a template is the same list, however it is composed", async () => {
      const { apply, tables } = place();
      const composed = (...parts: (string | object)[]): GrantClaim => ({
        ...grant(tables(["r1_a"]), []),
        privileges: undefined,
        template: { extends: parts as string[], privileges: ["delete", " Select "] },
      });
      const claim = composed("read", { privileges: ["INSERT", "update"] });
      await apply({ claim });
      assert.deepEqual(await recorded("test", "table"), ["DELETE", "INSERT", "SELECT", "UPDATE"]);
      await assertSettled(place(), { claim: composed({ privileges: ["UPDATE", "insert", "INSERT"] }, "read", "read") });
      await remove(place(), { claim });
      const trusted = { ...claim, template: "trusted_admin", reach: false };
      await apply({ claim: trusted });
      assert.deepEqual(await recorded("test", "table"), await allByHand("table"));
      for (const { text } of await ledgerRows(place(), "test"))
        if (text.includes("r1_reader")) assert.doesNotMatch(text, /\bALL\b/i);
      await assertSettled(place(), { claim: trusted });
      await remove(place(), { claim: trusted });
    });

    const routine = (text: string): GrantClaim["on"] =>
      postgresql
        ? { kind: "routines", ...here, routines: [text] }
        : { kind: "routines", ...here, routines: [{ type: "function", name: text }] };
    const spellings: [what: string, claim: () => GrantClaim, others: () => GrantClaim[]][] = [
      [
        "privileges and names",
        () => grant(place().tables(["r1_a", "r1_b"]), ["INSERT", "SELECT"]),
        () => [
          grant(place().tables(["r1_b", "r1_a"]), ["SELECT", "INSERT"]),
          grant(place().tables(["r1_b", "r1_a", "r1_b"]), [" select ", "Insert", "SELECT"]),
        ],
      ],
      [
        "columns",
        () => grant({ kind: "columns", ...here, table: "r1_a", columns: ["id", "note"] }, ["SELECT", "UPDATE"]),
        () => [
          grant({ kind: "columns", ...here, table: "r1_a", columns: ["note", "id", "note"] }, ["update", "SELECT"]),
        ],
      ],
      [
        "routines",
        () => grant(routine(postgresql ? "r1_total(integer,text)" : "r1_total"), ["EXECUTE"]),
        () =>
          (postgresql ? ["r1_total(int, text)", "r1_total( int4 ,text )"] : ["R1_TOTAL", "r1_Total"]).map((text) =>
            grant(routine(text), ["execute"]),
          ),
      ],
      ...(postgresql
        ? ([
            [
              "TEMPORARY",
              () => grant({ kind: "database", database: "shop" }, ["TEMPORARY", "CREATE"]),
              () => [grant({ kind: "database", database: "shop" }, ["create", "temp", "TEMP"])],
            ],
            [
              "PUBLIC",
              () => ({ ...grant(place().tables(["r1_a"]), ["SELECT"]), grantee: "PUBLIC" }),
              () =>
                ["public", "Public"].map((grantee) => ({ ...grant(place().tables(["r1_a"]), ["SELECT"]), grantee })),
            ],
          ] satisfies typeof spellings)
        : ([
            [
              "ALL PRIVILEGES",
              () => grant(place().tables("*"), ["ALL"]),
              () => [grant(place().tables("*"), ["all  privileges"]), grant(place().tables("*"), ["SELECT", "ALL"])],
            ],
          ] satisfies typeof spellings)),
      ...(isMariaDb(version)
        ? ([
            [
              "renamed privileges",
              () => grant({ kind: "global" }, ["BINLOG MONITOR"]),
              () => [grant({ kind: "global" }, ["replication client"])],
            ],
          ] satisfies typeof spellings)
        : []),
    ];
    for (const [what, claim, others] of spellings)
      it(`order, case and spelling of ${what} make no difference`, async () => {
        await place().apply({ claim: claim() });
        for (const other of others()) await assertSettled(place(), { claim: other });
        await remove(place(), { claim: others()[0] });
      });

    it("the same set granted by hand in other groups leaves only the record to write", async () => {
      const { asOwner, ask, apply, changedBy, tables, attempt } = place();
      const to = postgresql ? "r1_reader" : "'r1_reader'@'%'";
      const name = (table: string): string => (postgresql ? table : `shop.${table}`);
      await asOwner(`GRANT INSERT ON ${name("r1_b")} TO ${to}`);
      await asOwner(`GRANT DELETE, SELECT ON ${name("r1_a")} TO ${to}`);
      await asOwner(`GRANT SELECT ON ${name("r1_b")} TO ${to}`);
      await asOwner(`GRANT DELETE ON ${name("r1_b")} TO ${to}`);
      await asOwner(`GRANT INSERT ON ${name("r1_a")} TO ${to}`);
      if (postgresql)
        await asOwner("GRANT CONNECT ON DATABASE shop TO r1_reader; GRANT USAGE ON SCHEMA public TO r1_reader");
      const claim = grant(tables(["r1_a", "r1_b"]), ["SELECT", "INSERT", "DELETE"]);
      const [planned] = await ask("plan", { claim });
      assert.deepEqual(
        planned.changes.map(({ verb }) => verb),
        ["record"],
        changeWords(planned).join(),
      );
      const statements = await changedBy(() => apply({ claim }));
      assert.ok(statements.length > 0, "the record is written");
      assert.deepEqual(privilegeStatements(statements), []);
      assert.deepEqual(withoutLedger(statements), []);
      await assertSettled(place(), { claim });
      await remove(place(), { claim });
      assert.equal(await attempt(reader, `SELECT * FROM ${name("r1_b")}`), "ok", "what was there before stays");
      await asOwner(`REVOKE SELECT, INSERT, DELETE ON ${name("r1_a")} FROM ${to}`);
      await asOwner(`REVOKE SELECT, INSERT, DELETE ON ${name("r1_b")} FROM ${to}`);
    });
  });
}
