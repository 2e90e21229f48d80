import assert from "node:assert/strict";
import { nameProblem, type NameKind } from "../../provisioner/access/names";
import type { Claim, GrantClaim, Target } from "../../provisioner/protocol";
import { unchangedBy } from "../support/refusal";
import { messagesSince } from "../support/server-log";
import { apply, ask, attempt, byHand, logMark, secretOf, startWorld, type World } from "../support/world";
import { scanMysql } from "./mysql-scanner";
import { scanPostgresql } from "./postgresql-scanner";
import type { Token } from "./token";

/** In every name, so that it is seen wherever one ends up. */
const canary = "zq7";
const hostile = [
  '"a', "'b", "\\c", "`d", "%_e", ";--f", "/*g*/", "$$h", "é名😀", "E'i", ".j", "(k)", "@'%'l", "# m", "?n", "Upper O",
  `", "p`, `'; DROP DATABASE postgres; --`, "${r}", "x".repeat(20),
].map((tail) => `${canary}${tail}`); // prettier-ignore

const startsStatement = new Set(
  ["select", "with", "begin", "commit", "rollback", "grant", "revoke", "create", "alter", "drop", "comment", "insert"].concat(
    ["update", "delete", "replace", "set", "reset", "rename", "show", "start", "prepare", "execute", "deallocate", "lock", "unlock", "call"],
  ),
); // prettier-ignore

/** Names that mean something else wherever they are not quoted, on one server: its catalog and its log say what became of them. */
export function hostileNamesOn(version: string): void {
  describe(`hostile names on a real server, ${version}`, () => {
    let world: World;
    const postgresql = version.startsWith("postgresql");
    const product = version.split("@")[0] as World["product"];
    const scan = postgresql ? scanPostgresql : scanMysql;
    const id = (name: string): string =>
      postgresql ? `"${name.replaceAll('"', '""')}"` : `\`${name.replaceAll("`", "``")}\``;
    const text = (value: string): string =>
      postgresql ? `'${value.replaceAll("'", "''")}'` : `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

    /** The name where it can be one of that kind; otherwise one without anything in it. */
    const named = (kind: NameKind, name: string): string =>
      nameProblem(kind, name, product) === undefined
        ? name
        : `${name[0]}${canary}plain${hostile.indexOf(name.slice(1))}`;
    const namesFor = (name: string) => ({
      owner: named("role", `o${name}`),
      login: named("login", `l${name}`),
      database: named("database", `d${name}`),
      schema: named("schema", `s${name}`),
      table: named("relation", `t${name}`),
      column: named("column", `c${name}`),
      routine: named("routine", `r${name}`),
    });
    type Names = ReturnType<typeof namesFor>;
    const principals = ({ owner, login, database, schema }: Names): Claim[] => [
      { kind: "role", name: owner, deletion: "drop" },
      { kind: "database", name: database, owner, deletion: "drop" },
      { kind: "login", name: login, auth: { kind: "password", secret: { name: `orders/${Buffer.from(login).toString("hex")}`, recoveryDays: 0 } }, deletion: "drop" },
      ...(postgresql ? [{ kind: "schema", database, name: schema, owner, deletion: "drop" } as const] : []),
    ]; // prettier-ignore
    const grants = ({ owner, login, database, schema, table, column, routine }: Names): GrantClaim[] => {
      const at = postgresql ? { database, schema } : { database };
      const targets: [Target, string[]][] = [
        [{ kind: "database", database }, ["CREATE"]],
        [{ kind: "tables", ...at, tables: [table] }, ["INSERT"]],
        [{ kind: "columns", ...at, table, columns: [column] }, ["SELECT"]],
        postgresql
          ? [{ kind: "routines", ...at, routines: [`${id(routine)}(integer)`] }, ["EXECUTE"]]
          : [{ kind: "routines", database, routines: [{ type: "function", name: routine }] }, ["EXECUTE"]],
      ];
      if (postgresql)
        targets.push(
          [{ kind: "types", ...at, types: [`m${routine}`] }, ["USAGE"]],
          [{ kind: "sequences", ...at, sequences: "*", future: { createdBy: [owner] } }, ["USAGE"]],
        );
      return targets.map(([on, privileges]) => ({ kind: "grant", grantee: login, on, privileges, mode: "additive" }));
    };

    /** Nothing of a name is outside of quotes, and a name between them is one of those there are, whole. */
    function assertQuoted(mark: number, known: ReadonlySet<string>): void {
      const sent = messagesSince(world.server, mark);
      assert.ok(sent.some((message) => message.includes(canary)));
      for (const message of sent) {
        const tokens = scan(message);
        const first = (at: number): boolean => at === 0 || (tokens[at - 1].kind === "sign" && tokens[at - 1].value === ";");
        tokens.forEach((token, at) => {
          if (first(at)) assert.ok(startsStatement.has(token.value), `${token.value} begins a statement in ${message}`);
          assertToken(token, message, known);
        });
      }
    } // prettier-ignore
    function assertToken({ kind, value }: Token, message: string, known: ReadonlySet<string>): void {
      if (!value.toLowerCase().includes(canary)) return;
      assert.ok(kind === "name" || kind === "text", `${value} is not quoted in ${message}`);
      if (kind !== "name") return;
      // On the level of databases MySQL reads three characters as a pattern, unless there is a backslash before them.
      const plain = postgresql ? value : value.replace(/\\([\\_%])/g, "$1");
      assert.ok(known.has(value) || known.has(plain), `${value} is none of the names, in ${message}`);
    }

    before(async () => {
      world = await startWorld(version);
    });
    after(() => world.stop());

    const makeObjects = ({ owner, database, schema, table, column, routine }: Names): Promise<unknown> =>
      byHand(
        world,
        database,
        postgresql
          ? `SET ROLE ${id(owner)}; SET search_path = ${id(schema)}; CREATE TABLE ${id(table)} (${id(column)} int); CREATE SEQUENCE ${id(`q${routine}`)};
             CREATE TYPE ${id(`m${routine}`)} AS ENUM (); CREATE FUNCTION ${id(routine)}(integer) RETURNS int LANGUAGE sql AS 'SELECT 1';
             REVOKE EXECUTE ON ALL ROUTINES IN SCHEMA ${id(schema)} FROM PUBLIC`
          : `CREATE TABLE ${id(table)} (${id(column)} int); CREATE FUNCTION ${id(routine)}() RETURNS int DETERMINISTIC RETURN 1`,
      );

    const existing = async (): Promise<string[]> =>
      (
        await byHand(
          world,
          undefined,
          postgresql
            ? `SELECT rolname AS name FROM pg_roles WHERE rolname ILIKE '%${canary}%' UNION ALL SELECT datname FROM pg_database WHERE datname ILIKE '%${canary}%'`
            : `SELECT CAST(User AS CHAR) AS name FROM mysql.user WHERE User LIKE '%${canary}%' UNION ALL SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE '%${canary}%'`,
        )
      )
        .map(({ name }) => String(name))
        .sort(); // prettier-ignore

    for (const name of hostile)
      it(`${JSON.stringify(name)} is itself everywhere`, async () => {
        const names = namesFor(name);
        const { owner, login, database, schema, table, column, routine } = names;
        const known = new Set([...Object.values(names), `m${routine}`, routine.toLowerCase(), `q${routine}`]);
        const mark = logMark(world);
        const results = await apply(world, ...principals(names).map((claim) => ({ claim })));
        assert.deepEqual(await existing(), [owner, login, database].sort());
        await makeObjects(names);
        const asks = grants(names).map((claim) => ({ claim }));
        await apply(world, ...asks);

        const { username, password } = await secretOf(world, results[2].outputs?.secretArn ?? "");
        assert.equal(username, login);
        const person = { user: username, password };
        const where = postgresql ? `${id(schema)}.` : "";
        const outcome = (sql: string): Promise<string> => attempt(world, person, database, sql);
        assert.equal(await outcome(`SELECT ${id(column)} FROM ${where}${id(table)}`), "ok");
        assert.equal(await outcome(`INSERT INTO ${where}${id(table)} VALUES (1)`), "ok");
        assert.equal(await outcome(`SELECT ${where}${id(routine)}(${postgresql ? "1" : ""})`), "ok");
        assert.notEqual(await outcome(`DELETE FROM ${where}${id(table)}`), "ok");

        for (const result of await apply(world, ...asks)) assert.equal(result.status, "unchanged", JSON.stringify(result));
        for (const claim of [...grants(names), ...principals(names).reverse()].filter(({ kind }) => kind !== "schema"))
          await apply(world, { claim, action: "remove" });
        assert.deepEqual(await existing(), []);
        assertQuoted(mark, known);
      }); // prettier-ignore

    it("what is no name is refused before anything is done", async () => {
      const claims = [...hostile, `${canary}\n`, `${canary}\u0000`, `${canary}\u202e`, ` ${canary}`, canary + "x".repeat(130)]
        .map((name): Claim => ({ kind: "role", name, deletion: "drop" }))
        .filter((claim) => nameProblem("role", "name" in claim ? claim.name : "", product) !== undefined);
      assert.ok(claims.length >= 5);
      await unchangedBy(world, async () => {
        for (const result of await ask(world, "apply", claims.map((claim) => ({ claim }))))
          assert.ok(["InvalidInput", "NameTooLong"].includes(result.error?.code ?? ""), JSON.stringify(result));
      });
    }); // prettier-ignore

    it("texts that are no names arrive as they are", async () => {
      const login = `${canary}texts`;
      const mark = logMark(world);
      const owner = `stack/'; DROP ROLE dbadmin; -- "\\ ${canary}`;
      const claim: Claim = {
        ...{ kind: "login", name: login, auth: { kind: "password", secret: { recoveryDays: 0 } }, deletion: "drop" },
        ...(postgresql
          ? { settings: { application_name: `'; -- \\ " ${canary}`, search_path: `"${canary}""; --", public` } }
          : {}),
      };
      await apply(world, { claim, owner });
      for (const result of await apply(world, { claim, owner })) assert.equal(result.status, "unchanged");
      if (postgresql) {
        const sql = `SELECT setconfig::text[] AS settings, shobj_description(r.oid, 'pg_authid') AS comment FROM pg_roles r JOIN pg_db_role_setting s ON s.setrole = r.oid WHERE rolname = ${text(login)}`;
        const [{ settings, comment }] = await byHand(world, undefined, sql);
        assert.deepEqual(settings, [`application_name='; -- \\ " ${canary}`, `search_path="${canary}""; --", public`]);
        assert.ok(String(comment).includes(owner));
      }
      await apply(world, { claim, owner, action: "remove" });
      assertQuoted(mark, new Set([login]));
    });
  });
}
