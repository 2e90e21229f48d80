import { ledgerQuery, serverQuery, type ClaimOrder, type PlanContext } from "../access/plan";
import type { ClaimRecord } from "../access/record";
import type { FunctionConfig } from "../config";
import type { EngineSession, LedgerQuery } from "../engines/engine";
import { serviceOf } from "../service";
import { withActualTurns } from "./actual-turns";
import { changedPasswords, type Held } from "./changed-passwords";
import { contextOf, readSecrets, type SecretReading } from "./observe-secrets";

export interface Observation {
  context: PlanContext;
  /** ARN to the version that is current now. */
  secretVersions: Map<string, string>;
}

/** What a reading is for. */
export interface Look {
  /** The ledger's rows, where they are known already. */
  rows?: ClaimRecord[];
  /** Whether the server takes what the secrets say. That may be a login, which a preview does not do. */
  passwords: boolean;
}

/** One reading of ledger, server and secrets: the ground on which every claim of a batch is planned. */
export async function observe(
  session: EngineSession,
  config: FunctionConfig,
  orders: readonly ClaimOrder[],
  look: Look,
): Promise<Observation> {
  const { records: rows, foreign } = split(config, look.rows ?? (await session.ledger.read(ledgerOf(config, orders))));
  const [state, secrets] = await Promise.all([
    session.read(serverQuery(session.facts, orders, rows)),
    readSecrets(config, orders, rows),
  ]);
  const records = await withActualTurns(rows, secrets.secrets);
  const changed = look.passwords ? await changedPasswords(session, state, heldBy(records, secrets)) : new Set<string>();
  return {
    context: {
      ...groundOf(session, config),
      ...contextOf(secrets),
      state,
      records,
      foreign,
      changedPasswords: changed,
    },
    secretVersions: new Map([...secrets.secrets.values()].map(({ arn, versionId }) => [arn, versionId])),
  };
}

/** Those whose row and secret speak of the same. */
const heldBy = (records: readonly ClaimRecord[], { secrets }: SecretReading): Held[] =>
  records.flatMap((record) => {
    const { claim, credentials } = record;
    const secret = secrets.get(record.id);
    return claim.kind === "login" && credentials?.secretArn === secret?.arn && credentials && secret
      ? [{ record: { ...record, claim, credentials }, secret }]
      : [];
  });

/** What is asked of the ledger for these orders. */
export const ledgerOf = (config: FunctionConfig, orders: readonly ClaimOrder[]): LedgerQuery =>
  ledgerQuery(config.family, config.cluster, orders);

/** What a plan knows of the server and the function, whatever the claims are. */
const groundOf = (
  session: EngineSession,
  config: FunctionConfig,
): Pick<PlanContext, "cluster" | "facts" | "firstGeneration" | "service"> => ({
  cluster: config.cluster,
  service: serviceOf(config),
  facts: session.facts,
  firstGeneration: Date.now(),
});

/**
 * Since a move to another Region or account, the secret that a row names is where this function has no rights: as good
 * as gone. It is left there, and the login gets one here.
 */
function withinReach({ region, account }: FunctionConfig, record: ClaimRecord): ClaimRecord {
  const { credentials, ...rest } = record;
  if (credentials === undefined || credentials.supplied === true) return record;
  const [, , , itsRegion, itsAccount] = credentials.secretArn.split(":");
  return itsRegion === region && itsAccount === account ? record : rest;
}

/** A restored server brings the rows of the cluster it comes from: they are nobody's here until they are adopted. */
function split(config: FunctionConfig, rows: readonly ClaimRecord[]): Pick<PlanContext, "records" | "foreign"> {
  const ours = `${config.family}/${encodeURIComponent(config.cluster)}/`;
  return {
    records: rows.filter(({ id }) => id.startsWith(ours)).map((record) => withinReach(config, record)),
    foreign: rows.filter(({ id }) => !id.startsWith(ours)),
  };
}
