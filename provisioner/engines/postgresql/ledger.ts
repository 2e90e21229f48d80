import type { ClaimRecord } from "../../access/record";
import { DbAccessError } from "../../errors";
import type { ChangeHead, Ledger, LedgerChange, LedgerQuery, LedgerSurvey } from "../engine";
import { part, type Connection, type Connections, type Part } from "./connection";
import {
  createLedger,
  isHead,
  ledgerFormat,
  metaQuery,
  readClaims,
  removeClaims,
  surveyClaims,
  takeOver,
  toHead,
  toRecord,
  writeClaims,
  type LedgerRow,
  type Meta,
  type SurveyRow,
} from "./ledger-sql";
import { failedTheGuard, trustCheck, trustGuard } from "./ledger-trust";
import { hasLock, lockStep, type ClusterLock } from "./lock";

const readingStep = "reading the ledger";
const writingStep = "writing the ledger";

export class PostgresqlLedger implements Ledger {
  /** As found in this session. An absent one may have been created by somebody else since; a trusted one stays. */
  private standing: "unknown" | "absent" | "trusted" = "unknown";
  /** Once its format and the cluster that last wrote it have been seen. */
  private meta: Meta | undefined;
  head: ChangeHead = { number: 0, hash: "" };

  constructor(
    private readonly connections: Connections,
    private readonly lock: ClusterLock,
    private readonly cluster: string,
  ) {}

  async read(query: LedgerQuery): Promise<ClaimRecord[]> {
    const found: ClaimRecord[] = [];
    await this.ask(this.claims(query, found));
    return found;
  }

  async survey(): Promise<LedgerSurvey> {
    const survey: LedgerSurvey = { owners: [] };
    const answer = (rows: SurveyRow[]): void => {
      this.standing = "trusted";
      this.believe(rows.at(0));
      for (const { owner, claims, number, hash } of rows) {
        if (owner !== null && claims !== null) survey.owners.push({ owner, claims });
        if (number !== null && hash !== null) survey.audit = { number, hash };
      }
    };
    await this.ask(part(surveyClaims(this.cluster), answer));
    return survey;
  }

  /** Without the lock. Nothing is answered where there is no ledger. */
  private async ask(reading: Part): Promise<void> {
    const connection = await this.connections.admin();
    if (this.standing === "absent" && !(await this.check(connection))) return;
    try {
      await connection.ask([...this.guard(), reading], { step: readingStep });
    } catch (error) {
      if (await this.explain(connection, error)) await connection.ask([reading], { step: readingStep });
    }
  }

  /**
   * The lock and what the ledger says under it, in one message but never in one statement, whose snapshot would be
   * older than the lock.
   */
  async begin(query: LedgerQuery, deadline: number): Promise<ClaimRecord[]> {
    if (this.lock.held) return this.read(query);
    try {
      return await this.readUnderLock(query, deadline);
    } catch (error) {
      // Closing the session would end it too, but nobody should have to wait for that.
      await this.lock.release().catch(() => undefined);
      throw error;
    }
  }

  private async readUnderLock(query: LedgerQuery, deadline: number): Promise<ClaimRecord[]> {
    const found: ClaimRecord[] = [];
    let read = false;
    await this.lock.acquire(deadline, async (connection, lock, held) => {
      // That there is none costs a failed message, so it is looked for in another way from then on.
      if (this.standing === "absent") return connection.ask([lock, this.trust(connection)], { step: lockStep });
      try {
        await connection.ask([lock, ...this.guard(), this.claims(query, found, hasLock)], { step: lockStep });
        read = this.lock.held;
      } catch (error) {
        const guarded = failedTheGuard(error);
        await connection.ask([held, ...(guarded ? [this.trust(connection)] : [])], { step: lockStep });
        if (!guarded) await this.explain(connection, error);
      }
    });
    return read || this.standing === "absent" ? found : this.read(query);
  }

  write(records: ClaimRecord[]): Promise<void> {
    return this.change({ write: records, remove: [] });
  }

  remove(ids: string[]): Promise<void> {
    return this.change({ write: [], remove: ids });
  }

  /** Statements of one message are one transaction. */
  async change(change: LedgerChange): Promise<void> {
    this.lock.assertHeld();
    await this.send(change, (connection, statements) => connection.ask(statements, { step: writingStep }));
  }

  /** The lock ends after COMMIT: whoever takes it next sees what was written. It ends also when the writing fails. */
  async end(change: LedgerChange): Promise<void> {
    try {
      await this.send(change, async (connection, statements) => {
        const message = [{ text: "BEGIN" }, ...statements, { text: "COMMIT" }, this.lock.unlock];
        try {
          await connection.ask(message, { step: writingStep });
        } catch (error) {
          await connection.rollBack();
          throw error;
        }
      });
    } finally {
      await this.lock.release();
    }
  }

  private async send(
    { write, remove, head }: LedgerChange,
    ask: (connection: Connection, statements: Part[]) => Promise<void>,
  ): Promise<void> {
    const writes = write.length > 0 || head !== undefined;
    if (!writes && remove.length === 0) return;
    this.lock.assertHeld();
    const connection = await this.connections.admin();
    if (writes) await this.prepare(connection);
    else if (!(await this.look(connection))) return;
    // What only ends claims leaves the name that it finds.
    const foreign = write.length > 0 && this.meta?.cluster !== this.cluster;
    await ask(connection, [
      ...(foreign ? [{ text: takeOver(this.cluster) }] : []),
      ...(writes ? [{ text: writeClaims(write, head) }] : []),
      ...(remove.length > 0 ? [{ text: removeClaims(remove) }] : []),
    ]);
    if (write.length > 0) this.meta = { format: ledgerFormat, cluster: this.cluster };
    if (head !== undefined) this.head = head;
  }

  private claims(query: LedgerQuery, found: ClaimRecord[], condition?: string): Part {
    return part<LedgerRow>(readClaims(this.cluster, query, condition), (rows) => {
      // Without the lock there are no rows, and what is said here is not listened to.
      if (condition !== undefined && !this.lock.held) return;
      this.standing = "trusted";
      this.believe(rows.at(0));
      for (const { claim } of rows) {
        if (claim === null) continue;
        if (isHead(claim)) this.head = toHead(claim);
        else found.push(toRecord(claim));
      }
    });
  }

  private guard(): Part[] {
    return this.standing === "trusted" ? [] : [{ text: trustGuard }];
  }

  private trust(connection: Connection): Part {
    return trustCheck(connection.database, (exists) => (this.standing = exists ? "trusted" : "absent"));
  }

  private async check(connection: Connection): Promise<boolean> {
    await connection.ask([this.trust(connection)], { step: "checking who may use the ledger" });
    return this.standing === "trusted";
  }

  /** Why a reading failed: no ledger, which is no failure and resolves with false, or one that must not be believed. */
  private async explain(connection: Connection, error: unknown): Promise<boolean> {
    if (failedTheGuard(error)) return this.check(connection);
    // A newer format may have other columns; only the format and the cluster in `meta` stay as they are.
    if (error instanceof DbAccessError && error.code === "ObjectMissing") await this.readMeta(connection);
    throw error;
  }

  /** Whether there is one, of a format that is known. */
  private async look(connection: Connection): Promise<boolean> {
    if (this.meta !== undefined) return true;
    if (this.standing !== "trusted" && !(await this.check(connection))) return false;
    await this.readMeta(connection);
    return true;
  }

  private async prepare(connection: Connection): Promise<void> {
    if (!(await this.look(connection))) await this.create(connection);
  }

  private readMeta(connection: Connection): Promise<void> {
    return connection.ask([part<Meta>(metaQuery, ([meta]) => this.believe(meta))], { step: readingStep });
  }

  private believe(meta: Meta | undefined): void {
    if (meta === undefined)
      throw new DbAccessError(
        "LedgerUntrusted",
        "The ledger has no format record; restore it or drop the schema db_access.",
      );
    if (meta.format > ledgerFormat)
      throw new DbAccessError(
        "LedgerTooNew",
        `The ledger has format ${meta.format}, this provisioner knows ${ledgerFormat}; deploy a newer provisioner.`,
      );
    this.meta = meta;
  }

  /** In one transaction, which is taken back when default privileges of the login would open the ledger to others. */
  private async create(connection: Connection): Promise<void> {
    const step = "creating the ledger";
    try {
      const statements = ["BEGIN", ...createLedger(this.cluster)].map((text) => ({ text }));
      await connection.ask([...statements, this.trust(connection)], { step });
      await connection.ask([{ text: "COMMIT" }], { step });
    } catch (error) {
      this.standing = "unknown";
      await connection.rollBack();
      if (error instanceof DbAccessError && error.code === "NotAuthorized")
        throw new DbAccessError(
          "NotAuthorized",
          `The provisioner's login cannot create its ledger: grant it CREATE on database ${connection.database}.`,
          {
            serverCode: error.serverCode,
          },
        );
      throw error;
    }
    this.meta = { format: ledgerFormat, cluster: this.cluster };
  }
}
