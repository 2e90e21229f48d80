import { LEDGER_NAME } from "../../access/names";
import type { ClaimRecord, CredentialRecord } from "../../access/record";
import { DbAccessError } from "../../errors";
import type { Ledger, LedgerQuery } from "../engine";
import type { Connection, Connections } from "./connection";
import { packItems, unpackItems, type StoredGroup } from "./ledger-items";
import { ledgerIsTrusted } from "./ledger-trust";
import type { ClusterLock } from "./lock";
import { literal } from "./quote";
import { rollBack } from "./transaction";

const ledgerFormat = 1;

/** The id has C collation so that its primary key also serves prefixes; owners can be longer than a B-tree entry. */
const createStatements = (cluster: string): string => `
CREATE SCHEMA ${LEDGER_NAME};
CREATE TABLE ${LEDGER_NAME}.meta (format integer NOT NULL, cluster text NOT NULL);
CREATE TABLE ${LEDGER_NAME}.claims (
  id text COLLATE "C" PRIMARY KEY, owner text NOT NULL, kind text NOT NULL, grantee text NOT NULL, database_name text NOT NULL,
  state text NOT NULL, generation bigint NOT NULL, adopted boolean NOT NULL, retained boolean NOT NULL,
  claim jsonb NOT NULL, items jsonb NOT NULL, credentials jsonb, updated timestamptz NOT NULL);
CREATE INDEX claims_owner ON ${LEDGER_NAME}.claims USING hash (owner);
CREATE INDEX claims_grantee ON ${LEDGER_NAME}.claims USING hash (grantee);
COMMENT ON SCHEMA ${LEDGER_NAME} IS 'Which users and grants db-access manages, and for whom. Not to be changed by hand.';
INSERT INTO ${LEDGER_NAME}.meta VALUES (${ledgerFormat}, ${literal(cluster)})`;

const readQuery = `
WITH wanted AS (
  SELECT id FROM ${LEDGER_NAME}.claims WHERE id = ANY ($1::text[])
  UNION SELECT c.id FROM unnest($2::text[], $3::text[]) AS span(first, beyond)
    JOIN ${LEDGER_NAME}.claims c ON c.id >= span.first COLLATE "C" AND c.id < span.beyond COLLATE "C"
  UNION SELECT id FROM ${LEDGER_NAME}.claims WHERE owner = ANY ($4::text[])
  UNION SELECT id FROM ${LEDGER_NAME}.claims WHERE grantee = ANY ($5::text[]))
SELECT m.format, m.cluster, to_jsonb(c) AS claim
FROM ${LEDGER_NAME}.meta m LEFT JOIN (wanted JOIN ${LEDGER_NAME}.claims c USING (id)) ON true`;

const metaQuery = `SELECT format, cluster FROM ${LEDGER_NAME}.meta`;

const columns = [
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
];

const writeQuery = `
INSERT INTO ${LEDGER_NAME}.claims (id, ${columns.join(", ")}, updated)
SELECT id, ${columns.join(", ")}, clock_timestamp() FROM jsonb_to_recordset($1::jsonb) AS r (
  id text, owner text, kind text, grantee text, database_name text, state text, generation bigint, adopted boolean, retained boolean,
  claim jsonb, items jsonb, credentials jsonb)
ON CONFLICT (id) DO UPDATE SET ${columns.map((column) => `${column} = excluded.${column}`).join(", ")}, updated = excluded.updated`;

interface Meta {
  format: number;
  cluster: string;
}

interface LedgerRow extends Meta {
  claim: StoredClaim | null;
}

interface StoredClaim {
  id: string;
  owner: string;
  kind: ClaimRecord["kind"];
  grantee: string;
  database_name: string;
  state: ClaimRecord["state"];
  generation: number;
  adopted: boolean;
  retained: boolean;
  claim: ClaimRecord["claim"];
  items: StoredGroup[];
  credentials: CredentialRecord | null;
}

export class PostgresqlLedger implements Ledger {
  /** Found and believed in this session: who may use it, and whose it is. */
  private trusted = false;
  private ours = false;

  constructor(
    private readonly connections: Connections,
    private readonly lock: ClusterLock,
    private readonly cluster: string,
  ) {}

  async read(query: LedgerQuery): Promise<ClaimRecord[]> {
    const connection = await this.connections.admin();
    if (!(await this.exists(connection))) return [];
    const prefixes = query.idPrefixes.filter((prefix) => prefix !== "");
    const rows = await this.rows(connection, [
      query.ids,
      prefixes,
      prefixes.map(pastPrefix),
      query.owners,
      query.grantees,
    ]);
    this.assertMeta(rows[0]);
    return rows.flatMap((row) => (row.claim === null ? [] : [toRecord(row.claim)]));
  }

  async write(records: ClaimRecord[]): Promise<void> {
    this.lock.assertHeld();
    if (records.length === 0) return;
    const connection = await this.connections.admin();
    if (await this.exists(connection)) await this.readMeta(connection);
    else await this.create(connection);
    await connection.query(writeQuery, [JSON.stringify(records.map(toStored))], { step: "writing the ledger" });
  }

  async remove(ids: string[]): Promise<void> {
    this.lock.assertHeld();
    const connection = await this.connections.admin();
    if (ids.length === 0 || !(await this.exists(connection))) return;
    await this.readMeta(connection);
    await connection.query(`DELETE FROM ${LEDGER_NAME}.claims WHERE id = ANY ($1::text[])`, [ids], {
      step: "writing the ledger",
    });
  }

  private async exists(connection: Connection): Promise<boolean> {
    this.trusted ||= await ledgerIsTrusted(connection);
    return this.trusted;
  }

  private async rows(connection: Connection, values: unknown[]): Promise<LedgerRow[]> {
    try {
      return await connection.query<LedgerRow>(readQuery, values, { step: "reading the ledger" });
    } catch (error) {
      // A newer format may have other columns; only `meta` stays as it is.
      if (error instanceof DbAccessError && error.code === "ObjectMissing") await this.readMeta(connection);
      throw error;
    }
  }

  private async readMeta(connection: Connection): Promise<void> {
    if (this.ours) return;
    const [meta] = await connection.query<Meta>(metaQuery, [], { step: "reading the ledger" });
    this.assertMeta(meta);
  }

  private assertMeta(meta: Meta | undefined): void {
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
    if (meta.cluster !== this.cluster)
      throw new DbAccessError(
        "NotOurs",
        `The ledger on this server is that of cluster ${meta.cluster}, not of ${this.cluster}; nothing was done. ` +
          `Use the name ${meta.cluster}; taking over a ledger after a restore under a new name comes later (adopt: fromLedger).`,
      );
    this.ours = true;
  }

  /** In one transaction, which is taken back when default privileges of the login would open the ledger to others. */
  private async create(connection: Connection): Promise<void> {
    const step = "creating the ledger";
    try {
      await connection.script(`BEGIN; ${createStatements(this.cluster)}`, { step });
      await ledgerIsTrusted(connection);
      await connection.script("COMMIT", { step });
    } catch (error) {
      await rollBack(connection);
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
    this.trusted = true;
    this.ours = true;
  }
}

/** The smallest text after everything that begins with the prefix. Ids are ASCII. */
const pastPrefix = (prefix: string): string =>
  prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);

const toStored = (record: ClaimRecord): StoredClaim => {
  const { database, items, credentials, ...rest } = record;
  return { ...rest, database_name: database, items: packItems(items), credentials: credentials ?? null };
};

const toRecord = (stored: StoredClaim): ClaimRecord => {
  const {
    id,
    owner,
    kind,
    grantee,
    database_name: database,
    state,
    generation,
    adopted,
    retained,
    claim,
    items,
    credentials,
  } = stored;
  const record = {
    id,
    owner,
    kind,
    grantee,
    database,
    state,
    generation,
    adopted,
    retained,
    claim,
    items: unpackItems(items),
  };
  return credentials === null ? record : { ...record, credentials };
};
