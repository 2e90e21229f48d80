import type { CommonToken, GrammarModules } from "./grammar-modules";
import type { Tokens } from "./token-source";

/** A part of a file's tokens. */
export interface Stretch {
  tokens: Tokens;
  start: number;
  /** Infinity: to the end of the file. */
  end: number;
}

export const isEnd = ({ parser: { MySqlParser } }: GrammarModules, token: CommonToken | undefined): boolean =>
  token?.type === MySqlParser.SEMI;
