import { setTimeout as sleep } from "node:timers/promises";

import { DbAccessError } from "../../errors";
import type { Connection, Part } from "./connection";
import { statementTimeoutMs } from "./dial";
import { isRetryable } from "./errors";
import type { PreparedText } from "./prepare";
import type { Statement } from "./statements";

/** Looks before the first statement and after the last one; the second look fails when it must not be committed. */
export interface Guard {
  before: Part;
  after: Part;
  /** What a failure means. */
  explain(error: unknown): unknown;
}

export interface Around {
  guard?: Guard;
  /** Asked as soon as the transaction is committed, in its last message where time allows. */
  afterwards?: readonly Part[];
}

const attempts = 5;
const longestPauseMs = 200;

/**
 * A verifier travels alone: what a server's log or an audit extension hides of a statement that is a message by itself
 * it may show of one among others. So such statements are sent ahead, where they are only given names, and the
 * transaction calls them by these.
 */
interface Named {
  prepared: PreparedText[];
  statements: Part[];
}

function nameSecrets(statements: readonly Statement[]): Named {
  const named: Named = { prepared: [], statements: [] };
  for (const { text, secret } of statements) {
    const name = `db_access_${named.prepared.length}`;
    if (secret === true) named.prepared.push({ name, text });
    named.statements.push({ text: secret === true ? `EXECUTE ${name}` : text });
  }
  if (named.prepared.length > 0) named.statements.push({ text: "DEALLOCATE ALL" });
  return named;
}

/** The committed state of a transaction, as far as its own messages tell. */
interface Progress {
  /** The message with COMMIT and with what is asked afterwards has been sent. */
  closing: boolean;
}

/**
 * When time is short the server stops by itself too, and COMMIT waits for the answer to all else: a caller that has
 * given up closes the connection, and nothing may be committed after that.
 */
async function attempt(
  connection: Connection,
  statements: readonly Statement[],
  step: string,
  { guard, afterwards = [] }: Around,
  progress: Progress,
): Promise<void> {
  const short = connection.remaining < statementTimeoutMs;
  const [only] = statements;
  // One statement is a transaction by itself: a password is set in one message instead of two.
  const bare = guard === undefined && !short && (only.secret === true || afterwards.length === 0);
  if (statements.length === 1 && bare) {
    await connection.script(only.text, { step, secret: only.secret });
    progress.closing = afterwards.length > 0;
    return connection.ask(afterwards, { step });
  }
  const named = nameSecrets(statements);
  if (named.prepared.length > 0) await connection.prepare(named.prepared, { step, secret: true });
  const opening: Part[] = [
    { text: "BEGIN" },
    ...(short ? [{ text: `SET LOCAL statement_timeout = ${Math.max(1, Math.floor(connection.remaining))}` }] : []),
    ...(guard === undefined ? [] : [guard.before]),
  ];
  const closing: Part[] = [{ text: "COMMIT" }, ...afterwards];
  progress.closing = !short && afterwards.length > 0;
  await connection.ask(
    [...opening, ...named.statements, ...(guard === undefined ? [] : [guard.after]), ...(short ? [] : closing)],
    { step },
  );
  progress.closing = afterwards.length > 0;
  if (short) await connection.ask(closing, { step });
}

/** The server parses a whole message before it runs any of it. */
const neverBegan = (error: unknown): boolean => error instanceof DbAccessError && error.serverCode === "42601";

/** All or nothing. Repeated when the server says that another session was in the way. */
export async function runTransaction(
  connection: Connection,
  statements: readonly Statement[],
  step: string,
  around: Around = {},
): Promise<void> {
  for (let count = 1; ; count++) {
    const progress: Progress = { closing: false };
    try {
      return await attempt(connection, statements, step, around, progress);
    } catch (error) {
      const taken = await connection.rollBack();
      // Nothing to take back: it had been committed, and only the reading after it failed.
      if (progress.closing && !taken && !neverBegan(error)) return connection.ask(around.afterwards ?? [], { step });
      if (!isRetryable(error) || count === attempts) throw around.guard?.explain(error) ?? error;
      await sleep(Math.random() * longestPauseMs);
    }
  }
}
