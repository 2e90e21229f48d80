import { randomBytes } from "node:crypto";
import { AwsError } from "../errors";
import { partitionOf, type Caller } from "../identity";
import type { Keys } from "../keys";
import type { SavedSecret, Secret } from "./model";
import { authorize } from "./policy";

const suffixAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** What a replica answers. Everything else is for its primary. */
const readingActions = ["GetSecretValue", "DescribeSecret", "ListSecretVersionIds", "GetResourcePolicy"];

/** All secrets of all accounts and Regions, and the rules by which a caller finds one. */
export class SecretStore {
  private secrets: Secret[] = [];

  constructor(
    private readonly changed: () => void,
    readonly keys: Keys,
  ) {}

  /** Tells the state file and the replicas. Every operation that changes a secret calls it. */
  touch(): void {
    for (const secret of this.secrets) this.copyToReplicas(secret);
    this.changed();
  }

  /** The caller's own, oldest first. What is past its recovery window does not exist any more. */
  of({ account, region }: Pick<Caller, "account" | "region">): Secret[] {
    const now = Date.now();
    this.secrets = this.secrets.filter(({ deletionDue }) => deletionDue === undefined || deletionDue > now);
    return this.secrets.filter((secret) => secret.account === account && secret.region === region);
  }

  named(name: string, caller: Pick<Caller, "account" | "region">): Secret | undefined {
    return this.of(caller).find((secret) => secret.name === name);
  }

  create(place: Pick<Caller, "account" | "region">, name: string): Secret {
    const { account, region } = place;
    const arn = newArn(place, name);
    const now = Date.now();
    const secret: Secret = { account, region, name, arn, tags: [], created: now, changed: now, versions: [] };
    this.secrets.push(secret);
    return secret;
  }

  /** The copy of a primary secret in another Region. */
  replicaOf(primary: Secret, region: string): Secret | undefined {
    const copy = this.named(primary.name, { account: primary.account, region });
    return copy?.primaryRegion === primary.region ? copy : undefined;
  }

  remove(secret: Secret): void {
    this.secrets = this.secrets.filter((other) => other !== secret);
  }

  /** By name, full ARN, or ARN without the six random characters; other accounts' only by ARN and policy. */
  find(secretId: string, action: string, caller: Caller): Secret {
    const [prefix, , service, region = "", account = ""] = secretId.split(":");
    const byArn = prefix === "arn" && service === "secretsmanager";
    const candidates = this.of({ account: byArn ? account : caller.account, region: caller.region });
    const secret =
      candidates.find(({ arn }) => arn === secretId) ??
      candidates.find(({ name, arn }) => (byArn ? arn.slice(0, -7) === secretId : name === secretId));
    if (byArn && region === caller.region && account !== caller.account) {
      authorize(secret, account, secret?.arn ?? secretId, action, caller);
    }
    if (secret === undefined) throw missing();
    if (secret.account === caller.account) authorize(secret, secret.account, secret.arn, action, caller);
    if (secret.primaryRegion !== undefined && !readingActions.includes(action)) {
      const text = "Operation not permitted on a replica secret. Call must be made in primary secret's region.";
      throw new AwsError("InvalidParameterException", text);
    }
    return secret;
  }

  /** The same, for the many operations that a secret scheduled for deletion refuses. */
  findLive(secretId: string, action: string, caller: Caller): Secret {
    const secret = this.find(secretId, action, caller);
    if (secret.deletionDue === undefined) return secret;
    throw new AwsError(
      "InvalidRequestException",
      "You can't perform this operation on the secret because it was marked for deletion.",
    );
  }

  /** User Guide, Replicate secrets: value, labels, tags and resource policy; each under a key of its own Region. */
  private copyToReplicas(primary: Secret): void {
    for (const { region, keyId, failed } of primary.replicas ?? []) {
      if (failed !== undefined) continue;
      let copy = this.replicaOf(primary, region);
      if (copy === undefined) {
        copy = this.create({ account: primary.account, region }, primary.name);
        copy.arn = primary.arn.replace(`:${primary.region}:`, `:${region}:`);
        copy.primaryRegion = primary.region;
      }
      const { description, tags, policy, changed, versions } = primary;
      const copied = versions.map((version) => ({ ...version, stages: [...version.stages], keyId }));
      Object.assign(copy, { description, tags: [...tags], policy, changed, kmsKeyId: keyId, versions: copied });
    }
  }

  save(): SavedSecret[] {
    return this.secrets;
  }

  load(secrets: SavedSecret[]): void {
    this.secrets = secrets;
  }
}

/** With six random characters, so that a secret made again under its old name has another ARN. */
export function newArn({ account, region }: Pick<Caller, "account" | "region">, name: string): string {
  const suffix = [...randomBytes(6)].map((byte) => suffixAlphabet[byte % suffixAlphabet.length]).join("");
  return `arn:${partitionOf(region)}:secretsmanager:${region}:${account}:secret:${name}-${suffix}`;
}

export const missing = (): AwsError =>
  new AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
