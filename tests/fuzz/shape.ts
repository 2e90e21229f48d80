import assert from "node:assert/strict";
import type { Token } from "./token";

export type Scan = (sql: string) => Token[];

/** Names as they are in a statement made of plain ones, so that it can be seen where each of them went. */
export const plainName = (at: number): string => `plainname${at}x`;
const plainNames = /plainname(\d+)x/g;

/** A text made with plain names, with the values instead of them, each written as `write` does. */
export const withValues = (
  template: string,
  values: readonly string[],
  write: (value: string) => string = (value) => value,
): string => template.replace(plainNames, (_all, at: string) => write(values[Number(at)]));

/** What a token that has plain names in it has to stand for instead. `next`: the tokens behind it. */
export type Meaning = (token: Token, values: readonly string[], next: readonly Token[]) => string;

/**
 * Proves that hostile values change nothing about a statement but the values: made with plain names and made with
 * hostile ones it has the same tokens, and where there is a plain name there is the hostile value instead of it, whole.
 */
export function assertSameShape(
  [plain, hostile]: readonly [readonly string[], readonly string[]],
  values: readonly string[],
  scan: Scan,
  meaning: Meaning,
): void {
  assert.equal(hostile.length, plain.length, "as many statements");
  plain.forEach((statement, at) => {
    const expected = scan(statement);
    const found = scan(hostile[at]);
    const context = `${JSON.stringify(hostile[at])}\nwhich should be like ${statement}`;
    assert.equal(found.length, expected.length, context);
    expected.forEach((token, index) => {
      const named = token.value.search(plainNames) >= 0;
      assert.ok(!named || token.kind === "name" || token.kind === "text", `a name without quotes in ${context}`);
      const value = named ? meaning(token, values, expected.slice(index + 1)) : token.value;
      assert.deepEqual(found[index], { kind: token.kind, value }, context);
    });
  });
}
