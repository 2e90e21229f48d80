import type { LoginClaim } from "../access/claims";
import { claimIdPrefix } from "../access/id";
import { ledgerQuery, serverQuery, type ClaimOrder, type PlanContext, type SecretProblem } from "../access/plan";
import type { ClaimRecord } from "../access/record";
import type { FunctionConfig } from "../config";
import { currentVersion, secretProblem } from "../credentials/user-secret";
import type { EngineSession, LedgerQuery } from "../engines/engine";
import { DbAccessError } from "../errors";
import { each } from "./each";

export interface Observation {
  context: PlanContext;
  /** ARN to the version that is current now. */
  secretVersions: Map<string, string>;
}

/** One reading of ledger, server and secrets: the ground on which every claim of a batch is planned. */
export async function observe(
  session: EngineSession,
  config: FunctionConfig,
  orders: readonly ClaimOrder[],
  rows?: ClaimRecord[],
): Promise<Observation> {
  const { records, foreign } = split(config, rows ?? (await session.ledger.read(ledgerOf(config, orders))));
  const [state, secrets] = await Promise.all([
    session.read(serverQuery(session.facts, orders, records)),
    readSecrets(config, claimedLogins(orders), records),
  ]);
  return {
    context: {
      ...groundOf(session, config),
      state,
      records,
      foreign,
      missingSecrets: secrets.missing,
      secretProblems: secrets.problems,
    },
    secretVersions: secrets.versions,
  };
}

/** What is asked of the ledger for these orders. */
export const ledgerOf = (config: FunctionConfig, orders: readonly ClaimOrder[]): LedgerQuery =>
  ledgerQuery(config.family, config.cluster, orders);

/** What a plan knows of the server and the function, whatever the claims are. */
const groundOf = (
  session: EngineSession,
  config: FunctionConfig,
): Pick<PlanContext, "cluster" | "facts" | "firstGeneration"> => ({
  cluster: config.cluster,
  facts: session.facts,
  firstGeneration: Math.floor(Date.now() / 1000),
});

/** A restored server brings the rows of the cluster it comes from: they are nobody's here until they are adopted. */
function split(config: FunctionConfig, rows: readonly ClaimRecord[]): Pick<PlanContext, "records" | "foreign"> {
  const ours = `${config.family}/${encodeURIComponent(config.cluster)}/`;
  return {
    records: rows.filter(({ id }) => id.startsWith(ours)),
    foreign: rows.filter(({ id }) => !id.startsWith(ours)),
  };
}

interface SecretReading {
  versions: Map<string, string>;
  missing: Set<string>;
  problems: Map<string, SecretProblem>;
}

/** Only of the logins that are claimed here: others' secrets are nobody's business in this batch. */
const claimedLogins = (orders: readonly ClaimOrder[]): LoginClaim[] =>
  orders.flatMap(({ action, claim }) => (action === "ensure" && claim.kind === "login" ? [claim] : []));

async function readSecrets(
  config: FunctionConfig,
  claimed: readonly LoginClaim[],
  records: readonly ClaimRecord[],
): Promise<SecretReading> {
  const reading: SecretReading = { versions: new Map(), missing: new Set(), problems: new Map() };
  await each(claimed, (claim) =>
    readSecret(config, claim, records, reading).catch(refuseAlone(config, claim, reading)),
  );
  return reading;
}

/** A secret that the role may not see is its login's problem; a way to Secrets Manager that is closed is everybody's. */
const refuseAlone =
  (config: FunctionConfig, claim: LoginClaim, reading: SecretReading) =>
  (error: unknown): void => {
    if (!(error instanceof DbAccessError) || error.code !== "SecretUnavailable" || error.transient) throw error;
    reading.problems.set(idOf(config, claim), { code: error.code, message: error.message });
  };

const idOf = (config: FunctionConfig, claim: LoginClaim): string => claimIdPrefix(config.family, config.cluster, claim);

async function readSecret(
  config: FunctionConfig,
  claim: LoginClaim,
  records: readonly ClaimRecord[],
  reading: SecretReading,
): Promise<void> {
  const id = idOf(config, claim);
  const arn = records.find((record) => record.id === id)?.credentials?.secretArn;
  const version = arn === undefined ? undefined : await currentVersion(arn);
  if (arn !== undefined && version !== undefined) {
    reading.versions.set(arn, version);
    return;
  }
  if (arn !== undefined) reading.missing.add(arn);
  if (claim.auth.kind !== "password") return;
  const problem = await secretProblem(config, id, claim);
  if (problem !== undefined) reading.problems.set(id, problem);
}
