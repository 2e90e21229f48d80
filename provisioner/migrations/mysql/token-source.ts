import type { CharStream, CommonToken, GrammarModules, TokenFactory, TokenSource } from "./grammar-modules";

/** The tokens of a file, read as they are asked for: a file may be full of rows, and only some of it is of interest. */
export class Tokens {
  private readonly kept: CommonToken[] = [];
  private forgotten = 0;

  constructor(private readonly read: () => CommonToken | undefined) {}

  static of(list: readonly CommonToken[]): Tokens {
    const rest = list.values();
    return new Tokens(() => rest.next().value);
  }

  /** Undefined behind the last. */
  at(place: number): CommonToken | undefined {
    while (this.forgotten + this.kept.length <= place) {
      const token = this.read();
      if (token === undefined) return undefined;
      this.kept.push(token);
    }
    return this.kept[place - this.forgotten];
  }

  /** Nobody asks for those before this place any more. */
  forget(place: number): void {
    this.at(place - 1);
    this.kept.splice(0, place - this.forgotten);
    this.forgotten = place;
  }
}

/** For a parser that begins in the middle of a file. It gets copies: it counts them anew. */
export class TokensFrom implements TokenSource {
  line = 0;
  _tokenStartColumn = 0;
  readonly inputStream: CharStream | null = null;
  readonly sourceName = "";

  constructor(
    private readonly antlr: GrammarModules["antlr"],
    private readonly tokens: Tokens,
    private next: number,
    private readonly end: number,
  ) {}

  get tokenFactory(): TokenFactory<CommonToken> {
    return this.antlr.CommonTokenFactory.DEFAULT;
  }

  nextToken(): CommonToken {
    const { antlr, next, end } = this;
    const token = next < end ? this.tokens.at(next) : undefined;
    this.next += 1;
    return token?.clone() ?? new antlr.CommonToken(antlr.CommonToken.EMPTY_SOURCE, antlr.Token.EOF, 0, -1, -1);
  }
}
