import { setTimeout as sleep } from "node:timers/promises";
import { accountWords, type Account } from "../../access/account";
import type { Operation } from "../../access/operation";
import { DbAccessError } from "../../errors";
import type { Unit } from "../engine";
import { coalesced } from "./coalesce";
import type { Connection } from "./connection";
import { isMariaDb, type MySqlFacts } from "./facts";
import type { Held } from "./held";
import { comparable } from "./names";
import { readHoldings, type Holdings } from "./read";
import type { Statement } from "./statement";
import { accountsToKnow, statementsOf } from "./statements";

/** Every account statement commits by itself; what has run stays when a later one fails. */
export async function runUnit(connection: Connection, facts: MySqlFacts, unit: Unit, held: Held): Promise<string[]> {
  refuseImpossible(unit, facts);
  const warnings: string[] = [];
  for (const operation of coalesced(unit.operations)) {
    const context = { facts, verifiers: unit.verifiers, held: await holdingsFor(operation, connection, facts, held) };
    try {
      for (const statement of statementsOf(operation, context))
        warnings.push(...(await runStatement(connection, statement)));
    } catch (error) {
      held.forget(operation);
      throw error;
    }
    held.advance(operation);
    if (operation.op === "endSessions") await endSessions(connection, facts, operation.account);
    if (operation.op === "dropPrincipal") await confirmGone(connection, facts, operation.account);
  }
  return warnings;
}

/** What has been read already is not asked again. */
async function holdingsFor(
  operation: Operation,
  connection: Connection,
  facts: MySqlFacts,
  held: Held,
): Promise<Holdings> {
  const accounts = accountsToKnow(operation, facts);
  const unknown = accounts.filter((account) => !held.knows(account));
  if (unknown.length > 0) held.remember(unknown, await readHoldings(connection, facts, unknown));
  return held.of(accounts);
}

/** Writing all statements once finds what can never run before the first one has changed anything. */
function refuseImpossible(unit: Unit, facts: MySqlFacts): void {
  const held = { items: [], defaults: [] };
  for (const operation of unit.operations) statementsOf(operation, { facts, verifiers: unit.verifiers, held });
}

async function runStatement(connection: Connection, statement: Statement): Promise<string[]> {
  const { step, sql, ignore, refusals = [] } = statement;
  let warned: number | undefined;
  try {
    warned = await connection.run(step, sql, [], ignore);
  } catch (error) {
    if (!(error instanceof DbAccessError)) throw error;
    const refusal = refusals.find(({ errno }) => error.serverCode === String(errno));
    if (refusal === undefined) throw error;
    const { code, message, transient } = refusal;
    throw new DbAccessError(code, message, { serverCode: error.serverCode, transient });
  }
  if (warned === undefined || warned === 0 || statement.quiet === true) return [];
  const rows = await connection.rows("reading warnings", "SHOW WARNINGS");
  // Notes only say that IF EXISTS found nothing.
  const serious = rows.filter((row) => row.Level !== "Note");
  return serious.map((row) => `${step}: ${String(row.Message)} (${String(row.Code)})`);
}

const unknownThread = [1094];

/** How long killed sessions may take to be gone: a kill only asks. */
const patience = 3000;

/**
 * Ends the sessions of the account's name. The server does not say which of several accounts of one name a session
 * logged in with, so sessions of its other accounts end too and have to connect again.
 */
async function endSessions(connection: Connection, facts: MySqlFacts, account: Account): Promise<void> {
  if (isMariaDb(facts) && account.host === "") return;
  const giveUp = Date.now() + patience;
  for (let sessions = await sessionsOf(connection, account); sessions.ids.length > 0;) {
    for (const id of sessions.ids)
      await connection.run(
        `ending the sessions of ${accountWords(account)}`,
        sessions.byProcedure ? "CALL mysql.rds_kill(?)" : "KILL ?",
        [id],
        unknownThread,
      );
    sessions = await sessionsOf(connection, account);
    if (sessions.ids.length === 0) return;
    if (Date.now() > giveUp)
      throw new DbAccessError("NotApplied", `Sessions of ${accountWords(account)} do not end. Run it again.`, {
        transient: true,
      });
    await sleep(100);
  }
}

async function sessionsOf(connection: Connection, account: Account): Promise<{ ids: number[]; byProcedure: boolean }> {
  const rows = await connection.rows(
    `asking for the sessions of ${accountWords(account)}`,
    "SELECT p.ID AS id, EXISTS (SELECT 1 FROM information_schema.ROUTINES r WHERE r.ROUTINE_SCHEMA = 'mysql' AND r.ROUTINE_NAME = 'rds_kill') AS byProcedure " +
      // The column's own comparison knows no difference between `app` and `App`, which are two accounts.
      `FROM information_schema.PROCESSLIST p WHERE ${comparable("p.USER")} = ? AND p.ID <> CONNECTION_ID()`,
    [account.name],
  );
  return { ids: rows.map((row) => Number(row.id)), byProcedure: rows[0]?.byProcedure === 1 };
}

/** A dropped account leaves no row behind: one that stayed would come back to life with the next account of its name. */
async function confirmGone(connection: Connection, facts: MySqlFacts, account: Account): Promise<void> {
  const tables = [isMariaDb(facts) ? "global_priv" : "user", "db", "tables_priv", "columns_priv", "procs_priv"];
  const [row] = await connection.rows(
    `checking that ${accountWords(account)} is gone`,
    `SELECT ${tables.map((table) => `(SELECT COUNT(*) FROM mysql.${table} WHERE User = ? AND Host = ?)`).join(" + ")} AS left_over`,
    tables.flatMap(() => [account.name, account.host ?? "%"]),
  );
  if (row !== undefined && Number(row.left_over) === 0) return;
  throw new DbAccessError(
    "NotApplied",
    `${accountWords(account)} was dropped, but the server still has rows for it in its privilege tables. Remove them by hand.`,
  );
}
