import { formerClaims } from "../access/begun";
import type { ClaimRecord } from "../access/record";
import type { ServiceFacts } from "../access/secret";
import { secretNameOf } from "../access/secret-text";

export interface LeftBehind {
  name: string;
  recoveryDays: number;
}

/** Secrets that runs which did not end may have made for what was claimed then, and that nobody needs any more. */
export function leftBehind(
  service: ServiceFacts,
  cluster: string,
  record: ClaimRecord | undefined,
  keptArn: string | undefined,
): LeftBehind[] {
  if (record?.state !== "intent") return [];
  const made = formerClaims(record).flatMap((claim): [string, LeftBehind][] => {
    if (claim.auth.kind !== "password" || claim.auth.suppliedSecretArn !== undefined) return [];
    const name = secretNameOf(service, cluster, claim);
    return [[name, { name, recoveryDays: claim.auth.secret?.recoveryDays ?? 7 }]];
  });
  return [...new Map(made).values()].filter(({ name }) => nameIn(keptArn) !== name);
}

/** AWS puts a hyphen and six characters behind the name. */
const nameIn = (arn: string | undefined): string | undefined => /:secret:(.*)-[A-Za-z0-9]{6}$/.exec(arn ?? "")?.[1];
