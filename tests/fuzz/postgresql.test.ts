import assert from "node:assert/strict";
import fc from "fast-check";
import { claimProblems } from "../../provisioner/access/validate";
import { nameProblem, type NameKind } from "../../provisioner/access/names";
import { dotted, identifier, literal, oid, routine } from "../../provisioner/engines/postgresql/quote";
import { DbAccessError } from "../../provisioner/errors";
import { claimsOf, nameCount, namesOf, type Names } from "./claims";
import { hostileText, hostileTexts } from "./hostile";
import { operationsFor } from "./plans";
import { postgresqlFacts, postgresqlQuestions, postgresqlStatements } from "./postgresql-statements";
import { scanPostgresql } from "./postgresql-scanner";
import { assertSameShape, plainName, withValues, type Meaning } from "./shape";
import { statementsIn, type Token } from "./token";

const plain = Array.from({ length: nameCount }, (_, at) => plainName(at));
const kinds: NameKind[] = ["login", "database", "schema", "relation", "column", "routine", "type"];
const lower = (text: string): string => text.toLowerCase();
const isName = (text: string): boolean =>
  kinds.every((kind) => nameProblem(kind, text, "postgresql") === undefined) && !/^public$/i.test(text);

/** A name or text is itself, but inside of a text that is a signature or JSON. */
const meaning: Meaning = ({ kind, value: template }, values) => {
  if (kind === "text" && template.startsWith('"'))
    return withValues(template, values, (name) => name.replaceAll('"', '""'));
  const inJson = (name: string): string => JSON.stringify(name).slice(1, -1);
  if (kind === "text" && template.startsWith("[{")) return withValues(template, values, inJson);
  return withValues(template, values);
};

const oneStatement = (sql: string): Token[] => {
  const tokens = scanPostgresql(sql);
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

describe("hostile names and texts on PostgreSQL", () => {
  it("are quoted whole, or refused", () => {
    let quoted = 0;
    fc.assert(
      fc.property(hostileText, (text) => {
        const token = (build: (text: string) => string): Token[] | undefined =>
          refusal(() => build(text)) ? undefined : oneStatement(build(text));
        const name = token(identifier);
        if (name !== undefined) {
          quoted++;
          assert.deepEqual(name, [{ kind: "name", value: text }]);
        }
        const value = token(literal);
        if (value !== undefined) assert.deepEqual(value, [{ kind: "text", value: text }]);
        const parameter = token(dotted);
        if (parameter !== undefined) assert.equal(parameter.map((part) => part.value).join(""), text);
        const number = token(oid);
        if (number !== undefined) assert.match(text, /^\d+$/);
        // What validation lets through is never refused later.
        if (isName(text)) assert.ok(name !== undefined && value !== undefined);
      }),
      { numRuns: 20_000 },
    );
    assert.ok(quoted > 5000);
  });

  it("in a routine's signature stay in it", () => {
    let taken = 0;
    const signature = fc.oneof(
      hostileText.map((text) => `${text}(integer)`),
      fc.tuple(hostileText, hostileText).map(([name, type]) => `${name}(${type})`),
      fc.tuple(hostileText, hostileText).map(([name, type]) => `"${name.replaceAll('"', '""')}"("${type.replaceAll('"', '""')}")`),
    ); // prettier-ignore
    fc.assert(
      fc.property(signature, (text) => {
        if (refusal(() => routine("app", text))) return;
        taken++;
        const tokens = oneStatement(routine("app", text));
        assert.deepEqual(tokens.slice(0, 2), [
          { kind: "name", value: "app" },
          { kind: "sign", value: "." },
        ]);
        assert.equal(tokens[2].kind, "name");
        const signs = tokens.map(({ kind, value }) => (kind === "sign" ? value : ""));
        assert.deepEqual(
          [signs.indexOf("("), signs.lastIndexOf("("), signs.indexOf(")")],
          [3, 3, tokens.length - 1],
          text,
        );
        assert.ok(!tokens.some(({ kind }) => kind === "text"), text);
      }),
      { numRuns: 20_000 },
    );
    assert.ok(taken > 1000);
  });

  it("in every field of every claim are refused, or arrive in the statements as they are", () => {
    const sent = new Map<string, number>();
    const valid = hostileText.filter(isName);
    const texts = fc.oneof(
      { weight: 3, arbitrary: fc.uniqueArray(valid, { minLength: nameCount, maxLength: nameCount, selector: lower }) },
      { weight: 1, arbitrary: hostileTexts(nameCount) },
    );
    const context = { product: "postgresql" as const, versionNumber: 170001, secretNamePrefixes: [""] };
    const statements = (names: Names, kind: string): string[] => {
      const claim = claimsOf("postgresql", names)[kind];
      return postgresqlStatements(operationsFor(postgresqlFacts, names, claim), names);
    };
    fc.assert(
      fc.property(texts, fc.constantFrom("log_statement", "app$1_x", undefined), (given, parameter) => {
        // Few texts can be the name of a parameter, in which there is no case and a dot separates two names.
        const values = parameter === undefined ? given : [...given.slice(0, -1), parameter];
        const names = namesOf(values);
        const good = values.every(isName);
        for (const [kind, claim] of Object.entries(claimsOf("postgresql", names))) {
          if (claimProblems(claim, context).length > 0) continue;
          if (kind.includes("parameters") && parameter === undefined) continue;
          // What the claim does not name has to be fit to be on the server as well.
          if (!good && refusal(() => statements(names, kind))) continue;
          const pair = [statements(namesOf(plain), kind), statements(names, kind)] as const;
          assertSameShape(pair, values, scanPostgresql, meaning);
          pair[1].forEach(oneStatement);
          sent.set(kind, (sent.get(kind) ?? 0) + 1);
        }
      }),
      { numRuns: 400 },
    );
    for (const kind of Object.keys(claimsOf("postgresql", namesOf(plain))))
      assert.ok((sent.get(kind) ?? 0) > 50, `${kind} was sent only ${sent.get(kind) ?? 0} times`);
  });

  it("are asked about as they are", () => {
    fc.assert(
      fc.property(fc.uniqueArray(hostileText, { minLength: nameCount, maxLength: nameCount }), (values) => {
        let questions: string[] = [];
        if (refusal(() => void (questions = postgresqlQuestions(namesOf(values))))) return;
        assertSameShape([postgresqlQuestions(namesOf(plain)), questions], values, scanPostgresql, meaning);
      }),
      { numRuns: 500 },
    );
  });
});
