import { plainTable } from "../../automation/terminal/table";
import type { KillOutcome } from "./killed";

const head = [
  "server",
  "killed",
  "where",
  "in the database",
  "in the history",
  "the next run says",
  "and then does",
  "converged",
];

export const hasConverged = ({ problems }: KillOutcome): boolean => problems.length === 0;

const cells = (outcome: KillOutcome): string[] => [
  outcome.engine,
  outcome.victim,
  outcome.point,
  outcome.database,
  outcome.history,
  outcome.said,
  outcome.did,
  hasConverged(outcome) ? "yes" : "NO",
];

export const killTable = (outcomes: readonly KillOutcome[]): string => plainTable(head, outcomes.map(cells));

export const wordsOf = ({ engine, victim, point, problems }: KillOutcome): string =>
  `${engine}, ${victim} killed ${point}: ${problems.join("; ")}`;

export function summaryOf(outcomes: readonly KillOutcome[]): string {
  const failed = outcomes.filter((outcome) => !hasConverged(outcome));
  return `${outcomes.length} kills, ${outcomes.length - failed.length} converged, ${failed.length} did not.`;
}

const explanation = `# Migrations: killed

\`npm run kills -- --write docs/migrations-killed.md\` makes this page: it kills real runs on real servers, and then does what the next run says.

The file that is killed writes row 1 and row 2. **Killed** is the function (its process), the server's session in which the run waits, the answer (the function ends its work, and nobody hears of it), or the time (the function's timeout). **Where** is the point at which the run is held. A server's session that runs on after the function has gone is waited for before anybody looks. **The next run** has the same files. Where it names a failure, somebody looks at the database and answers with \`resolve\`: \`applied\` when both rows are there, else the row that is there is taken away and the answer is \`retry\`.

The number of a statement behind the last one of the file says that the file itself was through: its check or its record was under way. On MySQL and MariaDB the server goes on with a file after the function has gone, until it notices: then both rows are there, whatever the number is.

**Converged** means: a deployment with one file more runs it, each row is there once, the history calls every file applied, the lock is free, nobody can log in as the migrator, and what was said about the statements before the end was so.

What ends by itself is not in the table: a run that waits for a lock fails after 5 seconds, long before its time ends. A \`no-transaction\` file is PostgreSQL's.
`;

const escaped = (text: string): string => text.replaceAll("|", "\\|");
const line = (texts: readonly string[]): string => `| ${texts.map(escaped).join(" | ")} |`;

/** The page of the documentation. */
export const pageOf = (outcomes: readonly KillOutcome[]): string =>
  [explanation, line(head), line(head.map(() => "---")), ...outcomes.map((each) => line(cells(each)))].join("\n") +
  `\n\n${summaryOf(outcomes)}\n`;
