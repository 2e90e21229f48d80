import { randomBytes } from "node:crypto";
import { AwsError } from "../errors";
import { partitionOf, type Caller } from "../identity";
import type { SavedSecret, Secret } from "./model";
import { authorize } from "./policy";

const suffixAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** All secrets of all accounts and Regions, and the rules by which a caller finds one. */
export class SecretStore {
  private secrets: Secret[] = [];

  constructor(private readonly changed: () => void) {}

  /** Tells the state file. Every operation that changes a secret calls it. */
  touch(): void {
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
