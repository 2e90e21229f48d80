import type { Account } from "../access/account";
import type { Operation } from "../access/operation";
import type { ClaimRecord } from "../access/record";
import type { AccountState, ReadQuery, ServerFacts, ServerState } from "../access/server";

/** How a session reaches its server. TLS is always verified; there is no other way. */
export interface ConnectOptions {
  host: string;
  port: number;
  username: string;
  password: string;
  /** The password is an IAM token: sent as it is, inside TLS. */
  iam?: boolean;
  /** PostgreSQL: the database with the ledger. */
  adminDatabase: string;
  /** Trusted roots, PEM. */
  ca: string[];
  /** Name the certificate must carry. Default: `host`. */
  tlsServerName?: string;
  /** Cluster's logical name, written into the ledger and compared with it. */
  cluster: string;
  /** Shown in the server's session list: `db-access/<request id>`. */
  applicationName: string;
  /** Milliseconds since the epoch after which no statement may run any more. */
  deadline: number;
}

/** Operations that run together: on PostgreSQL in one transaction, elsewhere one after the other. */
export interface Unit {
  operations: Operation[];
  /** `accountKey` to verifier, for `createLogin`, `setPassword`, `addPassword` and `setAuth` to a password. */
  verifiers: Map<string, string>;
}

/** The last of the cluster's change events. Number 0: there was none yet. */
export interface ChangeHead {
  number: number;
  hash: string;
}

/** Rows to write and claims to end, together with the events that tell of it: all or nothing. */
export interface LedgerChange {
  write: ClaimRecord[];
  remove: string[];
  /** Of the change events, when this is what they tell of. */
  head?: ChangeHead;
}

/** What is claimed, for whom. */
export interface LedgerSurvey {
  owners: { owner: string; claims: number }[];
  /** Missing as long as nothing has been changed. */
  audit?: ChangeHead;
}

export interface LedgerQuery {
  ids: string[];
  /** Ids that begin with one of these: re-entry finds a claim without its last segment. */
  idPrefixes: string[];
  owners: string[];
  grantees: string[];
}

/** The record of claims on the server itself. Written only under the lock. */
export interface Ledger {
  /** Empty when there is no ledger yet. Throws LedgerUntrusted or LedgerTooNew. */
  read(query: LedgerQuery): Promise<ClaimRecord[]>;
  /** How many claims of this cluster each owner has; what only left a locked login behind is none. Needs no lock. */
  survey(): Promise<LedgerSurvey>;
  /** As last read or written in this session: under the lock, the truth. */
  readonly head: ChangeHead;
  /** Inserts or replaces whole rows in one message; creates or upgrades the ledger first. */
  write(records: ClaimRecord[]): Promise<void>;
  /** Ends claims. */
  remove(ids: string[]): Promise<void>;
  /** Both in one message, with what was recorded about it. */
  change(change: LedgerChange): Promise<void>;
}

/**
 * A login probe's answer. Anything else (no route, TLS) throws. Servers look at the password before anything else about
 * a login, so that the first two are heard only by whoever knows it.
 */
export type ProbeResult =
  /** The password is right. The login may still be shut out: no CONNECT, its connections all taken, MySQL: expired. */
  | "accepted"
  /** The password is right, and the login is locked: NOLOGIN, ACCOUNT LOCK. */
  | "locked"
  /**
   * No such login, a wrong password, or another way to log in (IAM). PostgreSQL answers the same to a login without a
   * password and past its VALID UNTIL.
   */
  | "refused"
  /** The server has no connection left and has not looked at the password: nothing is known. */
  | "full";

/** One connection set to one cluster, for one invocation. Not safe for concurrent use. */
export interface EngineSession {
  readonly facts: ServerFacts;
  readonly ledger: Ledger;
  /** A unit is one transaction: all of it happens or nothing. */
  readonly transactional: boolean;
  /** Lock and ledger reading in as few messages as the engine allows; never in one SELECT. */
  begin(query: LedgerQuery, deadline: number): Promise<ClaimRecord[]>;
  /** The last change of the ledger and the unlock. Unlocks also when the change fails. */
  end(change: LedgerChange): Promise<void>;
  /** Runs a unit and reads afterwards, in the same message where the engine can. */
  runAndRead(unit: Unit, query: ReadQuery): Promise<{ warnings: string[]; state: ServerState }>;
  /** One writer per cluster. Waits with jitter until the deadline; then LockTimeout names the holder. */
  lock(deadline: number): Promise<void>;
  unlock(): Promise<void>;
  /** Pure reads. */
  read(query: ReadQuery): Promise<ServerState>;
  /** Runs a unit in order and stops at the first failure. Resolves with the server's warnings, in words. */
  run(unit: Unit): Promise<string[]>;
  /** What the server stores instead of the password. Validated locally before it is used. */
  verifier(password: string): string;
  /**
   * Whether the account's stored form is this password's, without logging in: its first or its second password, or
   * `no`. Undefined where the server does not show what it stores (PostgreSQL).
   */
  matches(state: AccountState, password: string): "first" | "second" | "no" | undefined;
  /** Logs in as the account with the password and leaves again. PostgreSQL: into `database` or the admin database. */
  probe(account: Account, password: string, database?: string): Promise<ProbeResult>;
  close(): Promise<void>;
}

export interface Engine {
  connect(options: ConnectOptions): Promise<EngineSession>;
}
