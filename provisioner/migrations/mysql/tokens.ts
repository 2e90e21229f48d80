import type { CommonToken, GrammarModules } from "./grammar-modules";
import { Tokens } from "./token-source";

/** What the server runs, as the grammar's own lexer cuts it up. */
export interface Lexed {
  /** Without comments and white space. */
  tokens: Tokens;
  /** The first line, as far as it has been read, at which the server may read something else than the lexer does. */
  doubt(): number | undefined;
}

/** MySQL's, and MariaDB's own. */
const executable = /^\/\*M?!\d*/;

export function lex(grammar: GrammarModules, text: string): Lexed {
  const { Token } = grammar.antlr;
  const shown = withoutMarks(grammar, text);
  const isDoubtful = doubtOf(grammar, shown);
  const next = reading(grammar, shown);
  let doubt: number | undefined;
  const read = (): CommonToken | undefined => {
    for (let token = next(); token !== undefined; token = next()) {
      if (doubt === undefined && isDoubtful(token)) doubt = token.line;
      if (token.channel === Token.DEFAULT_CHANNEL) return token;
    }
    return undefined;
  };
  return { tokens: new Tokens(read), doubt: () => doubt };
}

/** Offsets in them are of characters and not of UTF-16 units. */
function reading({ antlr, lexer }: GrammarModules, text: string): () => CommonToken | undefined {
  const source = new lexer.MySqlLexer(antlr.CharStreams.fromString(text));
  source.removeErrorListeners();
  return () => {
    const token = source.nextToken() as CommonToken;
    return token.type === antlr.Token.EOF ? undefined : token;
  };
}

/** The server runs what stands in such a comment: only its marks are taken away, so that lines stay what they are. */
function withoutMarks(grammar: GrammarModules, text: string): string {
  if (!/\/\*M?!/.test(text)) return text;
  const { MySqlLexer } = grammar.lexer;
  const characters = [...text];
  const next = reading(grammar, text);
  for (let token = next(); token !== undefined; token = next()) {
    if (token.type !== MySqlLexer.SPEC_MYSQL_COMMENT && token.type !== MySqlLexer.BRACKETED_COMMENT) continue;
    const [mark] = executable.exec(token.text ?? "") ?? [];
    if (mark === undefined) continue;
    characters.fill(" ", token.start, token.start + mark.length);
    characters.fill(" ", token.stop - 1, token.stop + 1);
  }
  return characters.join("");
}

/** Where a string or a comment ends is not the same for the lexer and for every server. */
function doubtOf({ lexer: { MySqlLexer } }: GrammarModules, text: string): (token: CommonToken) => boolean {
  // What a file sets for itself; a server's own setting is not known here.
  const hasPlainBackslashes = /NO_BACKSLASH_ESCAPES/i.test(text);
  const hasQuotedNames = /sql_mode/i.test(text) && /ANSI|ORACLE|MSSQL|DB2|POSTGRESQL|MAXDB/i.test(text);
  return (token) => {
    switch (token.type) {
      // The server takes two dashes for a comment only before white space: 5--1 is arithmetic.
      case MySqlLexer.LINE_COMMENT:
        return /^--[^\s\p{Cc}]/u.test(token.text ?? "");
      // The lexer lets a backslash keep every string open.
      case MySqlLexer.STRING_LITERAL: {
        if (!hasPlainBackslashes && !hasQuotedNames) return false;
        const own = token.text ?? "";
        return own.includes("\\") && !own.startsWith("`") && (hasPlainBackslashes || own.startsWith('"'));
      }
      case MySqlLexer.SINGLE_QUOTE_SYMB:
      case MySqlLexer.DOUBLE_QUOTE_SYMB:
      case MySqlLexer.REVERSE_QUOTE_SYMB:
      case MySqlLexer.ERROR_RECONGNIGION:
        return true;
      default:
        return false;
    }
  };
}
