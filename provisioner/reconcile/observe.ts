import { ledgerQuery, serverQuery, type ClaimOrder, type PlanContext } from "../access/plan";
import type { ClaimRecord } from "../access/record";
import type { FunctionConfig } from "../config";
import { currentVersion } from "../credentials/user-secret";
import type { EngineSession } from "../engines/engine";

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
): Promise<Observation> {
  const records = await session.ledger.read(ledgerQuery(config.family, config.cluster, orders));
  const [state, secretVersions] = await Promise.all([
    session.read(serverQuery(session.facts, orders, records)),
    readSecretVersions(orders, records),
  ]);
  const missingSecrets = new Set(
    [...secretVersions].filter(([, version]) => version === undefined).map(([arn]) => arn),
  );
  const present = new Map([...secretVersions].filter((entry): entry is [string, string] => entry[1] !== undefined));
  return {
    context: {
      cluster: config.cluster,
      facts: session.facts,
      state,
      records,
      missingSecrets,
      firstGeneration: Math.floor(Date.now() / 1000),
    },
    secretVersions: present,
  };
}

const CONCURRENT_DESCRIBES = 8;

/** Only of the logins that are claimed here: others' secrets are nobody's business in this batch. */
async function readSecretVersions(
  orders: readonly ClaimOrder[],
  records: readonly ClaimRecord[],
): Promise<Map<string, string | undefined>> {
  const claimed = new Set(
    orders
      .filter((order) => order.claim.kind === "login" && order.action === "ensure")
      .map((order) => order.claim.kind === "login" && order.claim.name),
  );
  const arns = records
    .filter((record) => record.kind === "login" && claimed.has(record.grantee))
    .flatMap((record) => (record.credentials === undefined ? [] : [record.credentials.secretArn]));
  const versions = new Map<string, string | undefined>();
  const queue = [...arns];
  const worker = async (): Promise<void> => {
    for (let arn = queue.shift(); arn !== undefined; arn = queue.shift()) versions.set(arn, await currentVersion(arn));
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENT_DESCRIBES, arns.length) }, worker));
  return versions;
}
