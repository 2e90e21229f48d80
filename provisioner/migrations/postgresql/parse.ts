import { loadParser } from "../parser-missing";

/** One statement of a file, as the server's own grammar (that of PostgreSQL 18) sees it. */
export interface Statement {
  /** The grammar's name of it: `CreateStmt`. */
  node: string;
  body: Node;
  /** Of the file, from 1. */
  line: number;
  text: string;
}

/** A node of the tree. What is false, empty or the default is left out of it. */
export type Node = Readonly<Record<string, unknown>>;

export interface SyntaxProblem {
  line: number;
  words: string;
}

interface Raw {
  stmt?: Record<string, Node>;
  stmt_location?: number;
  stmt_len?: number;
}

/** Offsets are of bytes and not of characters. */
export async function parseStatements(text: string): Promise<{ statements: Statement[] } | { problem: SyntaxProblem }> {
  const bytes = Buffer.from(text, "utf8");
  const lineAt = linesOf(bytes);
  // Loaded for migrations only: it is large, and compiles as it is loaded.
  const { parse, hasSqlDetails } = await loadParser("libpg-query", () => import("libpg-query"));
  try {
    const { stmts = [] } = (await parse(text)) as { stmts?: Raw[] };
    return {
      statements: stmts.flatMap((raw) => {
        const [[node, body] = []] = Object.entries(raw.stmt ?? {});
        if (node === undefined || body === undefined) return [];
        const start = raw.stmt_location ?? 0;
        const own = bytes.subarray(start, raw.stmt_len === undefined ? undefined : start + raw.stmt_len).toString();
        return [
          { node, body, text: own, line: lineAt(start + Buffer.byteLength(own) - Buffer.byteLength(own.trimStart())) },
        ];
      }),
    };
  } catch (error) {
    if (!hasSqlDetails(error)) throw error;
    return { problem: { line: lineAt(offsetOf(error.sqlDetails?.cursorPosition, text)), words: wordsOf(text) } };
  }
}

/** The line of an offset. Asked in the order of the file, it reads it once: files may hold many thousands of statements. */
function linesOf(bytes: Buffer): (offset: number) => number {
  let line = 1;
  let counted = 0;
  return (offset) => {
    if (offset < counted) [line, counted] = [1, 0];
    for (; counted < offset; counted++) if (bytes[counted] === newline) line++;
    return line;
  };
}

const newline = 10;

const offsetOf = (position = 0, text: string): number =>
  Buffer.byteLength([...text].slice(0, Math.max(0, position)).join(""));

/** Never the text itself: a statement may hold anything. */
const wordsOf = (text: string): string =>
  /\bfrom\s+stdin\b/i.test(text)
    ? "is no SQL that PostgreSQL reads. Rows after COPY … FROM STDIN are for psql; write them as INSERT, or load them from S3"
    : /^\\[a-z!]/im.test(text)
      ? "is no SQL that PostgreSQL reads. Lines that begin with a backslash are for psql; remove them"
      : "is no SQL that PostgreSQL reads";
