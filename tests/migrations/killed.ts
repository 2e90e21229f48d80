import type { Texts } from "./request";

/**
 * Who ends too early: the function; the server's session in which it waits; the connection on which its caller waits
 * for the answer; the time that the function has.
 */
export const victims = ["function", "session", "answer", "time"] as const;
export type Victim = (typeof victims)[number];

/** What holds a run at a point: a statement of the file, or a lock on the history. */
type Hold = "gate" | "history" | "gate, then history";

export interface Point {
  name: string;
  hold: Hold;
  /** The statements of the file; `gate` is the one that waits. */
  statements: readonly ("one" | "gate" | "two")[];
  verify?: boolean;
  noTransaction?: boolean;
  repeatable?: boolean;
}

export const points: readonly Point[] = [
  { name: "before the file", hold: "history", statements: ["one", "two"] },
  { name: "in the first statement", hold: "gate", statements: ["gate", "one", "two"] },
  { name: "in the middle", hold: "gate", statements: ["one", "gate", "two"] },
  { name: "before the record", hold: "gate, then history", statements: ["one", "two", "gate"] },
  { name: "in a verify file", hold: "gate", statements: ["one", "two"], verify: true },
  { name: "in a no-transaction file", hold: "gate", statements: ["one", "gate", "two"], noTransaction: true },
  { name: "in a repeatable file", hold: "gate", statements: ["one", "gate", "two"], repeatable: true },
];

export interface KillCase {
  point: Point;
  victim: Victim;
}

/** Every file is a transaction or none on its family, and who waits for a lock fails long before the time ends. */
export const happensOn = ({ point, victim }: KillCase, spec: string): boolean =>
  (point.noTransaction !== true || spec.startsWith("postgresql")) && (victim !== "time" || point.hold === "gate");

export const allCases: readonly KillCase[] = points.flatMap((point) => victims.map((victim) => ({ point, victim })));

export const killedName = ({ repeatable }: Point): string =>
  repeatable === true ? "R__killed.sql" : "0002_killed.sql";

/** A table of its own for each case: a row that is there twice has been written twice. */
export const rowsOf = (at: number): string => `rows_${at}`;

/** What ran before, in an earlier deployment. */
export function filesBefore(at: number, { repeatable }: Point): Texts {
  const first = { "0001_rows.sql": `CREATE TABLE ${rowsOf(at)} (n int);` };
  return repeatable === true ? { ...first, "R__killed.sql": `SELECT n FROM ${rowsOf(at)};` } : first;
}

/** With the file that is killed. */
export function filesOf(at: number, point: Point, gate: string): Texts {
  const write = { one: `INSERT INTO ${rowsOf(at)} VALUES (1);`, two: `INSERT INTO ${rowsOf(at)} VALUES (2);`, gate };
  const header = point.noTransaction === true ? "-- migrate: no-transaction\n" : "";
  const text = header + point.statements.map((each) => write[each]).join("\n");
  return {
    ...filesBefore(at, point),
    [killedName(point)]: text,
    ...(point.verify === true ? { "0002_killed.verify.sql": gate } : {}),
  };
}

/** What one kill has led to. */
export interface KillOutcome {
  engine: string;
  victim: Victim;
  point: string;
  /** Rows of the file that are there. */
  database: string;
  history: string;
  /** What the next run, with the same files, said. */
  said: string;
  /** What it did after somebody had followed what it said. */
  did: string;
  /** What is wrong: nothing, where it has converged. */
  problems: string[];
}
