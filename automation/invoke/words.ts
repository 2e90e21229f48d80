import { isRecord } from "../../provisioner/doors/event";
import { plainTable } from "../terminal/table";

/** What of an answer a person wants to see in a table, in this order. */
const rows: readonly [key: string, words: string][] = [
  ["cluster", "cluster"],
  ["database", "database"],
  ["parameter", "parameter"],
  ["operation", "operation"],
  ["username", "user"],
  ["status", "status"],
  ["secretArn", "secret"],
  ["secret_arn", "secret"],
  ["secretVersionId", "version"],
  ["passwordLastChanged", "password changed"],
  ["iamConnectArn", "IAM resource"],
  ["message", "message"],
];

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((part) => typeof part === "string") : [];

/** An answer in plain words: what is so now, and what was done for it. */
export function answerWords(answer: unknown): string {
  if (!isRecord(answer)) return "The function has done it and had nothing to say.";
  const shown = rows.flatMap(([key, words]) => (typeof answer[key] === "string" ? [[words, answer[key]]] : []));
  if (shown.length === 0) return JSON.stringify(answer, null, 2);
  const names = isRecord(answer.parameter_names) ? texts(Object.values(answer.parameter_names)) : [];
  const people = Array.isArray(answer.users)
    ? answer.users.flatMap((user) => (isRecord(user) ? String(user.username) : []))
    : [];
  const lists = [
    listed("What was done:", texts(answer.changes)),
    listed("Parameters:", names),
    listed("Who may read:", people),
    listed("Who may not any more:", texts(answer.removed_users)),
  ];
  return [plainTable(["what", "now"], shown), ...lists.filter((part) => part !== "")].join("\n\n");
}

const listed = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? "" : [title, ...lines.map((line) => `  ${line}`)].join("\n");

export const warningsOf = (answer: unknown): string[] => (isRecord(answer) ? texts(answer.warnings) : []);
