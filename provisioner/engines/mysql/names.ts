import { escape, escapeId } from "mysql2";
import type { Account } from "../../access/account";
import { DbAccessError } from "../../errors";
import { isMariaDb, type MySqlFacts } from "./facts";

/** Controls; lone surrogates; and what the server's own tables cannot hold: it writes `?` and takes another account. */
const unfit = /[\p{Cc}\p{Cs}\u{10000}-\u{10FFFF}]/u;

/** The server cuts spaces off an account's name. */
const edgeSpace = /^\s|\s$/;

function checked(part: string, what: string, pattern: RegExp): string {
  if (typeof part !== "string" || pattern.test(part) || unfit.test(part) || edgeSpace.test(part))
    throw new DbAccessError("InvalidInput", `A ${what} has a character that is not allowed in it.`);
  return part;
}

/** What quotes and backslashes mean depends on sql_mode, so account names do without them. */
const quoted = (part: string, what: string): string => escape(checked(part, what, /['"`\\]/));

/** `'u'@'h'`, or on MariaDB `'r'` for a role, which has no host there. */
export function accountSql(account: Account, facts: MySqlFacts): string {
  if (account.name === "") throw new DbAccessError("InvalidInput", "An account needs a name.");
  const name = quoted(account.name, "name");
  const host = account.host ?? "%";
  return isMariaDb(facts) && host === "" ? name : `${name}@${quoted(host, "host")}`;
}

/** Roles that are ours to name have the host `%` on MySQL. */
export const roleAccount = (name: string, facts: MySqlFacts): Account => ({ name, host: isMariaDb(facts) ? "" : "%" });

/** How a membership names its role: one at another host cannot be asked for, and its host stays visible. */
export const roleObject = ({ name, host = "" }: Account): string =>
  host === "" || host === "%" ? name : `${name}@${host}`;

export const roleSql = (name: string, facts: MySqlFacts): string => accountSql(roleAccount(name, facts), facts);

/** One identifier. Dots are part of it. */
export function identifierSql(name: string): string {
  if (name === "") throw new DbAccessError("InvalidInput", "A database, table, column or routine needs a name.");
  return escapeId(checked(name, "name", unfit), true);
}

/** A value; lone surrogates would reach the server as another character. */
export function literalSql(text: string): string {
  if (typeof text !== "string" || /\p{Cs}/u.test(text))
    throw new DbAccessError("InvalidInput", "A value has a character that is not allowed in it.");
  return escape(text);
}

/** At this level only, `_` and `%` are wildcards, unless partial revokes make all names literal. */
export const databaseLevelSql = (database: string, facts: MySqlFacts): string =>
  `${identifierSql(facts.partialRevokes ? database : database.replace(/[\\_%]/g, "\\$&"))}.*`;

/** A database-level row's name: of one database, or a pattern that may stand for several. */
export type DatabaseRow = { database: string } | { pattern: string };

export function parseDatabaseRow(stored: string, facts: MySqlFacts): DatabaseRow {
  if (facts.partialRevokes) return { database: stored };
  const literal = stored.replace(/\\([\\_%])/g, "");
  return /[_%]/.test(literal) ? { pattern: stored } : { database: stored.replace(/\\([\\_%])/g, "$1") };
}

/** Marks an item whose database is the text of a pattern, so that it never equals an item of a database of that name. */
export const patternMark = "pattern";

export const isPattern = (item: { kind: string; object: string }): boolean =>
  item.kind === "database" && item.object === patternMark;

/** Privileges are words; nothing else may get into a statement in their place. */
export function privilegeSql(privilege: string): string {
  if (!/^[A-Z]+(?:[ _][A-Z]+)*$/.test(privilege) || neverGranted.has(privilege))
    throw new DbAccessError("UnknownPrivilege", "A privilege is not one that can be granted by its name.");
  return privilege;
}

const neverGranted = new Set(["ALL", "ALL PRIVILEGES", "GRANT OPTION", "PROXY", "SUPER", "SYSTEM_USER", "MEMBER"]);

const routine = /^(FUNCTION|PROCEDURE|PACKAGE BODY|PACKAGE|LIBRARY) (.+)$/s;

/**
 * How an item names a routine: `FUNCTION total`. Routine names have no case, and a privilege is stored as the first
 * GRANT spelled it, so that only one spelling can be compared.
 */
export const routineObject = (object: string): string =>
  object.replace(routine, (_all, kind: string, name: string) => `${kind} ${name.toLowerCase()}`);

/** A routine item's object: `FUNCTION total`, `PROCEDURE pay`. Both kinds may carry one name. */
export function routineSql(database: string, object: string): string {
  const [, kind, name] = routine.exec(routineObject(object)) ?? [];
  if (kind === undefined || name === undefined)
    throw new DbAccessError("InvalidInput", "A routine must say whether it is a function or a procedure.");
  return `${kind} ${identifierSql(database)}.${identifierSql(name)}`;
}

/** The server's own tables differ in their collations, which a UNION does not forgive and a comparison may overlook. */
export const comparable = (expression: string): string => `CONVERT(${expression} USING utf8mb4) COLLATE utf8mb4_bin`;
