import { AwsError } from "./errors";

/** What is wrong with a key: its policy does not let the caller use it, or it is disabled. */
export type KeyTrouble = "denied" | "disabled";

/** KMS as far as it is seen from here: there is no key material, only keys that can or cannot be used. */
export class Keys {
  private readonly troubles = new Map<string, KeyTrouble>();

  /**
   * From now on the key cannot be used: `arn` as it is written in `KmsKeyId`, or `alias/aws/secretsmanager` for secrets
   * without one. Returns what makes it usable again.
   */
  deny(arn: string, trouble: KeyTrouble = "denied"): () => void {
    this.troubles.set(arn, trouble);
    return () => void this.troubles.delete(arn);
  }

  troubleOf(key: string): KeyTrouble | undefined {
    return this.troubles.get(key);
  }
}

export const defaultSecretsKey = "alias/aws/secretsmanager";

/** API CreateSecret, PutSecretValue and GetSecretValue, errors: EncryptionFailure and DecryptionFailure. */
export function requireKey(keys: Keys, keyId: string | undefined, use: "encrypt" | "decrypt"): void {
  const trouble = keys.troubleOf(keyId ?? defaultSecretsKey);
  if (trouble === "denied") throw kmsDenied();
  if (trouble === undefined) return;
  const advice = use === "encrypt" ? " Check that the KMS key is available, enabled, and not in an invalid state." : "";
  throw new AwsError(
    use === "encrypt" ? "EncryptionFailure" : "DecryptionFailure",
    `Secrets Manager can't ${use} the protected secret text using the provided KMS key.${advice}`,
  );
}

/** User Guide, Troubleshoot: what a caller without permission for the key is told. */
export const kmsDenied = (): AwsError => new AwsError("AccessDeniedException", "Access to KMS is not allowed");
