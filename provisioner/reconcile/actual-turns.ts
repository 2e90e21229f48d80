import { alternates } from "../access/claims";
import { turnName, turns } from "../access/plan";
import type { ClaimRecord } from "../access/record";
import type { SecretState } from "../access/secret";
import { currentValue } from "../credentials/current-value";

/**
 * The secret itself says which of two alternating logins is in use: a rotation that died after its promotion has not
 * written it into the row.
 */
export const withActualTurns = (
  records: readonly ClaimRecord[],
  secrets: ReadonlyMap<string, SecretState>,
): Promise<ClaimRecord[]> =>
  Promise.all(
    records.map(async (record) => {
      const { claim, credentials } = record;
      const secret = secrets.get(record.id);
      const passed =
        alternates(claim) &&
        credentials?.active !== undefined &&
        secret?.arn === credentials.secretArn &&
        secret.versionId !== credentials.secretVersionId;
      if (!passed || claim.kind !== "login") return record;
      const { username } = await currentValue(credentials.secretArn);
      const active = turns.find((turn) => turnName(claim.name, turn) === username);
      return active === undefined ? record : { ...record, credentials: { ...credentials, active } };
    }),
  );
