import type { GrammarModules, ParserRuleContext } from "./grammar-modules";
import { withoutMariadb } from "./mariadb-syntax";
import { isEnd, type Stretch } from "./stretch";
import { Tokens, TokensFrom } from "./token-source";

/** What the grammar makes of the first of some tokens. */
export interface Parsed {
  tree: ParserRuleContext;
  /** How many of them it took. */
  length: number;
}

type Rule = "singleStatement" | "tableNameCreate";

/** Undefined when the grammar knows no such statement, with and without what MariaDB has beside MySQL. */
export function parseStatement(grammar: GrammarModules, stretch: Stretch): Parsed | undefined {
  const parsed = parseWhole(grammar, stretch);
  if (parsed !== undefined) return parsed;
  const other = withoutMariadb(grammar, stretch);
  if (other === undefined) return undefined;
  const { tokens, places } = other;
  const again = parseWhole(grammar, { tokens: Tokens.of(tokens), start: 0, end: tokens.length });
  return again === undefined
    ? undefined
    : { tree: again.tree, length: (places[again.length] ?? stretch.end) - stretch.start };
}

function parseWhole(grammar: GrammarModules, { tokens, start, end }: Stretch): Parsed | undefined {
  const parsed = parseRule(grammar, { tokens, start, end }, "singleStatement");
  if (parsed === undefined) return undefined;
  const next = start + parsed.length;
  // One that ends before its semicolon is another statement than the server reads.
  return next >= end || tokens.at(next) === undefined || isEnd(grammar, tokens.at(next - 1)) ? parsed : undefined;
}

/** The quick way of reading first, and then the one that looks at everything that stands around. */
export function parseRule(grammar: GrammarModules, stretch: Stretch, rule: Rule): Parsed | undefined {
  const { SLL, LL } = grammar.antlr.PredictionMode;
  return attempt(grammar, stretch, rule, SLL) ?? attempt(grammar, stretch, rule, LL);
}

function attempt(
  { antlr, parser }: GrammarModules,
  { tokens, start, end }: Stretch,
  rule: Rule,
  mode: number,
): Parsed | undefined {
  const stream = new antlr.CommonTokenStream(new TokensFrom(antlr, tokens, start, end));
  const reader = new parser.MySqlParser(stream);
  reader.removeErrorListeners();
  reader.errorHandler = new antlr.BailErrorStrategy();
  reader.interpreter.predictionMode = mode;
  try {
    const tree = reader[rule]();
    return stream.index === 0 ? undefined : { tree, length: stream.index };
  } catch (error) {
    if (error instanceof antlr.ParseCancellationException) return undefined;
    throw error;
  }
}

/** The names in a list, as they stand behind DROP TABLE, without their quotes; empty where they are not understood. */
export function namesIn(grammar: GrammarModules, stretch: Stretch): string[] {
  const { tokens, end } = stretch;
  const names: string[] = [];
  for (let { start } = stretch; ; start += 1) {
    const parsed = parseRule(grammar, { tokens, start, end }, "tableNameCreate");
    if (parsed === undefined) return [];
    names.push(nameOf(parsed.tree));
    start += parsed.length;
    if (tokens.at(start)?.text !== ",") return names;
  }
}

/** Without quotes, so that one name is always the same text. */
export const nameOf = (tree: ParserRuleContext): string => tree.getText().replaceAll(/[`"]/g, "");

/** The outermost ones of this kind. */
export function find<T extends ParserRuleContext>(tree: ParserRuleContext, kind: new (...of: never[]) => T): T[] {
  if (tree instanceof kind) return [tree];
  return (tree.children ?? []).flatMap((child) => ("children" in child ? find(child as ParserRuleContext, kind) : []));
}
