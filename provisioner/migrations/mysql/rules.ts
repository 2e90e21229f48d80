import type { Finding, Found } from "../finding";
import { alterations, renamed } from "./alter-rules";
import { isComputed, slowIndex } from "./blocking-rules";
import type { GrammarModules, ParserRuleContext } from "./grammar-modules";
import { find, nameOf } from "./parse";
import type { Statement } from "./statements";

type Classes = GrammarModules["parser"];

/** What a file makes itself. */
interface Making {
  /** Tables that are nobody's yet, as far as the file has come. */
  tables: Set<string>;
  /** What has this kind and name: at which statements the file makes it where it was not there, and last makes it. */
  objects: Map<string, { first?: number; last: number }>;
}

const objectOf = (what: string | undefined, name: string): string => `${what ?? ""} ${name}`;

/** What destroys data or makes others wait, in the order of the file. */
export function findingsOf({ parser }: GrammarModules, file: string, statements: readonly Statement[]): Finding[] {
  const making: Making = { tables: new Set(), objects: new Map() };
  statements.forEach(({ head, what, names }, at) => {
    if (head[0] !== "CREATE") return;
    for (const name of names) {
      const first = making.objects.get(objectOf(what, name))?.first ?? (head[1] === "OR" ? undefined : at);
      making.objects.set(objectOf(what, name), { first, last: at });
    }
  });
  return statements.flatMap((statement, at): Finding[] => {
    const found = lint(parser, statement, making, at);
    const { head, what, names, line } = statement;
    if (head[0] === "CREATE" && what === "TABLE") for (const name of names) making.tables.add(name);
    // One ALTER TABLE may do the same to several columns.
    return [...new Map(found)].map(([kind, words]) => ({ file, kind, words, line }));
  });
}

const unknown: Found = [
  "not-analysed",
  "is not understood here, so that nobody has looked at what this statement destroys or blocks",
];
const open: Found = [
  "not-analysed",
  "is not understood from here to its end, so that nobody has looked at what that destroys or blocks",
];

function lint(classes: Classes, statement: Statement, making: Making, at: number): Found[] {
  const { head, what, names, tree, doubt } = statement;
  if (doubt !== undefined) return [doubt === "open" ? open : unknown];
  const isMade = (tables: readonly string[]): boolean =>
    tables.length > 0 && tables.every((table) => making.tables.has(table));
  switch (head[0]) {
    case "CREATE":
      if (tree !== undefined)
        return find(tree, classes.CreateIndexContext).flatMap((index) => indexed(classes, index, isMade));
      return head[1] === "OR" ? replaced(what, isMade(names)) : [];
    case "DROP": {
      const isOwn = names.every((name) => {
        const { first = at, last = at } = making.objects.get(objectOf(what, name)) ?? {};
        return first < at || last > at;
      });
      return dropped(head, what, isMade(names), names.length > 0 && isOwn);
    }
    case "TRUNCATE":
      return isMade(names) ? [] : [["truncate", "takes every row away, while everybody waits"]];
    case "DELETE":
    case "UPDATE":
      return tree === undefined ? [] : written(classes, tree, isMade);
    case "RENAME":
      return tree === undefined ||
        find(tree, classes.RenameTableClauseContext).every((one) => isMade([nameOf(one.tableName())]))
        ? []
        : [renamed];
    default:
      return (tree === undefined ? [] : find(tree, classes.AlterTableContext)).flatMap((alter) =>
        isMade([nameOf(alter.tableName())]) ? [] : alterations(classes, alter),
      );
  }
}

type Made = (tables: readonly string[]) => boolean;
const later = "let one release run that does not use it first";

function dropped(head: readonly string[], what: string | undefined, isMade: boolean, isOwn: boolean): Found[] {
  if (head[1] === "TEMPORARY") return [];
  switch (what) {
    case "TABLE":
      return isMade ? [] : [["drop-table", `drops a table with its rows; ${later}`]];
    case "DATABASE":
    case "SCHEMA":
      return [["drop-schema", `drops a database; ${later}`]];
    case "INDEX":
    case "PREPARE":
      return [];
    default:
      // A procedure for this file alone; or one that is changed, for which it has to be dropped and made again.
      return isOwn ? [] : [["drop-object", `drops an object; ${later}`]];
  }
}

function replaced(what: string | undefined, isMade: boolean): Found[] {
  if (what === "TABLE" && !isMade) return [["drop-table", `drops the table that is there, with its rows; ${later}`]];
  if (what === "DATABASE" || what === "SCHEMA") return [["drop-schema", `drops the database that is there; ${later}`]];
  return what === "SEQUENCE" ? [["drop-object", "lets a sequence begin anew, with numbers that are in use"]] : [];
}

function indexed(classes: Classes, index: InstanceType<Classes["CreateIndexContext"]>, isMade: Made): Found[] {
  if (isMade([nameOf(index.tableName())]) || index.KW_NONE().length > 0) return [];
  const isSlow = index.KW_FULLTEXT() !== null || index.KW_SPATIAL() !== null || isComputed(classes, index);
  const isAsked = [index.KW_COPY(), index.KW_SHARED(), index.KW_EXCLUSIVE()].some(({ length }) => length > 0);
  if (isSlow) return [slowIndex];
  return isAsked ? [["blocking-index", "asks for a copy or a lock, and writers wait for as long; leave that out"]] : [];
}

function written(classes: Classes, tree: ParserRuleContext, isMade: Made): Found[] {
  const [remove] = find(tree, classes.DeleteStatementContext);
  const [change] = find(tree, classes.UpdateStatementContext);
  const single = remove?.singleDeleteStatement() ?? change?.singleUpdateStatement() ?? undefined;
  const multiple = remove?.multipleDeleteStatement() ?? change?.multipleUpdateStatement() ?? undefined;
  const where = (single ?? multiple)?.KW_WHERE() ?? undefined;
  if (where !== undefined) return [];
  if (single !== undefined) {
    const part = single instanceof classes.SingleDeleteStatementContext ? single.KW_LIMIT() : single.limitClause();
    if (part !== null || isMade([nameOf(single.tableName())])) return [];
  }
  return remove === undefined
    ? [["update-all", "writes every row in one go; do it in parts, outside of the deployment"]]
    : [["delete-all", "deletes every row; say which with WHERE"]];
}
