import { Scanner, Unreadable, type Token } from "./token";

const escapes: Record<string, string> = { "0": "\0", b: "\b", n: "\n", r: "\r", t: "\t", Z: "\u001a" };

/** Source: "String Literals" of the MySQL reference manual, table 11.1. `\%` and `\_` keep their backslash. */
function escaped(scanner: Scanner): string {
  if (scanner.atEnd) throw new Unreadable("a backslash without an end");
  const character = scanner.sql[scanner.position++];
  if (character === "%" || character === "_") return `\\${character}`;
  return escapes[character] ?? character;
}

function comment(scanner: Scanner): Token | undefined {
  // A -- begins a comment only before white space; without it, it is two signs.
  const line = scanner.take(/#[^\n]*|--(?=[\s\p{Cc}]|$)[^\n]*/uy);
  if (line !== null) return { kind: "comment", value: line[0] };
  if (scanner.take(/\/\*/y) === null) return undefined;
  const end = scanner.sql.indexOf("*/", scanner.position);
  if (end < 0) throw new Unreadable(`a comment without an end in ${scanner.sql}`);
  const value = scanner.sql.slice(scanner.position, end);
  scanner.position = end + 2;
  return { kind: "comment", value };
}

/** By the rules of sql_lex.cc, without ANSI_QUOTES and NO_BACKSLASH_ESCAPES, as every session of ours sets its sql_mode. */
export function scanMysql(sql: string): Token[] {
  const scanner = new Scanner(sql);
  const tokens: Token[] = [];
  const next = (): Token => {
    const found = comment(scanner);
    if (found !== undefined) return found;
    if (scanner.take(/`/y) !== null) return { kind: "name", value: scanner.quoted("`") };
    if (scanner.take(/[nNxXbB]'|_[a-z0-9]+\s*'/y) !== null)
      throw new Unreadable(`a form of text we never use in ${sql}`);
    const quote = scanner.take(/['"]/y);
    if (quote !== null) return { kind: "text", value: scanner.quoted(quote[0], escaped) };
    const number = scanner.take(/0x[0-9A-Fa-f]+|\d+(?:\.\d+)?(?![\w$])/y);
    if (number !== null) return { kind: "number", value: number[0] };
    const word = scanner.take(/[\w$\u0080-\uffff]+/y);
    if (word !== null) return { kind: "word", value: word[0].toLowerCase() };
    return { kind: "sign", value: String.fromCodePoint(sql.codePointAt(scanner.position++) ?? 0) };
  };
  for (;;) {
    scanner.take(/[ \t\n\r\f\v]+/y);
    if (scanner.atEnd) return tokens;
    tokens.push(next());
  }
}
