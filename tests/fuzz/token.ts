/** One token as the server's own scanner would cut it. */
export interface Token {
  kind: "word" | "name" | "text" | "number" | "sign" | "comment";
  /** What it stands for: quotes and escapes are resolved, words are in lower case. */
  value: string;
}

/** The statement ends inside a quote or a comment, or has what no server reads. */
export class Unreadable extends Error {}

/** Cuts SQL into tokens, remembering where it is. */
export class Scanner {
  position = 0;

  constructor(readonly sql: string) {}

  get atEnd(): boolean {
    return this.position >= this.sql.length;
  }

  /** What the sticky expression matches here, and moves behind it. */
  take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.sql);
    if (found !== null) this.position += found[0].length;
    return found;
  }

  looksAt(text: string): boolean {
    return this.sql.startsWith(text, this.position);
  }

  /** Behind the closing quote, where a doubled one stands for itself and `escape` makes of a backslash what it means. */
  quoted(quote: string, escape?: (scanner: Scanner) => string): string {
    let value = "";
    for (;;) {
      if (this.atEnd) throw new Unreadable(`a quote ${quote} without an end in ${this.sql}`);
      const character = this.sql[this.position++];
      if (character === quote) {
        if (this.sql[this.position] !== quote) return value;
        this.position++;
        value += quote;
      } else if (character === "\\" && escape !== undefined) value += escape(this);
      else value += character;
    }
  }
}

/** The statements of one message: what lies between semicolons. */
export function statementsIn(tokens: readonly Token[]): Token[][] {
  const statements: Token[][] = [[]];
  for (const token of tokens)
    if (token.kind === "sign" && token.value === ";") statements.push([]);
    else statements[statements.length - 1].push(token);
  return statements.filter((statement) => statement.length > 0);
}
