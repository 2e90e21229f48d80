import type { Account } from "../../access/account";
import type { ClaimRecord } from "../../access/record";
import type { ReadQuery, ServerState } from "../../access/server";
import type { ConnectOptions, EngineSession, LedgerChange, LedgerQuery, ProbeResult, Unit } from "../engine";
import { Connections } from "./connection";
import type { Context } from "./context";
import type { Login, Reach } from "./dial";
import { readFacts, type Facts } from "./facts";
import { Known } from "./known";
import { PostgresqlLedger } from "./ledger";
import { ClusterLock } from "./lock";
import { patiently } from "./patience";
import { probeLogin } from "./probe";
import { Reading } from "./read";
import { runUnit } from "./run";
import { scramVerifier } from "./verifier";

export class PostgresqlSession implements EngineSession {
  readonly facts: Facts;
  readonly ledger: PostgresqlLedger;
  readonly transactional = true;

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
    const login: Login = { username: options.username, password: options.password };
    return patiently(deadline, async () => {
      const connections = new Connections(reach, login, options.adminDatabase);
      try {
        const facts = await readFacts(await connections.admin());
        const lock = new ClusterLock(connections);
        const adminUsesIam = options.iam === true;
        return new PostgresqlSession(
          { connections, facts, lock, known: new Known(facts), adminUsesIam },
          options.cluster,
        );
      } catch (error) {
        await connections.close();
        throw error;
      }
    });
  }

  async lock(deadline: number): Promise<void> {
    this.context.known.forget();
    await this.whileSafe(() => this.context.lock.acquire(deadline));
  }

  unlock(): Promise<void> {
    return this.context.lock.release();
  }

  read(query: ReadQuery): Promise<ServerState> {
    return this.whileSafe(() => new Reading(this.context, query).alone());
  }

  async run(unit: Unit): Promise<string[]> {
    return (await runUnit(this.context, unit)).warnings;
  }

  verifier(password: string): string {
    return scramVerifier(password);
  }

  /** The roles' stored form is shown to superusers only. */
  matches(): undefined {
    return undefined;
  }

  probe(account: Account, password: string, database?: string): Promise<ProbeResult> {
    const { reach, adminDatabase } = this.context.connections;
    return probeLogin(reach, { username: account.name, password }, database ?? adminDatabase);
  }

  async begin(query: LedgerQuery, deadline: number): Promise<ClaimRecord[]> {
    this.context.known.forget();
    return this.whileSafe(() => this.ledger.begin(query, deadline));
  }

  end(change: LedgerChange): Promise<void> {
    return this.ledger.end(change);
  }

  async runAndRead(unit: Unit, query: ReadQuery): Promise<{ warnings: string[]; state: ServerState }> {
    const reading = new Reading(this.context, query);
    const { warnings, opened } = await runUnit(this.context, unit, reading);
    return { warnings, state: await this.whileSafe(() => (opened ? reading.finish() : reading.alone())) };
  }

  /** Nothing is repeated once the lock is lost: what was read under it may no longer be so. */
  private whileSafe<T>(work: () => Promise<T>): Promise<T> {
    return patiently(this.context.connections.reach.deadline, work, () => !this.context.lock.isLost);
  }

  close(): Promise<void> {
    return this.context.connections.close();
  }
}
