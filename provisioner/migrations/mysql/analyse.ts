import type { Analysis } from "../family";
import { noStatement, type Finding, type Found } from "../finding";
import type { MigrationFile } from "../folder";
import { loadGrammar } from "./grammar";
import type { GrammarModules } from "./grammar-modules";
import { findingsOf } from "./rules";
import { statementsOf } from "./statements";
import { lex } from "./tokens";

/**
 * By a grammar that is not the server's: what it does not know is a finding and never a problem. Files go to the server
 * as they are, and it alone knows where statements end.
 */
export async function analyse(files: readonly MigrationFile[]): Promise<Analysis> {
  const analysis: Analysis = { problems: [], findings: [] };
  if (files.length === 0) return analysis;
  const grammar = await loadGrammar();
  for (const file of files) {
    const findings: Finding[] = [];
    const problems = look(grammar, file, findings);
    analysis.findings.push(...findings.sort((one, other) => one.line - other.line));
    analysis.problems.push(...problems.map((words) => ({ file: file.name, words })));
  }
  return analysis;
}

/** Adds what it finds, and answers with what makes it useless to run the file. */
function look(grammar: GrammarModules, { name, text, header }: MigrationFile, findings: Finding[]): string[] {
  const problems = header.noTransaction
    ? ['says "-- migrate: no-transaction", and no file is a transaction on MySQL and MariaDB; remove it']
    : [];
  const add = ([kind, words]: Found, line: number): number => findings.push({ file: name, kind, words, line });
  if (text.length > longest) {
    add(large, 1);
    return problems;
  }
  const { tokens, doubt } = lex(grammar, text);
  if (tokens.at(0) === undefined) return [...problems, noStatement];
  const statements = statementsOf(grammar, tokens);
  const command = statements.find(({ head }) => head[0] === "DELIMITER");
  if (command !== undefined)
    return [
      ...problems,
      `has DELIMITER, which is for the mysql client; delete these lines, the server needs none (line ${command.line})`,
    ];
  const line = doubt();
  if (line !== undefined) add(unread, line);
  findings.push(...findingsOf(grammar, name, statements));
  return problems;
}

/** In characters: each takes four bytes of the function's memory while it is looked at. */
const longest = 16_000_000;

const large: Found = [
  "not-analysed",
  "is larger than what is looked at, so that nobody has looked at what it destroys or blocks; put rows into files of their own",
];
const unread: Found = [
  "not-analysed",
  "has a string or a comment here that may end somewhere else for the server, so that what follows may not be what was looked at",
];
