import type { Account } from "../../access/account";
import type { ReadQuery, ServerState } from "../../access/server";
import { DbAccessError } from "../../errors";
import type { ConnectOptions, EngineSession, Ledger, ProbeResult, Unit } from "../engine";
import { Connection, type Login } from "./connection";
import { readFacts, isMariaDb, type MySqlFacts } from "./facts";
import { MySqlLedger } from "./ledger";
import { ClusterLock } from "./lock";
import { probeLogin } from "./probe";
import { readState } from "./read";
import { runUnit } from "./run";
import { makeVerifier } from "./verifier";

/** One connection to one MySQL or MariaDB server. */
export class MySqlSession implements EngineSession {
  readonly ledger: Ledger;
  private readonly clusterLock: ClusterLock;

  private constructor(
    private readonly connection: Connection,
    readonly facts: MySqlFacts,
    cluster: string,
  ) {
    this.clusterLock = new ClusterLock(connection);
    this.ledger = new MySqlLedger(connection, facts, this.clusterLock, cluster);
  }

  static async open(options: ConnectOptions): Promise<MySqlSession> {
    const connection = await Connection.open(loginOf(options));
    try {
      return new MySqlSession(connection, await readFacts(connection), options.cluster);
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  lock(deadline: number): Promise<void> {
    return this.clusterLock.take(deadline);
  }

  unlock(): Promise<void> {
    return this.clusterLock.release();
  }

  read(query: ReadQuery): Promise<ServerState> {
    return readState(this.connection, this.facts, query);
  }

  run(unit: Unit): Promise<string[]> {
    return runUnit(this.connection, this.facts, unit);
  }

  verifier(password: string): string {
    if (isMariaDb(this.facts)) return makeVerifier(password, "mysql_native_password");
    // A weaker form is never chosen silently.
    if (!this.facts.cachingSha2)
      throw new DbAccessError("NotSupported", "The server has no caching_sha2_password. Enable the plugin.");
    return makeVerifier(password, "caching_sha2_password");
  }

  probe(account: Account, password: string): Promise<ProbeResult> {
    return probeLogin({ ...this.connection.login, username: account.name, password });
  }

  close(): Promise<void> {
    return this.connection.close();
  }
}

function loginOf(options: ConnectOptions): Login {
  const { host, port, username, password, ca, tlsServerName, applicationName, deadline } = options;
  return { host, port, username, password, ca, tlsServerName, applicationName, deadline };
}
