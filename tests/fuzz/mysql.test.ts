import assert from "node:assert/strict";
import fc from "fast-check";
import { nameProblem, type NameKind } from "../../provisioner/access/names";
import { claimProblems } from "../../provisioner/access/validate";
import {
  accountSql,
  databaseLevelSql,
  identifierSql,
  literalSql,
  routineSql,
} from "../../provisioner/engines/mysql/names";
import { DbAccessError } from "../../provisioner/errors";
import { claimsOf, nameCount, namesOf, type Names } from "./claims";
import { hostileText, hostileTexts } from "./hostile";
import { mysqlFacts, mysqlQuestions, mysqlStatements } from "./mysql-statements";
import { scanMysql } from "./mysql-scanner";
import { operationsFor } from "./plans";
import { assertSameShape, plainName, withValues, type Meaning } from "./shape";
import { statementsIn, type Token } from "./token";

const plain = Array.from({ length: nameCount }, (_, at) => plainName(at));
const kinds: NameKind[] = ["login", "database", "relation", "column", "routine"];
const servers = [mysqlFacts("mysql"), mysqlFacts("mysql", true), mysqlFacts("mariadb")];

const oneStatement = (sql: string): Token[] => {
  const tokens = scanMysql(sql);
  assert.equal(statementsIn(tokens).length, 1, sql);
  assert.ok(!tokens.some(({ kind }) => kind === "comment"), sql);
  return tokens;
};

function refusal(run: () => unknown): boolean {
  try {
    run();
    return false;
  } catch (error) {
    assert.ok(error instanceof DbAccessError, String(error));
    return true;
  }
}

const afterwards = (next: readonly Token[], ...values: string[]): boolean =>
  values.every((value, at) => next[at]?.kind === "sign" && next[at].value === value);

/** A routine has no case, and on the level of databases three characters are written with a backslash. */
const meaningOn =
  (partialRevokes: boolean): Meaning =>
  ({ kind, value: template }, values, next) => {
    if (kind === "name" && afterwards(next, ".", "*") && !partialRevokes)
      return withValues(template, values, (name) => name.replace(/[\\_%]/g, "\\$&"));
    const inJson = (name: string): string => JSON.stringify(name).slice(1, -1);
    if (kind === "text" && template.startsWith("{")) return withValues(template, values, inJson);
    return withValues(template, values);
  };

describe("hostile names and texts on MySQL and MariaDB", () => {
  it("are quoted whole, or refused", () => {
    let quoted = 0;
    fc.assert(
      fc.property(hostileText, fc.constantFrom(...servers), (text, facts) => {
        const token = (build: () => string): Token[] | undefined =>
          refusal(build) ? undefined : oneStatement(build());
        const name = token(() => identifierSql(text));
        if (name !== undefined) {
          quoted++;
          assert.deepEqual(name, [{ kind: "name", value: text }]);
        }
        const value = token(() => literalSql(text));
        // A backslash before a wildcard is written twice, so that nothing depends on what LIKE would make of it.
        if (value !== undefined) assert.deepEqual(value, [{ kind: "text", value: text }]);
        const account = token(() => accountSql({ name: text, host: text }, facts));
        if (account !== undefined)
          assert.deepEqual(account, [
            { kind: "text", value: text },
            { kind: "sign", value: "@" },
            { kind: "text", value: text },
          ]);
        const level = token(() => databaseLevelSql(text, facts));
        if (level !== undefined) {
          const [{ value: written }, ...rest] = level;
          assert.ok(afterwards(rest, ".", "*") && rest.length === 2, written);
          if (facts.partialRevokes) assert.equal(written, text);
          else {
            assert.equal(written.replace(/\\([\\_%])/g, "$1"), text);
            assert.doesNotMatch(written.replace(/\\[\\_%]/g, ""), /[\\_%]/);
          }
        }
        const routine = token(() => routineSql(text, `FUNCTION ${text}`));
        if (routine !== undefined)
          assert.deepEqual(
            routine.map((part) => part.value),
            ["function", text, ".", text.toLowerCase()],
          );
      }),
      { numRuns: 20_000 },
    );
    assert.ok(quoted > 4000);
  });

  it("that are no accounts, databases or tables are refused by validation already", () => {
    fc.assert(
      fc.property(hostileText, fc.constantFrom(...servers), (text, facts) => {
        const passes = (kind: NameKind): boolean => nameProblem(kind, text, facts.product) === undefined;
        if (passes("login")) accountSql({ name: text, host: "%" }, facts);
        for (const kind of kinds.slice(1)) if (passes(kind)) identifierSql(text);
      }),
      { numRuns: 20_000 },
    );
  });

  it("in every field of every claim are refused, or arrive in the statements as they are", () => {
    const counts = new Map<string, { sent: number }>();
    const isName = (text: string): boolean =>
      kinds.every((kind) => nameProblem(kind, text, "mysql") === undefined) && text === text.toLowerCase();
    const valid = hostileText.filter(isName);
    const texts = fc.oneof(
      { weight: 3, arbitrary: fc.uniqueArray(valid, { minLength: nameCount, maxLength: nameCount }) },
      { weight: 1, arbitrary: hostileTexts(nameCount) },
    );
    const withHost = (names: Names): Names => ({
      ...names,
      text: names.text.replace(/[^A-Za-z0-9.:%_\-/]/g, "") || "%",
    });
    fc.assert(
      fc.property(texts, fc.constantFrom(...servers), fc.boolean(), (given, facts, plainHost) => {
        const names = plainHost ? withHost(namesOf(given)) : namesOf(given);
        const values = [...given.slice(0, -1), names.text];
        const context = { product: facts.product, secretNamePrefixes: [""], allowGlobalPrivileges: [] };
        const statements = (of: Names, kind: string): string[] =>
          mysqlStatements(operationsFor(facts, of, claimsOf("mysql", of)[kind]), facts);
        for (const [kind, claim] of Object.entries(claimsOf("mysql", names))) {
          const count = counts.get(kind) ?? { sent: 0 };
          counts.set(kind, count);
          if (claimProblems(claim, context).length > 0) continue;
          count.sent++;
          const pair = [statements(namesOf(plain), kind), statements(names, kind)] as const;
          const meaning = meaningOn(facts.partialRevokes);
          assertSameShape(pair, values, scanMysql, (token, all, next) =>
            next.length > 0 && kind.includes("routines") && token.kind === "name"
              ? meaning(token, all.map((value, at) => (at === 4 ? value.toLowerCase() : value)), next)
              : meaning(token, all, next),
          );
          for (const statement of pair[1]) oneStatement(statement);
        }
      }),
      { numRuns: 400 },
    ); // prettier-ignore
    for (const [kind, { sent }] of counts) assert.ok(sent > 50, `${kind}: ${sent}`);
  });

  it("are asked about as they are", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(hostileText, { minLength: nameCount, maxLength: nameCount }),
        fc.constantFrom(...servers),
        async (values, facts) => {
          const expected = await mysqlQuestions(namesOf(plain), facts);
          assertSameShape([expected, await mysqlQuestions(namesOf(values), facts)], values, scanMysql, meaningOn(false));
        },
      ),
      { numRuns: 300 },
    ); // prettier-ignore
  });
});
