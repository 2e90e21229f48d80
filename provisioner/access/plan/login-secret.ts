import type { LoginClaim } from "../claims";
import type { Item } from "../item";
import { recordable, type ClaimRecord, type RecordedItem } from "../record";
import { Refusal } from "../refusal";
import type { SecretState } from "../secret";
import { isOwnTag } from "../secret-text";
import type { ClaimOrder, CredentialStep, PlanContext, PlannedChange, SecretProblem, SetCredentials } from "./context";
import type { Published } from "./parameters";
import { ownSecret } from "./login-credentials";
import { planSecretSettings, type SecretPlan } from "./secret-settings";

/** The input that is at fault, where it is not the secret's name. */
const properties: Partial<Record<SecretProblem["code"], string>> = {
  RotationRefused: "rotation.functionArn",
  SuppliedSecretRefused: "auth.suppliedSecretArn",
};

/** Said before anything is changed: the secret that is needed cannot be had. */
export function refuseSecret(context: PlanContext, id: string, credentials: CredentialStep): void {
  const problem = context.secretProblems.get(id);
  if (problem === undefined) return;
  const always = ["SecretUnavailable", "SuppliedSecretRefused", "RotationRefused"];
  if (always.includes(problem.code) || credentials.step === "set")
    throw new Refusal(problem.code, problem.message, properties[problem.code] ?? "auth.secret.name");
}

/** What a person reads of the password and the secret that holds it. */
export function credentialChanges(
  name: string,
  { password, secret, abandons }: SetCredentials,
  sets: boolean,
): PlannedChange[] {
  const changes: PlannedChange[] = [];
  if (password === "fresh" && sets)
    changes.push({ verb: "reset", words: `reset the password of ${name} and put the new one into its secret` });
  if (password === "supplied" && sets)
    changes.push({ verb: "reset", words: `set the password of ${name} to the one in the secret that supplies it` });
  if (password === "current" && sets)
    changes.push({
      verb: "reset",
      words: `set the password of ${name} to the one in its secret, which it was not any more`,
    });
  if (secret === "move") changes.push({ verb: "alter", words: `move the secret of ${name} to its new name` });
  else if (abandons !== undefined) changes.push({ verb: "drop", words: `delete the secret that ${name} had so far` });
  if (password === "current" && secret === "write")
    changes.push({
      verb: "alter",
      words: `write the secret of ${name} again (host, port, database or engine changed)`,
    });
  return changes;
}

/** The settings of the login's own secret. One that is made now has nothing but its key. */
export function planSecret(
  context: PlanContext,
  { claim, owner }: ClaimOrder & { claim: LoginClaim },
  about: { id: string; record: ClaimRecord | undefined; before: LoginClaim | undefined; credentials: CredentialStep },
): SecretPlan {
  const { id, record, before, credentials } = about;
  if (claim.auth.kind !== "password" || claim.auth.suppliedSecretArn !== undefined)
    return { secretChanges: [], changes: [] };
  const moves = credentials.step === "set" && credentials.secret === "move";
  const state = moves ? undefined : context.secrets.get(id);
  const own = state !== undefined && ownSecret(record)?.secretArn === state.arn;
  const former = own ? before : state === undefined ? undefined : claimOf(claim, state);
  return planSecretSettings(context, owner, claim, former, state);
}

/** A secret that is taken over has nothing that this claim does not ask for: as if a former claim had asked for it. */
const claimOf = (claim: LoginClaim, { tags, replicas, rotation }: SecretState): LoginClaim => ({
  ...claim,
  auth: {
    kind: "password",
    secret: {
      readers: [],
      replicas,
      inherit: { tags: Object.keys(tags).filter((tag) => !isOwnTag(tag)) },
    },
  },
  rotation: rotation === undefined ? undefined : {},
});

/** What the parameters say of the login. The ARN of a secret that is only about to be made is not known yet. */
export function publishedBy(
  context: PlanContext,
  claim: LoginClaim,
  record: ClaimRecord | undefined,
  credentials: CredentialStep,
  username: string,
): Published {
  const sets = credentials.step === "set";
  const current = record?.credentials;
  const supplied = claim.auth.kind === "password" ? claim.auth.suppliedSecretArn : undefined;
  const stays =
    current !== undefined &&
    current.supplied !== true &&
    !context.missingSecrets.has(current.secretArn) &&
    !(sets && credentials.secret === "move");
  const there = record === undefined ? undefined : context.secrets.get(record.id);
  const published = there?.arn === current?.secretArn ? there?.versionId : current?.secretVersionId;
  return {
    username,
    secretArn: supplied ?? (stays ? current.secretArn : undefined),
    passwordChanges: (sets && credentials.password !== "current") || current?.parameterVersion !== published,
  };
}

/** The row of a login as it must be afterwards. */
export function loginRow(
  context: PlanContext,
  { claim, owner }: ClaimOrder & { claim: LoginClaim },
  about: {
    id: string;
    record: ClaimRecord | undefined;
    adopted: boolean;
    credentials: CredentialStep;
    members: Item[];
  },
): ClaimRecord {
  const { id, record, adopted, credentials, members } = about;
  return {
    id,
    owner,
    kind: "login",
    grantee: claim.name,
    database: "",
    state: "done",
    generation: credentials.step === "set" ? credentials.generation : (record?.generation ?? context.firstGeneration),
    adopted,
    retained: false,
    claim: recordable(claim),
    items: members.map((item): RecordedItem => ({ item, before: false })),
    credentials: claim.auth.kind === "password" ? record?.credentials : undefined,
  };
}
