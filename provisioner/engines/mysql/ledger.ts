import type { ClaimRecord } from "../../access/record";
import { DbAccessError } from "../../errors";
import type { ChangeHead, Ledger, LedgerChange, LedgerQuery, LedgerSurvey } from "../engine";
import type { Connection, Row } from "./connection";
import type { MySqlFacts } from "./facts";
import { readingOf, surveyOf } from "./ledger-query";
import { ended, fields, isHead, toEndedValues, toHead, toHeadValues, toRecord, toValues } from "./ledger-rows";
import { claimsTable, creation, format, metaTable } from "./ledger-tables";
import type { ClusterLock } from "./lock";
import { inspectLedger } from "./trust";

/** Whose ledger it says it is. */
interface Meta {
  cluster: string;
  /** Names the cluster had before. */
  former: string[];
}

/** The record of claims in the database `db_access`. */
export class MySqlLedger implements Ledger {
  /** The tables that exist, or why nothing in them can be believed. */
  private found: Set<string> | DbAccessError = new Set();
  private meta: Meta | undefined;
  head: ChangeHead = { number: 0, hash: "" };

  constructor(
    private readonly connection: Connection,
    private readonly facts: MySqlFacts,
    private readonly lock: ClusterLock,
    private readonly cluster: string,
  ) {}

  /** Once per session, before anything in the ledger is believed or changed; the readings say what came of it. */
  async inspect(): Promise<void> {
    try {
      this.found = await inspectLedger(this.connection, this.facts);
    } catch (error) {
      if (!(error instanceof DbAccessError) || error.code !== "LedgerUntrusted") throw error;
      this.found = error;
    }
  }

  async read(query: LedgerQuery): Promise<ClaimRecord[]> {
    if (!(await this.exists())) return [];
    const { sql, values } = readingOf(query, this.facts.family, this.cluster);
    const rows = await this.connection.rows("reading the ledger", sql, values);
    const [first] = rows;
    if (first === undefined) return [];
    this.readMeta(first);
    const head = rows.find(isHead);
    if (head !== undefined) this.head = toHead(head);
    return rows.filter((row) => row.id !== null && !isHead(row)).map(toRecord);
  }

  async survey(): Promise<LedgerSurvey> {
    if (!(await this.exists())) return { owners: [] };
    const { sql, values } = surveyOf(this.facts.family, this.cluster);
    const rows = await this.connection.rows("counting the ledger's claims", sql, values);
    const [first] = rows;
    if (first === undefined) return { owners: [] };
    this.readMeta(first);
    const head = rows.find(isHead);
    return {
      owners: rows
        .filter(({ owner }) => owner !== null)
        .map(({ owner, claims }) => ({ owner: String(owner), claims: Number(claims) })),
      ...(head === undefined ? {} : { audit: toHead(head) }),
    };
  }

  write(records: ClaimRecord[]): Promise<void> {
    return this.change({ write: records, remove: [] });
  }

  remove(ids: string[]): Promise<void> {
    return this.change({ write: [], remove: ids });
  }

  /** All of it in one message: what ends without any other row to write is only deleted. */
  async change({ write, remove, head }: LedgerChange): Promise<void> {
    if (!this.lock.isHeld) throw new Error("The ledger is written only under the cluster's lock.");
    if (write.length > 0) await this.take();
    else if (head !== undefined && !(await this.isKnown())) await this.create();
    if (write.length > 0 || head !== undefined) await this.replace(write, remove, head);
    // The rows that have ended are of no use to anybody, and a cluster may see claims come and go for years.
    if (remove.length > 0 && write.length === 0) await this.delete(remove);
    if (head !== undefined) this.head = head;
  }

  private async replace(write: ClaimRecord[], remove: string[], head: ChangeHead | undefined): Promise<void> {
    const rows = [
      ...write.map(toValues),
      ...remove.map(toEndedValues),
      ...(head === undefined ? [] : [toHeadValues(head)]),
    ];
    const row = `(${fields.map(() => "?").join(", ")})`;
    await this.connection.run(
      "writing the ledger",
      `REPLACE INTO ${claimsTable} (${fields.join(", ")}) VALUES ${rows.map(() => row).join(", ")}`,
      rows.flat(),
    );
  }

  private async delete(ids: string[]): Promise<void> {
    // There is nothing to remove without a ledger.
    if (!(await this.isKnown())) return;
    await this.connection.run(
      "removing claims from the ledger",
      `DELETE FROM ${claimsTable} WHERE id IN (?) OR state = '${ended}'`,
      [ids],
    );
  }

  private async isKnown(): Promise<boolean> {
    if (this.meta === undefined) await this.read({ ids: [], idPrefixes: [], owners: [], grantees: [] });
    return this.meta !== undefined;
  }

  /** One that was not there when the session began may have been created since. */
  private async exists(): Promise<boolean> {
    const isThere = (): boolean => {
      if (this.found instanceof DbAccessError) throw this.found;
      return this.found.has("meta") && this.found.has("claims");
    };
    if (isThere()) return true;
    await this.inspect();
    return isThere();
  }

  /** Creates the ledger where there is none, and gives it the cluster's present name. */
  private async take(): Promise<void> {
    if (this.meta === undefined) await this.create();
    const { cluster, former } = this.meta ?? { cluster: this.cluster, former: [] };
    if (cluster === this.cluster) return;
    const names = [...new Set([...former, cluster])].filter((name) => name !== this.cluster);
    await this.connection.run("naming the ledger's cluster", `UPDATE ${metaTable} SET cluster = ?, former = ?`, [
      this.cluster,
      JSON.stringify(names),
    ]);
    this.meta = { cluster: this.cluster, former: names };
  }

  private async create(): Promise<void> {
    if (!(await this.exists())) for (const { step, sql } of creation) await this.connection.run(step, sql);
    this.found = new Set(["meta", "claims"]);
    await this.connection.run("naming the ledger's cluster", `INSERT IGNORE INTO ${metaTable} VALUES (1, ?, ?, '[]')`, [
      format,
      this.cluster,
    ]);
    const [row] = await this.connection.rows("reading the ledger's format", `SELECT * FROM ${metaTable}`);
    if (row !== undefined) this.readMeta(row);
  }

  private readMeta(row: Row): void {
    if (Number(row.format) > format)
      throw new DbAccessError(
        "LedgerTooNew",
        `The record on the server has format ${String(row.format)}, and this provisioner knows up to ${String(format)}. Upgrade the provisioner.`,
      );
    this.meta = { cluster: String(row.cluster), former: JSON.parse(String(row.former)) as string[] };
  }
}
