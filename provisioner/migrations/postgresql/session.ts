import type { Client } from "pg";
import type { Login } from "../../engines/postgresql/dial";
import { withinDeadline } from "../deadline";
import type { MigrationFile } from "../folder";
import type { HistoryRow } from "../history";
import type { OtherHistory, OtherRecord } from "../others/tool";
import type { FileFailure, MigrationSession } from "../run";
import { hashOf } from "../text";
import { withHalfMade } from "./half-made";
import { connectMigrator, forgetSession, type MigratorReach } from "./connect";
import { failureOf } from "./failure";
import {
  createHistory,
  dropHistory,
  eraseRow,
  historyTableOf,
  readHistory,
  writeAll,
  writeFailure,
  writeHistory,
  type HistoryTable,
} from "./history-table";
import { lockHistory, lockHolder, lockRunning } from "./lock";
import { engineNames, forgetName, runByEngine } from "./migrator";
import { readOther, recogniseOthers } from "./others";
import { parseStatements } from "./parse";

/** Two sessions: files run in one, and the other keeps the lock and the record, whatever becomes of the first. */
export class PostgresqlMigrationSession implements MigrationSession {
  private constructor(
    private readonly record: Client,
    private readonly work: Client,
    private readonly table: HistoryTable,
    private readonly runAs: string,
    private readonly deadline: number,
  ) {}

  static async open(reach: MigratorReach, login: Login, historyTable: string): Promise<PostgresqlMigrationSession> {
    const record = await connectMigrator(reach, login);
    try {
      const work = await connectMigrator(reach, login);
      return new PostgresqlMigrationSession(record, work, historyTableOf(historyTable), reach.runAs, reach.deadline);
    } catch (error) {
      await record.end().catch(() => undefined);
      throw error;
    }
  }

  history(): Promise<HistoryRow[]> {
    return readHistory(this.record, this.table);
  }

  holder(): Promise<string | undefined> {
    return lockHolder(this.record, this.table);
  }

  lock(until: number): Promise<void> {
    return lockHistory(this.record, this.table, until);
  }

  prepare(admin: string): Promise<void> {
    return createHistory(this.record, this.table, admin);
  }

  others(): Promise<OtherHistory[]> {
    return recogniseOthers(this.record);
  }

  readOther(other: OtherHistory): Promise<OtherRecord> {
    return readOther(this.record, other);
  }

  mark(row: Omit<HistoryRow, "at">): Promise<void> {
    return writeHistory(this.record, this.table, row);
  }

  markAll(rows: readonly Omit<HistoryRow, "at">[]): Promise<void> {
    return writeAll(this.record, this.table, rows);
  }

  async apply(file: MigrationFile, verify: MigrationFile | undefined, runId: string): Promise<FileFailure | undefined> {
    const transactional = !file.header.noTransaction;
    const begun = { name: file.name, sha256: file.sha256, rendered: hashOf(file.text), transactional, runId };
    const started = Date.now();
    // Before anything runs: whoever comes after a crash knows which file it was.
    await this.mark({ ...begun, state: "applying", ...(transactional ? {} : { statement: 1 }) });
    const there = await engineNames(this.record, this.table);
    if (there.includes(file.name)) await forgetName(this.record, this.table, file.name);
    let statement: number | undefined;
    let at = file;
    try {
      await this.inTime(() =>
        runByEngine({
          client: this.work,
          table: this.table,
          there,
          name: file.name,
          transactional,
          work: async () => {
            await this.begin(transactional);
            if (transactional) await this.work.query(file.text);
            else
              await this.oneByOne(file, async (number) => {
                statement = number;
                if (number > 1) await this.mark({ ...begun, state: "applying", statement });
              });
            statement = undefined;
            at = verify ?? file;
            if (verify !== undefined) await this.work.query(verify.text);
            // A file may have left the session as somebody else.
            await this.work.query(`SET ROLE ${this.work.escapeIdentifier(this.runAs)}`);
            await writeHistory(this.work, this.table, { ...begun, state: "applied", ms: Date.now() - started });
          },
        }),
      );
      await forgetSession(this.work, this.runAs);
      return undefined;
    } catch (error) {
      const known = failureOf(error, at, { rolledBack: transactional, statement });
      const failure = transactional ? known : await withHalfMade(this.record, known);
      const { code } = failure;
      const failed = { ...begun, state: "failed", statement, code, ms: Date.now() - started } as const;
      return (await writeFailure(this.record, this.table, failed)) ? failure : undefined;
    }
  }

  /** Nothing runs for a run that has lost its lock: another one would run the same beside it. */
  private async begin(transactional: boolean): Promise<void> {
    await lockRunning(this.work, this.table, transactional);
    await this.record.query("SELECT");
  }

  async verify(file: MigrationFile): Promise<FileFailure | undefined> {
    try {
      await this.work.query("BEGIN READ ONLY");
      await this.inTime(() => this.work.query(file.text));
      return undefined;
    } catch (error) {
      return failureOf(error, file, { rolledBack: true });
    } finally {
      await this.work.query("ROLLBACK").catch(() => undefined);
      await forgetSession(this.work, this.runAs).catch(() => undefined);
    }
  }

  async takeBack(down: MigrationFile, row: HistoryRow, runId: string): Promise<FileFailure | undefined> {
    const transactional = !down.header.noTransaction;
    const { name, sha256, rendered } = row;
    const begun = { name, sha256, rendered, transactional, runId };
    let statement: number | undefined;
    try {
      if (transactional) {
        await this.work.query("BEGIN");
        await this.begin(transactional);
        await this.inTime(() => this.work.query(down.text));
        await this.work.query(`SET ROLE ${this.work.escapeIdentifier(this.runAs)}`);
        await eraseRow(this.work, this.table, name);
        await this.work.query("COMMIT");
      } else {
        await this.begin(transactional);
        await this.inTime(() =>
          this.oneByOne(down, async (number) => {
            statement = number;
            await this.mark({ ...begun, state: "applying", statement });
          }),
        );
      }
      await this.erase(name);
      await forgetSession(this.work, this.runAs);
      return undefined;
    } catch (error) {
      if (transactional) await this.work.query("ROLLBACK").catch(() => undefined);
      const failure = failureOf(error, down, { rolledBack: transactional, statement });
      if (!transactional) await this.mark({ ...begun, state: "failed", statement, code: failure.code });
      return failure;
    }
  }

  async erase(name: string): Promise<void> {
    await eraseRow(this.record, this.table, name);
    const there = await engineNames(this.record, this.table);
    if (there.includes(name)) await forgetName(this.record, this.table, name);
  }

  dropHistory(): Promise<void> {
    return dropHistory(this.record, this.table);
  }

  /** The server's own limit is one statement's, and a file may have many. */
  private async inTime(run: () => Promise<unknown>): Promise<void> {
    const { rows } = await this.work.query<{ pid: number }>("SELECT pg_catalog.pg_backend_pid() AS pid");
    const pid = rows[0]?.pid;
    const endSession = async (): Promise<void> => {
      try {
        // The login itself may end its sessions; the role that it acts as may not.
        await this.record.query("SET ROLE NONE");
        await this.record.query("SELECT pg_catalog.pg_terminate_backend($1)", [pid]);
        await this.record.query(`SET ROLE ${this.record.escapeIdentifier(this.runAs)}`);
      } catch {
        await this.work.end().catch(() => undefined);
      }
    };
    return withinDeadline(this.deadline, endSession, async () => void (await run()));
  }

  /** What cannot run in a transaction cannot run beside another statement in one message either. */
  private async oneByOne(file: MigrationFile, before: (statement: number) => Promise<void>): Promise<void> {
    const parsed = await parseStatements(file.text);
    if ("problem" in parsed) throw new Error("unreachable: the file was checked before it was run");
    for (const [index, { text }] of parsed.statements.entries()) {
      await before(index + 1);
      await this.work.query(text);
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.work.end().catch(() => undefined), this.record.end().catch(() => undefined)]);
  }
}
