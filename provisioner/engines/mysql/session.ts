import type { Account } from "../../access/account";
import type { ClaimRecord } from "../../access/record";
import type { AccountState, ReadQuery, ServerState } from "../../access/server";
import { DbAccessError } from "../../errors";
import type { ConnectOptions, EngineSession, LedgerChange, LedgerQuery, ProbeResult, Unit } from "../engine";
import { Connection, type Login } from "./connection";
import { readFacts, isMariaDb, type MySqlFacts } from "./facts";
import { Held } from "./held";
import { MySqlLedger } from "./ledger";
import { ClusterLock } from "./lock";
import { patiently } from "./patience";
import { probeLogin } from "./probe";
import { readState } from "./read";
import { runUnit } from "./run";
import { makeVerifier, whichPassword } from "./verifier";

/** One connection to one MySQL or MariaDB server. */
export class MySqlSession implements EngineSession {
  readonly ledger: MySqlLedger;
  readonly transactional = false;
  private readonly clusterLock: ClusterLock;
  private readonly held: Held;

  private constructor(
    private readonly connection: Connection,
    readonly facts: MySqlFacts,
    cluster: string,
  ) {
    this.clusterLock = new ClusterLock(connection);
    this.held = new Held(facts);
    this.ledger = new MySqlLedger(connection, facts, this.clusterLock, cluster);
  }

  static open(options: ConnectOptions): Promise<MySqlSession> {
    return patiently(options.deadline, () => MySqlSession.openOnce(options));
  }

  private static async openOnce(options: ConnectOptions): Promise<MySqlSession> {
    const connection = await Connection.open(loginOf(options));
    try {
      const session = new MySqlSession(connection, await readFacts(connection), options.cluster);
      await session.ledger.inspect();
      return session;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  async lock(deadline: number): Promise<void> {
    await this.clusterLock.take(deadline);
    this.held.clear();
  }

  unlock(): Promise<void> {
    return this.clusterLock.release();
  }

  async read(query: ReadQuery): Promise<ServerState> {
    const { state, holdings } = await readState(this.connection, this.facts, query);
    // Without the lock, another writer may change it at any moment: see `run`.
    if (this.clusterLock.isHeld) {
      const accounts = [...state.principals.values()].flatMap((principal) => principal.accounts);
      this.held.remember(
        accounts.map((each) => each.account),
        holdings,
      );
    }
    return state;
  }

  run(unit: Unit): Promise<string[]> {
    if (!this.clusterLock.isHeld) this.held.clear();
    return runUnit(this.connection, this.facts, unit, this.held);
  }

  verifier(password: string): string {
    if (isMariaDb(this.facts)) return makeVerifier(password, "mysql_native_password");
    // A weaker form is never chosen silently.
    if (!this.facts.cachingSha2)
      throw new DbAccessError("NotSupported", "The server has no caching_sha2_password. Enable the plugin.");
    return makeVerifier(password, "caching_sha2_password");
  }

  matches(state: AccountState, password: string): "first" | "second" | "no" | undefined {
    return whichPassword(state, password);
  }

  probe(account: Account, password: string): Promise<ProbeResult> {
    // Whatever the provisioner's own password is, this one is none to be sent in clear.
    return probeLogin({ ...this.connection.login, username: account.name, password, iam: false });
  }

  async begin(query: LedgerQuery, deadline: number): Promise<ClaimRecord[]> {
    await this.lock(deadline);
    try {
      return await this.ledger.read(query);
    } catch (error) {
      await this.unlock().catch(() => undefined);
      throw error;
    }
  }

  async end(change: LedgerChange): Promise<void> {
    try {
      await this.ledger.change(change);
    } finally {
      await this.unlock();
    }
  }

  async runAndRead(unit: Unit, query: ReadQuery): Promise<{ warnings: string[]; state: ServerState }> {
    const warnings = await this.run(unit);
    return { warnings, state: await this.read(query) };
  }

  close(): Promise<void> {
    return this.connection.close();
  }
}

function loginOf(options: ConnectOptions): Login {
  const { host, port, username, password, iam = false, ca, tlsServerName, applicationName, deadline } = options;
  return { host, port, username, password, iam, ca, tlsServerName, applicationName, deadline };
}
