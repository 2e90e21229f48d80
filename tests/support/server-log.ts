import { readFileSync } from "node:fs";
import type { RunningServer } from "../../local/servers";

/** One message that a client sent, as the server's log has it. */
interface Message {
  user: string;
  text: string;
}

/** One line of the log with the lines that continue it. */
interface Entry {
  head: RegExpExecArray;
  text: string;
}

/** A line that begins an entry matches `begin`, whose last group is the text; every other line continues the one before. */
function entries(log: string, begin: RegExp): Entry[] {
  const found: Entry[] = [];
  for (const line of log.split("\n")) {
    const head = begin.exec(line);
    if (head !== null) found.push({ head, text: head.at(-1) ?? "" });
    else if (found.length > 0) found[found.length - 1].text += `\n${line}`;
  }
  return found;
}

/** `2026-11-20 12:10:48.016 UTC [24235] user=u,db=d,app=a LOG:  statement: …`, continued after a tab. */
const postgresqlEntry = /^\d{4}-\d\d-\d\d [\d:.]+ UTC \[\d+\] (?:user=(.*?),db=.*?,app=.*? )?([A-Z]+): {2}(.*)$/;

/** `2026-11-20T12:10:49.344009Z\t   10 Query\t…`; MariaDB writes the time only when it is another second. */
const mysqlEntry = /^[\dT:.Z \t-]*?(\d+) (Connect|Query|Prepare|Execute|Quit|Init DB|Close stmt|Ping|Kill)(?:\t(.*))?$/;

const postgresqlMessages = (log: string): Message[] =>
  entries(log, postgresqlEntry).flatMap(({ head, text }) => {
    // A statement that was named in one message and called in another is shown with the call.
    const shown = head[2] === "DETAIL" ? /^prepare: ([\s\S]*)$/ : /^(?:statement|execute [^:]*): ?([\s\S]*)$/;
    const statement = shown.exec(text);
    return ["LOG", "DETAIL"].includes(head[2]) && statement !== null
      ? [{ user: head[1] ?? "", text: statement[1] }]
      : [];
  });

/** Who a session belongs to is said once, when it begins: the log before `mark` counts too. */
function mysqlMessages(log: string, mark: number): Message[] {
  const users = new Map<string, string>();
  const messages: Message[] = [];
  for (const { head, text, isNew } of [
    ...entries(log.slice(0, mark), mysqlEntry).map((entry) => ({ ...entry, isNew: false })),
    ...entries(log.slice(mark), mysqlEntry).map((entry) => ({ ...entry, isNew: true })),
  ]) {
    const [, thread, command] = head;
    if (command === "Connect") users.set(thread, /^(.*?)@/.exec(text)?.[1] ?? "");
    else if (isNew && ["Query", "Execute"].includes(command)) messages.push({ user: users.get(thread) ?? "", text });
  }
  return messages;
}

const changing =
  /^(CREATE|ALTER|DROP|RENAME|GRANT|REVOKE|INSERT|UPDATE|DELETE|REPLACE|MERGE|COPY|COMMENT|REASSIGN|TRUNCATE|SECURITY|CALL|KILL|DO|SET (PASSWORD|DEFAULT ROLE)|SET GLOBAL)\b/i;
const changingWithin = /^WITH\b[\s\S]*\b(INSERT INTO|UPDATE|DELETE FROM|MERGE INTO)\b|\bpg_terminate_backend\b/i;

/** The statements of one message. Texts in quotes are emptied first: they may hold anything. */
const statementsOf = (message: string): string[] =>
  message
    .replace(/'(?:[^']|'')*'/g, "''")
    .split(";")
    .map((statement) => statement.trim());

/** What the provisioner sent since `mark`, message by message and as it was sent. */
export const messagesSince = (server: RunningServer, mark: number): string[] => {
  const log = readLog(server);
  const messages = server.spec.engine === "postgresql" ? postgresqlMessages(log.slice(mark)) : mysqlMessages(log, mark);
  return messages.filter((message) => message.user === server.admin.user).map((message) => message.text);
};

const readLog = (server: RunningServer): string => readFileSync(server.logFile, "utf8");

export const markOf = (server: RunningServer): number => readLog(server).length;

/** Statements of the provisioner that change something, logged since `mark`. Only its own login's sessions count. */
export const changesSince = (server: RunningServer, mark: number): string[] =>
  messagesSince(server, mark)
    .flatMap(statementsOf)
    .filter((statement) => changing.test(statement) || changingWithin.test(statement));

/** Everything since `mark`, as it stands in the log. */
const textSince = (server: RunningServer, mark: number): string => readLog(server).slice(mark);

/** Refused logins of the provisioner since `mark`. */
export const refusedLogins = (server: RunningServer, mark: number): number => {
  const refusal =
    server.spec.engine === "postgresql"
      ? `FATAL: +password authentication failed for user "${server.admin.user}"`
      : // MariaDB notes it among its errors as well, in the same file.
        `Connect\tAccess denied for user '${server.admin.user}'@`;
  return [...textSince(server, mark).matchAll(new RegExp(refusal, "g"))].length;
};

/** Attempts of anybody to log in since `mark`, refused or not. */
export const loginAttempts = (server: RunningServer, mark: number): number => {
  const attempt =
    server.spec.engine === "postgresql" ? /connection received:/g : /\d Connect\t(?!Access denied)[^\n]*@/g;
  return [...textSince(server, mark).matchAll(attempt)].length;
};
