import type { Claim } from "../../access/claims";
import type { ClaimRecord, CredentialRecord, RecordedItem } from "../../access/record";
import { DbAccessError } from "../../errors";
import type { Ledger, LedgerQuery } from "../engine";
import type { Connection, Row, Value } from "./connection";
import type { MySqlFacts } from "./facts";
import type { ClusterLock } from "./lock";
import { inspectLedger, ledgerDatabase } from "./trust";

const format = 1;
const claims = `${ledgerDatabase}.claims`;
const meta = `${ledgerDatabase}.meta`;

/** Each step can run again. The meta row comes last: without it there is no ledger yet. */
const creation: { step: string; sql: string }[] = [
  {
    step: "creating the ledger's database",
    sql: `CREATE DATABASE IF NOT EXISTS ${ledgerDatabase} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
  },
  {
    step: "creating the ledger's format table",
    sql: `CREATE TABLE IF NOT EXISTS ${meta} (
      id TINYINT NOT NULL PRIMARY KEY,
      format INT NOT NULL,
      cluster VARCHAR(64) NOT NULL
    ) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
  },
  {
    // Ids are percent-encoded, so their longest names still are ASCII and fit the length an index may have.
    step: "creating the ledger's claim table",
    sql: `CREATE TABLE IF NOT EXISTS ${claims} (
      id VARCHAR(2048) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
      owner VARCHAR(2048) NOT NULL,
      kind VARCHAR(16) NOT NULL,
      grantee VARCHAR(128) NOT NULL,
      database_name VARCHAR(128) NOT NULL,
      state VARCHAR(8) NOT NULL,
      generation BIGINT NOT NULL,
      adopted BOOLEAN NOT NULL,
      retained BOOLEAN NOT NULL,
      claim MEDIUMTEXT NOT NULL,
      items MEDIUMTEXT NOT NULL,
      credentials TEXT NULL,
      updated TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
      KEY owner (owner(191)),
      KEY grantee (grantee)
    ) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin ROW_FORMAT=DYNAMIC`,
  },
];

const fields = [
  "id",
  "owner",
  "kind",
  "grantee",
  "database_name",
  "state",
  "generation",
  "adopted",
  "retained",
  "claim",
  "items",
  "credentials",
] as const;

const toValues = (record: ClaimRecord): Value[] => [
  record.id,
  record.owner,
  record.kind,
  record.grantee,
  record.database,
  record.state,
  record.generation,
  record.adopted,
  record.retained,
  JSON.stringify(record.claim),
  JSON.stringify(record.items),
  record.credentials === undefined ? null : JSON.stringify(record.credentials),
];

const toRecord = (row: Row): ClaimRecord => ({
  id: String(row.id),
  owner: String(row.owner),
  kind: String(row.kind) as ClaimRecord["kind"],
  grantee: String(row.grantee),
  database: String(row.database_name),
  state: row.state === "intent" ? "intent" : "done",
  generation: Number(row.generation),
  adopted: row.adopted === 1,
  retained: row.retained === 1,
  claim: JSON.parse(String(row.claim)) as Claim,
  items: JSON.parse(String(row.items)) as RecordedItem[],
  ...(row.credentials === null ? {} : { credentials: JSON.parse(String(row.credentials)) as CredentialRecord }),
});

/** The ids a query means, each condition over its own index; ids are ASCII, so DEL ends the range of a prefix. */
function wanted(query: LedgerQuery): { sql: string; values: Value[] } | undefined {
  const parts: { sql: string; values: Value[] }[] = [];
  const list = (column: string, texts: string[]): void => {
    if (texts.length > 0) parts.push({ sql: `SELECT id FROM ${claims} WHERE ${column} IN (?)`, values: [texts] });
  };
  list("id", query.ids);
  list("owner", query.owners);
  list("grantee", query.grantees);
  for (const prefix of query.idPrefixes)
    parts.push({ sql: `SELECT id FROM ${claims} WHERE id >= ? AND id < ?`, values: [prefix, `${prefix}\u007f`] });
  if (parts.length === 0) return undefined;
  return { sql: parts.map((part) => part.sql).join(" UNION "), values: parts.flatMap((part) => part.values) };
}

/** The record of claims in the database `db_access`. */
export class MySqlLedger implements Ledger {
  private tables: Set<string> | undefined;
  private ready = false;

  constructor(
    private readonly connection: Connection,
    private readonly facts: MySqlFacts,
    private readonly lock: ClusterLock,
    private readonly cluster: string,
  ) {}

  async read(query: LedgerQuery): Promise<ClaimRecord[]> {
    const tables = await this.inspect();
    if (!tables.has("meta") || !tables.has("claims")) return [];
    const ids = wanted(query);
    // The format comes with every reading, so that a newer function's upgrade is noticed by one that is still running.
    const rows = await this.connection.rows(
      "reading the ledger",
      ids === undefined
        ? `SELECT format, cluster, NULL AS id FROM ${meta}`
        : `SELECT m.format, m.cluster, c.* FROM ${meta} m LEFT JOIN
           (SELECT k.* FROM ${claims} k JOIN (${ids.sql}) w USING (id)) c ON TRUE`,
      ids?.values,
    );
    const [first] = rows;
    if (first === undefined) return [];
    this.checkMeta(first);
    this.ready = true;
    return rows.filter((row) => row.id !== null).map(toRecord);
  }

  async write(records: ClaimRecord[]): Promise<void> {
    this.requireLock();
    if (records.length === 0) return;
    await this.create();
    const row = `(${fields.map(() => "?").join(", ")})`;
    await this.connection.run(
      "writing the ledger",
      `REPLACE INTO ${claims} (${fields.join(", ")}) VALUES ${records.map(() => row).join(", ")}`,
      records.flatMap(toValues),
    );
  }

  async remove(ids: string[]): Promise<void> {
    this.requireLock();
    if (ids.length === 0) return;
    // There is nothing to remove without a ledger, and nothing of ours in another cluster's.
    if (!this.ready) await this.read({ ids: [], idPrefixes: [], owners: [], grantees: [] });
    if (!this.ready) return;
    await this.connection.run("removing claims from the ledger", `DELETE FROM ${claims} WHERE id IN (?)`, [ids]);
  }

  /** Once per session, before anything in the ledger is believed or changed. */
  private async inspect(): Promise<Set<string>> {
    this.tables ??= await inspectLedger(this.connection, this.facts);
    return this.tables;
  }

  private async create(): Promise<void> {
    if (this.ready) return;
    const tables = await this.inspect();
    if (!tables.has("meta") || !tables.has("claims"))
      for (const { step, sql } of creation) await this.connection.run(step, sql);
    await this.connection.run("naming the ledger's cluster", `INSERT IGNORE INTO ${meta} VALUES (1, ?, ?)`, [
      format,
      this.cluster,
    ]);
    const [row] = await this.connection.rows("reading the ledger's format", `SELECT format, cluster FROM ${meta}`);
    if (row !== undefined) this.checkMeta(row);
    this.tables = new Set([...tables, "meta", "claims"]);
    this.ready = true;
  }

  private checkMeta(row: Row): void {
    if (Number(row.format) > format)
      throw new DbAccessError(
        "LedgerTooNew",
        `The record on the server has format ${String(row.format)}, and this provisioner knows up to ${String(format)}. Upgrade the provisioner.`,
      );
    if (row.cluster !== this.cluster)
      throw new DbAccessError(
        "NotOurs",
        `The record on the server belongs to the cluster ${String(row.cluster)}, not to ${this.cluster}.`,
      );
  }

  private requireLock(): void {
    if (!this.lock.isHeld) throw new Error("The ledger is written only under the cluster's lock.");
  }
}
