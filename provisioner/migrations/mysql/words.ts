import type { CommonToken } from "./grammar-modules";
import type { Stretch } from "./stretch";

/** What CREATE makes that has a body with statements of its own. */
export const bodied: ReadonlySet<string> = new Set(["PROCEDURE", "FUNCTION", "TRIGGER", "EVENT", "PACKAGE"]);

/** What stands before the name of what is made: OR REPLACE ALGORITHM = MERGE DEFINER = `a`@`b` SQL SECURITY DEFINER. */
const longestHead = 20;

export const upper = (token: CommonToken | undefined): string => (token?.text ?? "").toUpperCase();

/** The first words of a statement, with its semicolon where it comes so early. */
export function wordsOf({ tokens, start, end }: Stretch): string[] {
  const words: string[] = [];
  for (let at = start; at < end && words.length < longestHead && words.at(-1) !== ";"; at++) {
    const token = tokens.at(at);
    if (token === undefined) break;
    words.push(upper(token));
  }
  return words;
}

/** Where a word stands outside of brackets, counted from the start. */
export function placesOf({ tokens, start, end }: Stretch, wanted: ReadonlySet<string>): { word: string; at: number }[] {
  const found: { word: string; at: number }[] = [];
  for (let at = start, depth = 0; at < end; at++) {
    const word = upper(tokens.at(at));
    if (word === "(") depth += 1;
    else if (word === ")") depth -= 1;
    else if (depth === 0 && wanted.has(word)) found.push({ word, at });
  }
  return found;
}
