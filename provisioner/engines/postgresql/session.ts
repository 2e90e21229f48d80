import type { Account } from "../../access/account";
import type { ReadQuery, ServerState } from "../../access/server";
import type { ConnectOptions, EngineSession, ProbeResult, Unit } from "../engine";
import { Connections, type Reach } from "./connection";
import type { Context } from "./context";
import { readFacts, type Facts } from "./facts";
import { PostgresqlLedger } from "./ledger";
import { ClusterLock } from "./lock";
import { probeLogin } from "./probe";
import { readState } from "./read";
import { runUnit } from "./run";
import { scramVerifier } from "./verifier";

/** An RDS authentication token is a signed request; no password looks like one. */
const isToken = (password: string): boolean => password.includes("X-Amz-Signature=");

export class PostgresqlSession implements EngineSession {
  readonly facts: Facts;
  readonly ledger: PostgresqlLedger;

  private constructor(
    private readonly context: Context,
    cluster: string,
  ) {
    this.facts = context.facts;
    this.ledger = new PostgresqlLedger(context.connections, context.lock, cluster);
  }

  static async connect(options: ConnectOptions): Promise<PostgresqlSession> {
    const { host, port, ca, tlsServerName, applicationName, deadline } = options;
    const reach: Reach = { host, port, ca, tlsServerName, applicationName, deadline };
    const connections = new Connections(
      reach,
      { username: options.username, password: options.password },
      options.adminDatabase,
    );
    try {
      const facts = await readFacts(await connections.admin());
      const lock = new ClusterLock(connections);
      return new PostgresqlSession(
        { connections, facts, lock, adminUsesIam: isToken(options.password) },
        options.cluster,
      );
    } catch (error) {
      await connections.close();
      throw error;
    }
  }

  lock(deadline: number): Promise<void> {
    return this.context.lock.acquire(deadline);
  }

  unlock(): Promise<void> {
    return this.context.lock.release();
  }

  read(query: ReadQuery): Promise<ServerState> {
    return readState(this.context.connections, this.facts, query);
  }

  run(unit: Unit): Promise<string[]> {
    return runUnit(this.context, unit);
  }

  verifier(password: string): string {
    return scramVerifier(password);
  }

  probe(account: Account, password: string, database?: string): Promise<ProbeResult> {
    const { reach, adminDatabase } = this.context.connections;
    return probeLogin(reach, { username: account.name, password }, database ?? adminDatabase);
  }

  close(): Promise<void> {
    return this.context.connections.close();
  }
}
