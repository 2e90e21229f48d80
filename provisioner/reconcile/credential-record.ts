import type { LoginClaim } from "../access/claims";
import type { SetCredentials } from "../access/plan";
import type { CredentialRecord } from "../access/record";
import type { ServiceFacts } from "../access/secret";
import { secretContent } from "../access/secret-text";
import { until } from "../access/grace";

/** What is known of a login's secret and is no secret itself, once its password works. */
export function credentialRecord(
  service: ServiceFacts,
  claim: LoginClaim,
  before: CredentialRecord | undefined,
  step: SetCredentials,
  secret: { arn: string; versionId: string },
): CredentialRecord {
  const kept = step.password === "current" ? before : undefined;
  const supplied = step.password === "supplied";
  const grace = step.leaves === undefined ? kept?.grace : { what: step.leaves, until: until(claim) };
  const published = parameterVersion(kept, step, secret.versionId);
  return {
    secretArn: secret.arn,
    secretVersionId: secret.versionId,
    passwordVersion: claim.passwordVersion ?? 1,
    passwordLastChanged: kept?.passwordLastChanged ?? new Date().toISOString(),
    ...(supplied ? { supplied } : { content: secretContent(service, claim) }),
    ...(step.turn === undefined ? {} : { active: step.turn }),
    ...(grace === undefined ? {} : { grace }),
    ...(published === undefined ? {} : { parameterVersion: published }),
  };
}

/** A version that says the same password with other things around it is published already. */
function parameterVersion(
  kept: CredentialRecord | undefined,
  { secret }: SetCredentials,
  versionId: string,
): string | undefined {
  const published = kept?.parameterVersion;
  return secret !== "keep" && published !== undefined && published === kept?.secretVersionId ? versionId : published;
}
