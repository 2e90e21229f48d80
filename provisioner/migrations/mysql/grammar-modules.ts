import { register } from "node:module";

export type { CharStream, CommonToken, ParserRuleContext, TokenFactory, TokenSource } from "antlr4ng" with {
  "resolution-mode": "import",
};

/**
 * The package is written for bundlers: its modules name each other without their endings, and do not say that they are
 * ES modules. Node is told so, of this package alone.
 */
const hooks = `export async function resolve(specifier, context, next) {
  const inside = /[\\\\/]dt-sql-parser[\\\\/]dist[\\\\/]/.test(context.parentURL ?? "");
  if (specifier === "antlr4ng" && !inside) {
    const { url } = await next("dt-sql-parser/dist/lib/mysql/MySqlLexer.js", context);
    return next(specifier, { ...context, parentURL: url });
  }
  const found = await next(inside && specifier.startsWith(".") ? specifier.replace(/(\\.js)?$/, ".js") : specifier, context);
  return found.url.includes("/dt-sql-parser/") ? { ...found, format: "module" } : found;
}`;

const importModules = async () => ({
  lexer: await import("dt-sql-parser/dist/lib/mysql/MySqlLexer.js"),
  parser: await import("dt-sql-parser/dist/lib/mysql/MySqlParser.js"),
  antlr: await import("antlr4ng"),
});

export type GrammarModules = Awaited<ReturnType<typeof importModules>>;

let isRegistered = false;

/** MySQL's grammar and what runs it. The functions' code has another module in place of this one: see scripts/bundle.js. */
export function loadModules(): Promise<GrammarModules> {
  if (!isRegistered) register(`data:text/javascript,${encodeURIComponent(hooks)}`);
  isRegistered = true;
  return importModules();
}
