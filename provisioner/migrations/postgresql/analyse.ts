import type { Analysis } from "../family";
import { noStatement } from "../finding";
import type { MigrationFile } from "../folder";
import { parseStatements } from "./parse";
import { findingsOf, statementProblems } from "./rules";

/** By the server's own grammar: nothing is guessed from the text. */
export async function analyse(files: readonly MigrationFile[]): Promise<Analysis> {
  const analysis: Analysis = { problems: [], findings: [] };
  for (const file of files) {
    const parsed = await parseStatements(file.text);
    if ("problem" in parsed)
      analysis.problems.push({ file: file.name, words: `${parsed.problem.words} (line ${parsed.problem.line})` });
    else if (parsed.statements.length === 0) analysis.problems.push({ file: file.name, words: noStatement });
    else {
      analysis.problems.push(...statementProblems(file.name, file.header, parsed.statements));
      analysis.findings.push(...findingsOf(file.name, parsed.statements));
    }
  }
  return analysis;
}
