import { LEDGER_NAME } from "../../access/names";
import type { ClaimRecord, CredentialRecord } from "../../access/record";
import type { ChangeHead, LedgerQuery } from "../engine";
import { headId, headState, ledgerColumns } from "../ledger-columns";
import { packItems, unpackItems, type StoredGroup } from "./ledger-items";
import { textArray } from "./literals";
import { literal } from "./quote";

export const ledgerFormat = 1;

/** The id has C collation so that its primary key also serves prefixes; owners can be longer than a B-tree entry. */
export const createLedger = (cluster: string): string[] => [
  `CREATE SCHEMA ${LEDGER_NAME}`,
  `CREATE TABLE ${LEDGER_NAME}.meta (format integer NOT NULL, cluster text NOT NULL, former text[] NOT NULL)`,
  `CREATE TABLE ${LEDGER_NAME}.claims (
  id text COLLATE "C" PRIMARY KEY, owner text NOT NULL, kind text NOT NULL, grantee text NOT NULL, database_name text NOT NULL,
  state text NOT NULL, generation bigint NOT NULL, adopted boolean NOT NULL, retained boolean NOT NULL,
  claim jsonb NOT NULL, items jsonb NOT NULL, credentials jsonb, updated timestamptz NOT NULL)`,
  `CREATE INDEX claims_owner ON ${LEDGER_NAME}.claims USING hash (owner)`,
  `CREATE INDEX claims_grantee ON ${LEDGER_NAME}.claims USING hash (grantee)`,
  `COMMENT ON SCHEMA ${LEDGER_NAME} IS 'Which users and grants db-access manages, and for whom. Not to be changed by hand.'`,
  `INSERT INTO ${LEDGER_NAME}.meta VALUES (${ledgerFormat}, ${literal(cluster)}, '{}')`,
];

export interface Meta {
  format: number;
  cluster: string;
}

export const metaQuery = `SELECT format, cluster FROM ${LEDGER_NAME}.meta`;

/** The ledger is ours from now on; whose it was is kept, so that their claims can still be found. */
export const takeOver = (cluster: string): string =>
  `UPDATE ${LEDGER_NAME}.meta SET cluster = ${literal(cluster)}, former = array_remove(former, ${literal(cluster)}) || cluster
WHERE cluster <> ${literal(cluster)}`;

export interface LedgerRow extends Meta {
  claim: StoredClaim | StoredHead | null;
}

export interface SurveyRow extends Meta {
  owner: string | null;
  claims: number | null;
  number: number | null;
  hash: string | null;
}

/**
 * Of this cluster's own claims one row per owner, one for the head of the change events, or a single one that speaks of
 * the ledger alone.
 */
export const surveyClaims = (cluster: string): string => `
SELECT m.format, m.cluster, s.owner, s.claims, s.number, s.hash FROM ${LEDGER_NAME}.meta m LEFT JOIN (
  SELECT owner, count(*)::int AS claims, NULL::float8 AS number, NULL AS hash FROM ${LEDGER_NAME}.claims
    WHERE id >= ${literal(ownPrefix(cluster))} AND id < ${literal(pastPrefix(ownPrefix(cluster)))} AND NOT retained
    GROUP BY owner
  UNION ALL SELECT NULL, NULL, generation::float8, claim ->> 'hash' FROM ${LEDGER_NAME}.claims WHERE id = ${literal(headId)}) s ON true
ORDER BY s.owner COLLATE "C"`;

const ownPrefix = (cluster: string): string => `postgresql/${cluster}/`;

/** The smallest text after everything that begins with the prefix. Ids are ASCII. */
const pastPrefix = (prefix: string): string =>
  prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);

interface AroundCluster {
  family: string;
  rest: string;
}

/** What `<family>/<cluster>/<rest>` has around its cluster. Not of an id of another one, or of a prefix that ends before. */
function aroundCluster(id: string, cluster: string): AroundCluster[] {
  const [family, name, ...rest] = id.split("/");
  return name === cluster && rest.length > 0 ? [{ family: `${family}/`, rest: `/${rest.join("/")}` }] : [];
}

/** SQL for the ids between two texts. */
const between = (first: string, beyond: string): string =>
  `c.id >= (${first}) COLLATE "C" AND c.id < (${beyond}) COLLATE "C"`;

/**
 * One row per claim found, or one without a claim: `LedgerRow`s. Claims of several clusters can be in one ledger, and
 * those of the cluster that this one was restored from are found too: by each id and id prefix that is asked for with
 * its cluster replaced by the one that last wrote the ledger, and by every former one.
 */
export function readClaims(cluster: string, query: LedgerQuery, condition = "true"): string {
  const prefixes = query.idPrefixes.filter((prefix) => prefix !== "");
  const foreignIds = query.ids.flatMap((id) => aroundCluster(id, cluster));
  const foreignPrefixes = prefixes.flatMap((prefix) => aroundCluster(prefix, cluster));
  const families = (ids: readonly AroundCluster[]): string => textArray(ids.map(({ family }) => family));
  const rests = (ids: readonly AroundCluster[]): string => textArray(ids.map(({ rest }) => rest));
  const restsBeyond = textArray(foreignPrefixes.map(({ rest }) => pastPrefix(rest)));
  return `
WITH names AS (
  SELECT DISTINCT n.name FROM ${LEDGER_NAME}.meta m CROSS JOIN unnest(m.former || m.cluster) AS n(name) WHERE n.name <> ${literal(cluster)}),
wanted AS (
  SELECT id FROM ${LEDGER_NAME}.claims WHERE id = ANY (${textArray([headId, ...query.ids])})
  UNION SELECT c.id FROM unnest(${textArray(prefixes)}, ${textArray(prefixes.map(pastPrefix))}) AS w(first, beyond)
    JOIN ${LEDGER_NAME}.claims c ON ${between("w.first", "w.beyond")}
  UNION SELECT c.id FROM names n CROSS JOIN unnest(${families(foreignIds)}, ${rests(foreignIds)}) AS w(family, rest)
    JOIN ${LEDGER_NAME}.claims c ON c.id = (w.family || n.name || w.rest) COLLATE "C"
  UNION SELECT c.id FROM names n CROSS JOIN unnest(${families(foreignPrefixes)}, ${rests(foreignPrefixes)}, ${restsBeyond}) AS w(family, rest, beyond)
    JOIN ${LEDGER_NAME}.claims c ON ${between("w.family || n.name || w.rest", "w.family || n.name || w.beyond")}
  UNION SELECT id FROM ${LEDGER_NAME}.claims WHERE owner = ANY (${textArray(query.owners)})
  UNION SELECT id FROM ${LEDGER_NAME}.claims WHERE grantee = ANY (${textArray(query.grantees)}))
SELECT m.format, m.cluster, to_jsonb(c) AS claim
FROM ${LEDGER_NAME}.meta m LEFT JOIN (wanted JOIN ${LEDGER_NAME}.claims c USING (id)) ON true
WHERE ${condition}`;
}

export const writeClaims = (records: readonly ClaimRecord[], head?: ChangeHead): string => `
INSERT INTO ${LEDGER_NAME}.claims (id, ${ledgerColumns.join(", ")}, updated)
SELECT id, ${ledgerColumns.join(", ")}, clock_timestamp() FROM jsonb_to_recordset(${rowsOf(records, head)}::jsonb) AS r (
  id text, owner text, kind text, grantee text, database_name text, state text, generation bigint, adopted boolean, retained boolean,
  claim jsonb, items jsonb, credentials jsonb)
ON CONFLICT (id) DO UPDATE SET ${ledgerColumns.map((column) => `${column} = excluded.${column}`).join(", ")}, updated = excluded.updated`;

export const removeClaims = (ids: readonly string[]): string =>
  `DELETE FROM ${LEDGER_NAME}.claims WHERE id = ANY (${textArray(ids)})`;

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

interface StoredHead extends Omit<StoredClaim, "kind" | "state" | "claim"> {
  kind: string;
  state: typeof headState;
  claim: { hash: string };
}

const rowsOf = (records: readonly ClaimRecord[], head: ChangeHead | undefined): string =>
  literal(JSON.stringify([...records.map(toStored), ...(head === undefined ? [] : [toStoredHead(head)])]));

const toStoredHead = ({ number, hash }: ChangeHead): StoredHead => ({
  id: headId,
  owner: "",
  kind: "",
  grantee: "",
  database_name: "",
  state: headState,
  generation: number,
  adopted: false,
  retained: false,
  claim: { hash },
  items: [],
  credentials: null,
});

export const isHead = (stored: StoredClaim | StoredHead): stored is StoredHead => stored.id === headId;

export const toHead = ({ generation, claim }: StoredHead): ChangeHead => ({ number: generation, hash: claim.hash });

const toStored = (record: ClaimRecord): StoredClaim => {
  const { database, items, credentials, ...rest } = record;
  return { ...rest, database_name: database, items: packItems(items), credentials: credentials ?? null };
};

export const toRecord = (stored: StoredClaim): ClaimRecord => {
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
