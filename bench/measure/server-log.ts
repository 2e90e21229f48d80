import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { RunningServer } from "../../local/servers";

/** What the provisioner's sessions sent, by the server's own account. One message may hold several statements. */
export interface Sql {
  connections: number;
  messages: {
    /** Every session's opening questions; on MySQL and MariaDB also whether the ledger can be trusted. */
    session: number;
    /** The lock and the ledger. */
    ledger: number;
    reads: number;
    changing: number;
  };
  /** Errors that the server reported to these sessions, by SQLSTATE. Only PostgreSQL logs them. */
  errors: Record<string, number>;
}

/** With the SQLSTATE, which the local stack's own prefix leaves out. */
export const postgresqlLogPrefix = "%m [%p] %e user=%u,db=%d,app=%a ";

type Kind = keyof Sql["messages"];

const changing =
  /(?:^|;)\s*(?:CREATE|ALTER|DROP|GRANT|REVOKE|COMMENT|REASSIGN|RENAME|SET PASSWORD|SET DEFAULT ROLE|KILL|CALL|INSERT|UPDATE|DELETE|REPLACE)\b|\bpg_terminate_backend\b/i;
const session =
  /^\s*(?:SET|SHOW SESSION STATUS)\b(?! LOCAL| DEFAULT ROLE)|\bserver_version_num\b|\bVERSION\(\)|'holder' AS fact/i;
const ledger =
  /\bdb_access`?\.`?(?:claims|meta)\b|'db_access'::regnamespace|advisory_(?:un)?lock\(|\b(?:GET|RELEASE|IS_USED)_LOCK\(/i;
/** The frame of a transaction is part of what it changes. */
const frame = /^\s*(?:BEGIN|COMMIT|ROLLBACK|START TRANSACTION)\b/i;

function kindOf(message: string): Kind {
  if (ledger.test(message)) return "ledger";
  if (changing.test(message) || frame.test(message)) return "changing";
  return session.test(message) ? "session" : "reads";
}

/** One thing that one session did. */
type Entry = { user: string } & (
  { what: "connect" } | { what: "message"; text: string } | { what: "error"; code: string }
);

/** Reads what the server has logged since the last time, and leaves out what was done by hand as the superuser. */
export class ServerLog {
  private offset = 0;
  private readonly read: (text: string) => Entry[];

  constructor(private readonly server: RunningServer) {
    this.read = server.spec.engine === "postgresql" ? postgresqlEntries : mysqlEntries(new Map());
    this.take();
  }

  take(): Sql {
    const sql: Sql = { connections: 0, messages: { session: 0, ledger: 0, reads: 0, changing: 0 }, errors: {} };
    for (const entry of this.read(this.fresh())) {
      if (entry.user === "" || entry.user === this.server.superuser.user) continue;
      if (entry.what === "connect") sql.connections += 1;
      else if (entry.what === "message") sql.messages[kindOf(entry.text)] += 1;
      else sql.errors[entry.code] = (sql.errors[entry.code] ?? 0) + 1;
    }
    return sql;
  }

  private fresh(): string {
    const file = openSync(this.server.logFile, "r");
    try {
      const bytes = Buffer.alloc(fstatSync(file).size - this.offset);
      this.offset += readSync(file, bytes, 0, bytes.length, this.offset);
      return bytes.toString("utf8");
    } finally {
      closeSync(file);
    }
  }
}

/** A message's further lines begin with a tab. */
function postgresqlEntries(text: string): Entry[] {
  const line =
    /^\d{4}-\S+ \S+ \w+ \[\d+\] (\w{5}) user=([^,]*),db=[^,]*,app=.*? (LOG|DETAIL|ERROR|FATAL|PANIC): {2}([^]*)$/;
  return text.split(/\n(?!\t)/).flatMap((part): Entry[] => {
    const [, code, user = "", level, words = ""] = line.exec(part) ?? [];
    if (level === undefined) return [];
    if (level === "DETAIL") {
      // A statement that was sent alone, under a name, before the message that runs it.
      const named = /^prepare: ([^]*)$/.exec(words);
      return named === null ? [] : [{ user, what: "message", text: named[1] }];
    }
    if (level !== "LOG") return [{ user, what: "error", code }];
    if (words.startsWith("connection authorized:")) return [{ user, what: "connect" }];
    const sent = /^(?:statement|execute [^:]*): ([^]*)$/.exec(words);
    return sent === null ? [] : [{ user, what: "message", text: sent[1] }];
  });
}

/** Sessions are known by number; MariaDB writes the time only when it has changed. */
const mysqlEntries =
  (users: Map<string, string>) =>
  (text: string): Entry[] => {
    const line = /^(?:[-\d:.TZ ]+\t|\t\t) *(\d+) (Connect|Query|Execute|Quit)\t([^]*)$/;
    return text.split(/\n(?=(?:[-\d:.TZ ]+\t|\t\t) *\d+ [A-Z])/).flatMap((part): Entry[] => {
      const [, session, command, words = ""] = line.exec(part) ?? [];
      if (session === undefined) return [];
      if (command === "Connect") {
        // A refused login is logged as a second line of the same session.
        if (!users.has(session)) users.set(session, words.split("@")[0]);
        return words.startsWith("Access denied") ? [] : [{ user: users.get(session) ?? "", what: "connect" }];
      }
      const user = users.get(session) ?? "";
      if (command !== "Quit") return [{ user, what: "message", text: words }];
      users.delete(session);
      return [];
    });
  };
