import { AwsError } from "../errors";
import type { Tag } from "../input";
import type { RotationRules } from "./schedule";

export const current = "AWSCURRENT";
export const previous = "AWSPREVIOUS";
export const pending = "AWSPENDING";

export interface SecretValue {
  SecretString?: string;
  /** Base64, as it travels. */
  SecretBinary?: string;
}

export interface SecretVersion {
  id: string;
  stages: string[];
  created: number;
  /** Neither member in a version that RotateSecret staged, until the function puts one in. */
  value: SecretValue;
  /** The key it is encrypted with. Default: aws/secretsmanager. */
  keyId?: string;
}

export interface Rotation {
  enabled: boolean;
  functionArn: string;
  rules?: RotationRules;
  /** From when the next rotation is counted: a new value put in by hand is a rotation too. */
  since: number;
  lastRotated?: number;
}

export interface Replica {
  region: string;
  keyId?: string;
  /** Why there is none in that Region. */
  failed?: string;
}

export interface Secret {
  account: string;
  region: string;
  name: string;
  arn: string;
  description?: string;
  kmsKeyId?: string;
  tags: Tag[];
  policy?: string;
  rotation?: Rotation;
  /** Of a primary secret: where copies of it are. */
  replicas?: Replica[];
  /** Of a replica: where its primary is. */
  primaryRegion?: string;
  created: number;
  changed: number;
  accessed?: number;
  /** When it will be gone, for a secret scheduled for deletion. */
  deletionDue?: number;
  versions: SecretVersion[];
}

export type SavedSecret = Secret;

export const versionWith = (secret: Secret, stage: string): SecretVersion | undefined =>
  secret.versions.find((version) => version.stages.includes(stage));

export const hasValue = ({ value }: SecretVersion): boolean =>
  value.SecretString !== undefined || value.SecretBinary !== undefined;

export const sameValue = (a: SecretValue, b: SecretValue): boolean =>
  a.SecretString === b.SecretString && a.SecretBinary === b.SecretBinary;

export const stagesById = (secret: Secret): Record<string, string[]> =>
  Object.fromEntries(secret.versions.filter(({ stages }) => stages.length > 0).map(({ id, stages }) => [id, stages]));

/** A stage is on one version at a time, and AWSPREVIOUS follows AWSCURRENT without being asked. */
export function moveStage(secret: Secret, stage: string, to: SecretVersion): void {
  const from = versionWith(secret, stage);
  if (from === to) return;
  if (from !== undefined) from.stages = from.stages.filter((label) => label !== stage);
  to.stages = [...to.stages, stage];
  if (stage !== current) return;
  if (secret.rotation !== undefined) secret.rotation.since = Date.now();
  to.stages = to.stages.filter((label) => label !== previous);
  if (from !== undefined) moveStage(secret, previous, from);
}

/** A new version, or the one that an equal request made before. */
export function addVersion(
  secret: Secret,
  token: string,
  value: SecretValue,
  stages: readonly string[],
): { version: SecretVersion; added: boolean } {
  const known = secret.versions.find(({ id }) => id === token);
  if (known !== undefined && !hasValue(known)) {
    known.value = value;
    known.keyId = secret.kmsKeyId;
    for (const stage of stages) moveStage(secret, stage, known);
    secret.changed = Date.now();
    return { version: known, added: true };
  }
  if (known !== undefined) {
    if (sameValue(known.value, value)) return { version: known, added: false };
    throw new AwsError(
      "ResourceExistsException",
      `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${secret.arn}.`,
    );
  }
  const version: SecretVersion = { id: token, stages: [], created: Date.now(), value, keyId: secret.kmsKeyId };
  // The first version is the current one, whatever labels were asked for.
  const labels = secret.versions.length === 0 ? new Set([...stages, current]) : new Set(stages);
  secret.versions.push(version);
  for (const stage of labels) moveStage(secret, stage, version);
  secret.changed = version.created;
  return { version, added: true };
}
