import { setTimeout as sleep } from "node:timers/promises";

import { statementTimeoutMs, type Connection } from "./connection";
import { isRetryable } from "./errors";
import { plainStatement, type Statement } from "./statements";

/** A last look before COMMIT: throws to take everything back. */
export interface Guard {
  text: string;
  verify(rows: Record<string, unknown>[]): void;
}

const attempts = 5;
const longestPauseMs = 200;

/** Statements without a verifier travel together; one with a verifier is alone in its message. */
export function messagesOf(statements: readonly Statement[]): Statement[] {
  const messages: Statement[] = [];
  for (const statement of statements) {
    const last = messages.at(-1);
    if (last === undefined || last.secret === true || statement.secret === true) messages.push({ ...statement });
    else last.text += `;\n${statement.text}`;
  }
  return messages;
}

/**
 * When time is short the server stops by itself too, and COMMIT waits for the answer to all else: a caller that has
 * given up closes the connection, and nothing may be committed after that.
 */
async function attempt(
  connection: Connection,
  statements: readonly Statement[],
  step: string,
  guard: Guard | undefined,
): Promise<void> {
  const short = connection.remaining < statementTimeoutMs;
  const [only] = statements;
  // One statement is a transaction by itself: a password is set in one message instead of three.
  if (statements.length === 1 && guard === undefined && !short)
    return void (await connection.script(only.text, { step, secret: only.secret }));
  const opening = [
    "BEGIN",
    ...(short ? [`SET LOCAL statement_timeout = ${Math.max(1, Math.floor(connection.remaining))}`] : []),
  ];
  const closing = guard !== undefined ? [guard.text] : short ? [] : ["COMMIT"];
  let rows: Record<string, unknown>[] = [];
  for (const { text, secret } of messagesOf([
    ...opening.map(plainStatement),
    ...statements,
    ...closing.map(plainStatement),
  ]))
    rows = (await connection.script(text, { step, secret })).at(-1) ?? [];
  guard?.verify(rows);
  if (guard !== undefined || short) await connection.script("COMMIT", { step });
}

/** Keeps the error that led here: when this fails too, closing the connection takes the transaction back. */
export async function rollBack(connection: Connection): Promise<void> {
  if (connection.alive)
    await connection.script("ROLLBACK", { step: "taking a transaction back" }).catch(() => connection.close());
  connection.takeWarnings();
}

/** All or nothing. Repeated when the server says that another session was in the way. */
export async function runTransaction(
  connection: Connection,
  statements: readonly Statement[],
  step: string,
  guard?: Guard,
): Promise<void> {
  for (let count = 1; ; count++) {
    try {
      return await attempt(connection, statements, step, guard);
    } catch (error) {
      await rollBack(connection);
      if (!isRetryable(error) || count === attempts) throw error;
      await sleep(Math.random() * longestPauseMs);
    }
  }
}
