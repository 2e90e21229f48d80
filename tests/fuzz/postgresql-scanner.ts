import { Scanner, Unreadable, type Token } from "./token";

const escapes: Record<string, string> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/** Inside E'': source "String Constants With C-Style Escapes" of the PostgreSQL documentation (4.1.2.2). */
function escaped(scanner: Scanner): string {
  const numeric = scanner.take(/x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-7]{1,3})/y);
  if (numeric !== null) {
    const [, hex, short, long, octal] = numeric;
    return String.fromCodePoint(octal === undefined ? parseInt(hex ?? short ?? long, 16) : parseInt(octal, 8));
  }
  if (scanner.atEnd) throw new Unreadable("a backslash without an end");
  const character = scanner.sql[scanner.position++];
  return escapes[character] ?? character;
}

function comment(scanner: Scanner): Token | undefined {
  const line = scanner.take(/--[^\n\r]*/y);
  if (line !== null) return { kind: "comment", value: line[0] };
  if (!scanner.looksAt("/*")) return undefined;
  const start = scanner.position;
  let depth = 0;
  do {
    if (scanner.take(/\/\*/y) !== null) depth++;
    else if (scanner.take(/\*\//y) !== null) depth--;
    else scanner.position++;
    if (scanner.atEnd && depth > 0) throw new Unreadable(`a comment without an end in ${scanner.sql}`);
  } while (depth > 0);
  return { kind: "comment", value: scanner.sql.slice(start, scanner.position) };
}

function dollarQuoted(scanner: Scanner): Token | undefined {
  const tag = scanner.take(/\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y);
  if (tag === null) return undefined;
  const end = scanner.sql.indexOf(tag[0], scanner.position);
  if (end < 0) throw new Unreadable(`a text ${tag[0]} without an end in ${scanner.sql}`);
  const value = scanner.sql.slice(scanner.position, end);
  scanner.position = end + tag[0].length;
  return { kind: "text", value };
}

function quotedToken(scanner: Scanner): Token | undefined {
  if (scanner.take(/[eE]'/y) !== null) return { kind: "text", value: scanner.quoted("'", escaped) };
  // Their escapes are not looked into: nothing of ours may be written with them.
  if (scanner.take(/[uU]&["']|[bBxXnN]'/y) !== null)
    throw new Unreadable(`a form of text we never use in ${scanner.sql}`);
  if (scanner.take(/'/y) !== null) return { kind: "text", value: scanner.quoted("'") };
  if (scanner.take(/"/y) !== null) return { kind: "name", value: scanner.quoted('"') };
  return undefined;
}

/** By the rules of PostgreSQL's scan.l, with `standard_conforming_strings` on, as every session of ours has it. */
export function scanPostgresql(sql: string): Token[] {
  const scanner = new Scanner(sql);
  const tokens: Token[] = [];
  const next = (): Token => {
    const special = comment(scanner) ?? quotedToken(scanner) ?? dollarQuoted(scanner);
    if (special !== undefined) return special;
    const word = scanner.take(/[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y);
    if (word !== null) return { kind: "word", value: word[0].toLowerCase() };
    const number = scanner.take(/\$?\d+(?:\.\d+)?/y);
    if (number !== null) return { kind: "number", value: number[0] };
    return { kind: "sign", value: String.fromCodePoint(sql.codePointAt(scanner.position++) ?? 0) };
  };
  for (;;) {
    scanner.take(/[ \t\n\r\f\v]+/y);
    if (scanner.atEnd) return tokens;
    tokens.push(next());
  }
}
