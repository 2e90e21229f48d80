import type { CommonToken, GrammarModules } from "./grammar-modules";
import type { Stretch } from "./stretch";
import { bodied, placesOf, upper, wordsOf } from "./words";

/** Tokens without what MySQL's grammar does not know, and where in the file each of them stood. */
export interface Adapted {
  tokens: CommonToken[];
  places: number[];
}

/**
 * What MariaDB has beside MySQL's syntax, and what does not change which rows and columns a statement is about, is left
 * out or replaced. Undefined when nothing of it is there.
 */
export function withoutMariadb({ parser: { MySqlParser } }: GrammarModules, stretch: Stretch): Adapted | undefined {
  const { tokens, start, end } = stretch;
  const head = wordsOf(stretch);
  // A routine's body is left as it is.
  const isBodied = head[0] === "CREATE" && head.some((word) => bodied.has(word));
  const types: Readonly<Record<string, number>> = isBodied
    ? {}
    : {
        UUID: MySqlParser.KW_TEXT,
        INET4: MySqlParser.KW_TEXT,
        INET6: MySqlParser.KW_TEXT,
        VECTOR: MySqlParser.KW_TEXT,
        PERSISTENT: MySqlParser.KW_STORED,
        // A NOCOPY that the server cannot keep is refused by it, as INPLACE is.
        NOCOPY: MySqlParser.KW_INPLACE,
      };
  const left = new Set([...modesOf(head).map((at) => start + at), ...(isBodied ? [] : besides(stretch))]);
  const adapted: Adapted = { tokens: [], places: [] };
  let isOther = left.size > 0;
  for (let at = start; at < end; at++) {
    const token = tokens.at(at);
    if (token === undefined) break;
    if (left.has(at)) continue;
    const word = upper(token);
    // uuid() is a function.
    const type = word === "UUID" && upper(tokens.at(at + 1)) === "(" ? undefined : types[word];
    isOther ||= type !== undefined;
    adapted.tokens.push(type === undefined ? token : token.cloneWithType(type));
    adapted.places.push(at);
  }
  return isOther ? adapted : undefined;
}

/** CREATE OR REPLACE, ALTER ONLINE TABLE. */
function modesOf(head: readonly string[]): number[] {
  if (head[0] === "CREATE") return head[1] === "OR" ? [1, 2] : [];
  if (head[0] !== "ALTER") return [];
  const table = head.indexOf("TABLE");
  return [1, 2].filter((at) => at < table && ["ONLINE", "OFFLINE", "IGNORE"].includes(head[at] ?? ""));
}

const wanted = new Set(["IF", "NOWAIT", "WAIT", "RETURNING"]);

/** IF EXISTS, IF NOT EXISTS, how long to wait, and what a DELETE answers. */
function besides(stretch: Stretch): number[] {
  const { tokens, end } = stretch;
  return placesOf(stretch, wanted).flatMap(({ word, at }) => {
    const next = upper(tokens.at(at + 1));
    if (word === "IF") return next === "NOT" ? [at, at + 1, at + 2] : next === "EXISTS" ? [at, at + 1] : [];
    if (word === "WAIT") return /^\d+$/.test(next) ? [at, at + 1] : [];
    if (word === "NOWAIT") return [at];
    return Array.from({ length: end - at }, (_, more) => at + more).filter((place) => upper(tokens.at(place)) !== ";");
  });
}
