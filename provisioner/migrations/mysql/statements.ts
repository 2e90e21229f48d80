import type { GrammarModules, ParserRuleContext } from "./grammar-modules";
import { namesIn, parseStatement } from "./parse";
import { isEnd, type Stretch } from "./stretch";
import type { Tokens } from "./token-source";
import { bodied, placesOf, upper, wordsOf } from "./words";

/** One statement of a file, as far as it can destroy or block anything. */
export interface Statement {
  /** Of the file, from 1. */
  line: number;
  /** Its first words in upper case. */
  head: string[];
  /** What it creates or drops: TABLE. */
  what?: string;
  /** Of what it creates or drops, as far as they are understood. */
  names: string[];
  /** What the grammar sees in it; undefined where its first words say enough. */
  tree?: ParserRuleContext;
  /** `unknown`: nobody knows what it does. `open`: nor where it ends, so that nothing is known of what follows. */
  doubt?: "unknown" | "open";
}

type Read = Omit<Statement, "line" | "head" | "names"> & { names?: string[]; head?: string[]; length?: number };

const set = (words: string): ReadonlySet<string> => new Set(words.split(" "));

/** These end at the next semicolon, and destroy nothing that a file could be asked about. */
const plain = set(
  "INSERT REPLACE SELECT VALUES TABLE ( CALL DO USE START COMMIT ROLLBACK SAVEPOINT RELEASE LOCK UNLOCK SHOW CHECK " +
    "CHECKSUM OPTIMIZE REPAIR FLUSH GRANT REVOKE HANDLER LOAD SIGNAL RESIGNAL KILL XA HELP DEALLOCATE DESCRIBE DESC GET ;",
);
const objects = set(
  "PROCEDURE FUNCTION TRIGGER EVENT PACKAGE TABLE VIEW INDEX SEQUENCE DATABASE SCHEMA USER ROLE SERVER",
);

/** What can destroy or block, or is not understood, in the order of the file, up to where nobody knows any more. */
export function statementsOf(grammar: GrammarModules, tokens: Tokens): Statement[] {
  const statements: Statement[] = [];
  for (let start = 0; ; tokens.forget(start)) {
    const first = tokens.at(start);
    if (first === undefined) return statements;
    if (plain.has(upper(first))) {
      start = behind(grammar, tokens, start, true);
      continue;
    }
    const own = { tokens, start, end: behind(grammar, tokens, start, false) };
    const { length = own.end - start, names = [], head = wordsOf(own), ...read } = readStatement(grammar, own);
    statements.push({ ...read, names, head, line: first.line });
    if (read.doubt === "open") return statements;
    start += length;
  }
}

/** Where the next statement begins, when this one has no body. */
function behind(grammar: GrammarModules, tokens: Tokens, start: number, isForgotten: boolean): number {
  for (let at = start; ; at++) {
    const token = tokens.at(at);
    if (token === undefined) return at;
    if (isEnd(grammar, token)) return at + 1;
    if (isForgotten) tokens.forget(at);
  }
}

function readStatement(grammar: GrammarModules, own: Stretch): Read {
  const head = wordsOf(own);
  const [verb = "", second = ""] = head;
  if (plain.has(verb)) return {};
  switch (verb) {
    case "CREATE":
      return readCreate(grammar, own, head);
    case "ALTER":
      return readAlter(grammar, own, head);
    case "DROP":
      return readDrop(grammar, own, head);
    case "TRUNCATE":
      return { names: namesIn(grammar, { ...own, start: own.start + (second === "TABLE" ? 2 : 1) }) };
    case "DELETE":
    case "UPDATE":
    case "RENAME":
      return parsed(grammar, own);
    case "WITH":
      return readInside(grammar, own, set("SELECT UPDATE DELETE"), 0);
    case "SET":
      // MariaDB: SET STATEMENT … FOR another statement.
      return second === "STATEMENT" ? readInside(grammar, own, set("FOR"), 1) : {};
    case "BEGIN":
      // MariaDB's BEGIN NOT ATOMIC is a block of statements.
      return second === "NOT" ? { doubt: "open" } : {};
    case "ANALYZE":
      return ["TABLE", "LOCAL", "NO_WRITE_TO_BINLOG"].includes(second) ? {} : { doubt: "unknown" };
    case "EXPLAIN":
      return second === "ANALYZE" ? { doubt: "unknown" } : {};
    case "EXECUTE":
      return second === "IMMEDIATE" ? { doubt: "unknown" } : {};
    case "PREPARE":
      return { doubt: "unknown" };
    default:
      return { doubt: "open" };
  }
}

const parsed = (grammar: GrammarModules, own: Stretch): Read => parseStatement(grammar, own) ?? { doubt: "unknown" };

function readInside(grammar: GrammarModules, own: Stretch, wanted: ReadonlySet<string>, skipped: number): Read {
  const [found] = placesOf(own, wanted);
  if (found === undefined) return { doubt: "unknown" };
  const inner = { ...own, start: found.at + skipped };
  // Both end at the same semicolon.
  return { head: wordsOf(inner), ...readStatement(grammar, inner), length: own.end - own.start };
}

function readCreate(grammar: GrammarModules, own: Stretch, head: readonly string[]): Read {
  const at = head.findIndex((word) => objects.has(word));
  const what = head[at];
  if (what === undefined) return { doubt: "open" };
  const isNew = head[at + 1] !== "IF";
  const created = { what, names: isNew ? namesIn(grammar, { ...own, start: own.start + at + 1 }).slice(0, 1) : [] };
  if (bodied.has(what)) {
    const whole = parseStatement(grammar, { ...own, end: Infinity });
    return whole === undefined ? { doubt: "open" } : { ...created, length: whole.length };
  }
  return what === "INDEX" ? parsed(grammar, own) : created;
}

function readAlter(grammar: GrammarModules, own: Stretch, head: readonly string[]): Read {
  const what = head.slice(1).find((word) => objects.has(word));
  if (what === "TABLE") return parsed(grammar, own);
  if (what !== "EVENT") return {};
  const whole = parseStatement(grammar, { ...own, end: Infinity });
  return whole === undefined ? { doubt: "open" } : { length: whole.length };
}

function readDrop(grammar: GrammarModules, own: Stretch, head: readonly string[]): Read {
  const at = head[1] === "TEMPORARY" ? 2 : 1;
  const what = head[at] === "TABLES" ? "TABLE" : head[at];
  const skipped = head[at + 1] === "IF" ? 3 : 1;
  return { what, names: namesIn(grammar, { ...own, start: own.start + at + skipped }) };
}
