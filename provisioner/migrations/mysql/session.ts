import type { Connection, RowDataPacket } from "mysql2/promise";
import { DbAccessError } from "../../errors";
import { withinDeadline } from "../deadline";
import { entering } from "../entering";
import type { MigrationFile } from "../folder";
import type { HistoryRow } from "../history";
import type { OtherHistory, OtherRecord } from "../others/tool";
import type { FileFailure, MigrationSession } from "../run";
import { hashOf } from "../text";
import { connectMigrator, settle, type MigratorLogin } from "./connect";
import { counting } from "./counting";
import { failureOf } from "./failure";
import {
  createHistory,
  dropHistory,
  engineNames,
  eraseRow,
  forgetName,
  readHistory,
  writeAll,
  writeHistory,
  type HistoryTable,
} from "./history-table";
import { rawOf } from "./raw";
import { lockHistory, lockHolder } from "./lock";
import { runByEngine } from "./migrator";
import { readOther, recogniseOthers } from "./others";
import { Progress } from "./progress";

/** The lock and the record in one session; each file in one of its own, because what it sets ends only with that. */
export class MysqlMigrationSession implements MigrationSession {
  private constructor(
    private readonly record: Connection,
    private readonly table: HistoryTable,
    private readonly enter: () => Promise<MigratorLogin>,
    private readonly deadline: number,
    private readonly largestPacket: number,
  ) {}

  /** `enter` gives a login that works now: another run of the same database may have changed its password. */
  static async open(enter: () => Promise<MigratorLogin>, table: HistoryTable): Promise<MysqlMigrationSession> {
    const [record, deadline] = await entering(
      enter,
      async (login) => [await connectMigrator(login, table.database, false), login.deadline] as const,
    );
    const [[row]] = await record
      .query<RowDataPacket[]>("SELECT @@max_allowed_packet AS most")
      .catch((error: unknown) => {
        record.destroy();
        throw error;
      });
    return new MysqlMigrationSession(record, table, enter, deadline, Number(row?.most));
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

  others(): Promise<OtherHistory[]> {
    return recogniseOthers(this.record, this.table.database);
  }

  readOther(other: OtherHistory): Promise<OtherRecord> {
    return readOther(this.record, this.table.database, other);
  }

  mark(row: Omit<HistoryRow, "at">): Promise<void> {
    return writeHistory(this.record, this.table, row);
  }

  markAll(rows: readonly Omit<HistoryRow, "at">[]): Promise<void> {
    return writeAll(this.record, this.table, rows);
  }

  async apply(file: MigrationFile, verify: MigrationFile | undefined, runId: string): Promise<FileFailure | undefined> {
    for (const sent of [file, ...(verify === undefined ? [] : [verify])]) this.assertFits(sent);
    const { name, sha256 } = file;
    const begun = { name, sha256, rendered: hashOf(file.text), transactional: false, runId };
    const started = Date.now();
    const there = await engineNames(this.record, this.table);
    let checking: MigrationFile | undefined;
    const failure = await this.inOwnSession(begun, file, async (work, send) => {
      if (there.includes(name)) await forgetName(this.record, this.table, name);
      await runByEngine(work, this.table, there, name, async () => {
        await send();
        await settle(work, this.table.database);
        checking = verify;
        if (verify !== undefined) await sendWhole(work, verify.text, () => undefined);
        checking = undefined;
        // The engine writes its own row where the files have left the session.
        await settle(work, this.table.database);
      });
    });
    if (failure === undefined) await this.mark({ ...begun, state: "applied", ms: Date.now() - started });
    // The file has run to its end, and its check has not.
    return failure === undefined || checking === undefined
      ? failure
      : { ...failure, file: checking.name, statement: undefined };
  }

  async verify(file: MigrationFile): Promise<FileFailure | undefined> {
    this.assertFits(file);
    const work = await this.openWork();
    try {
      // The session and not one transaction: a COMMIT in the file begins another one.
      await work.query("SET SESSION TRANSACTION READ ONLY");
      await work.query("START TRANSACTION READ ONLY");
      await withinDeadline(this.deadline, await this.endOf(work), () => sendWhole(work, file.text, () => undefined));
      return undefined;
    } catch (error) {
      return failureOf(error, file, { rolledBack: true });
    } finally {
      work.destroy();
    }
  }

  async takeBack(down: MigrationFile, row: HistoryRow, runId: string): Promise<FileFailure | undefined> {
    this.assertFits(down);
    const { name, sha256, rendered } = row;
    const begun = { name, sha256, rendered, transactional: false, runId };
    const failure = await this.inOwnSession(begun, down, async (work, send) => {
      await send();
      await settle(work, this.table.database);
    });
    if (failure === undefined) await this.erase(name);
    return failure;
  }

  erase(name: string): Promise<void> {
    return eraseRow(this.record, this.table, name);
  }

  dropHistory(): Promise<void> {
    return dropHistory(this.record, this.table);
  }

  private openWork(): Promise<Connection> {
    return entering(this.enter, (login) => connectMigrator(login, this.table.database, true));
  }

  /** A login may end its own sessions. */
  private async endOf(work: Connection): Promise<() => Promise<void>> {
    const [[row]] = await work.query<RowDataPacket[]>("SELECT CONNECTION_ID() AS id");
    return async () => {
      await this.record.query("KILL CONNECTION ?", [Number(row?.id)]).catch(() => work.destroy());
    };
  }

  /** One file to its end, with the statement that it is at written down beside it. `run` says when the file is sent. */
  private async inOwnSession(
    begun: Omit<HistoryRow, "at" | "state">,
    file: MigrationFile,
    run: (work: Connection, send: () => Promise<void>) => Promise<void>,
  ): Promise<FileFailure | undefined> {
    const started = Date.now();
    const work = await this.openWork();
    const mark = (statement: number): Promise<void> => this.mark({ ...begun, state: "applying", statement });
    const progress = new Progress(mark);
    // Answers are counted while it runs, and a CALL may give several: a session that is still there knows better.
    const send = (): Promise<void> =>
      counting(
        work,
        () => sendWhole(work, file.text, () => progress.next()),
        (statement) => progress.failedAt(statement),
      );
    try {
      // Before anything runs: whoever comes after a crash knows which file it was.
      await mark(progress.statement);
      await withinDeadline(this.deadline, await this.endOf(work), () => run(work, send));
      await progress.settled();
      return undefined;
    } catch (error) {
      await progress.settled();
      const { statement } = progress;
      const failure = failureOf(error, file, { statement });
      await this.mark({ ...begun, state: "failed", statement, code: failure.code, ms: Date.now() - started });
      return failure;
    } finally {
      work.destroy();
    }
  }

  /** A file is one packet; the server would cut the connection at a longer one. */
  private assertFits({ name, text }: MigrationFile): void {
    // The command's own byte.
    if (Buffer.byteLength(text) + 1 <= this.largestPacket) return;
    throw new DbAccessError(
      "MigrationRefused",
      `${name} has ${Buffer.byteLength(text)} bytes, and the server takes ${this.largestPacket} in one packet (max_allowed_packet); split the file. Nothing of it was run.`,
    );
  }

  async close(): Promise<void> {
    await this.record.end().catch(() => this.record.destroy());
  }
}

/** All statements in one message. The server answers each, so that the one that fails is known by counting. */
async function sendWhole(connection: Connection, text: string, ended: () => void): Promise<void> {
  let lost: ((error: unknown) => void) | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      lost = reject;
      // A session that is lost is told to the connection, and never to a command without a callback.
      connection.on("error", reject);
      const query = rawOf(connection).query(text);
      query.on("fields", ended);
      query.on("error", reject);
      query.on("end", () => resolve());
    });
  } finally {
    if (lost !== undefined) connection.off("error", lost);
  }
}
