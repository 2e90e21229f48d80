import type { Connection, RowDataPacket } from "mysql2/promise";
import type { Login } from "../../engines/mysql/connection";
import { identifierSql } from "../../engines/mysql/names";
import { DbAccessError } from "../../errors";
import { entering } from "../entering";
import type { MigrationFile } from "../folder";
import type { HistoryRow } from "../history";
import type { FileFailure, MigrationSession } from "../run";
import { connectMigrator } from "./connect";
import { failureOf } from "./failure";
import { createHistory, engineNames, forgetName, readHistory, writeHistory, type HistoryTable } from "./history-table";
import { rawOf } from "./raw";
import { lockHistory, lockHolder } from "./lock";
import { runByEngine } from "./migrator";
import { Progress } from "./progress";

/** The lock and the record in one session; each file in one of its own, because what it sets ends only with that. */
export class MysqlMigrationSession implements MigrationSession {
  private constructor(
    private readonly record: Connection,
    private readonly table: HistoryTable,
    private readonly enter: () => Promise<Login>,
  ) {}

  /** `enter` gives a login that works now: another run of the same database may have changed its password. */
  static async open(enter: () => Promise<Login>, table: HistoryTable): Promise<MysqlMigrationSession> {
    const record = await entering(enter, (login) => connectMigrator(login, table.database, false));
    return new MysqlMigrationSession(record, table, enter);
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

  prepare(): Promise<void> {
    return createHistory(this.record, this.table);
  }

  mark(row: Omit<HistoryRow, "at">): Promise<void> {
    return writeHistory(this.record, this.table, row);
  }

  async apply(file: MigrationFile, verify: MigrationFile | undefined, runId: string): Promise<FileFailure | undefined> {
    for (const { text, name } of [file, ...(verify === undefined ? [] : [verify])]) await this.assertFits(name, text);
    const begun = { name: file.name, sha256: file.sha256, transactional: false, runId };
    const started = Date.now();
    const work = await entering(this.enter, (login) => connectMigrator(login, this.table.database, true));
    const mark = (statement: number): Promise<void> => this.mark({ ...begun, state: "applying", statement });
    const progress = new Progress(mark);
    try {
      // Before anything runs: whoever comes after a crash knows which file it was.
      await mark(progress.statement);
      const there = await engineNames(this.record, this.table);
      if (there.includes(file.name)) await forgetName(this.record, this.table, file.name);
      await runByEngine(work, this.table, there, file.name, async () => {
        await sendWhole(work, file.text, () => progress.next());
        if (verify !== undefined) await sendWhole(work, verify.text, () => undefined);
        // The engine writes its own row where the file has left the session.
        await work.query(`USE ${identifierSql(this.table.database)}`);
      });
      await progress.settled();
      await this.mark({ ...begun, state: "applied", ms: Date.now() - started });
      return undefined;
    } catch (error) {
      await progress.settled();
      const { statement } = progress;
      const failure = failureOf(error, file, statement);
      await this.mark({ ...begun, state: "failed", statement, code: failure.code, ms: Date.now() - started });
      return failure;
    } finally {
      work.destroy();
    }
  }

  /** A file is one packet; the server would cut the connection at a longer one. */
  private async assertFits(name: string, text: string): Promise<void> {
    const [[row]] = await this.record.query<RowDataPacket[]>("SELECT @@max_allowed_packet AS most");
    const most = Number(row?.most);
    // The command's own byte.
    if (Buffer.byteLength(text) + 1 <= most) return;
    throw new DbAccessError(
      "MigrationRefused",
      `${name} has ${Buffer.byteLength(text)} bytes, and the server takes ${most} in one packet (max_allowed_packet); split the file. Nothing of it was run.`,
    );
  }

  async close(): Promise<void> {
    await this.record.end().catch(() => this.record.destroy());
  }
}

/** All statements in one message. The server answers each, so that the one that fails is known by counting. */
function sendWhole(connection: Connection, text: string, ended: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const query = rawOf(connection).query(text);
    query.on("fields", ended);
    query.on("error", reject);
    query.on("end", () => resolve());
  });
}
