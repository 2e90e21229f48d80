import { arn, type Place, type PolicyStatement } from "./document";

/**
 * Keys of the account's own services need no permission: nothing where no customer's key is used. Only a service that
 * is called with the role's credentials may use a key, and only for its own things.
 */
export const useKeys = (
  Sid: string,
  keyArns: readonly string[],
  actions: readonly string[],
  service: string,
  context: Record<string, string | string[]>,
): PolicyStatement | undefined =>
  keyArns.length === 0
    ? undefined
    : {
        Sid,
        Effect: "Allow",
        Action: actions.map((action) => `kms:${action}`),
        Resource: [...keyArns],
        // Any Region, for replicas, and any partition's domain: only AWS itself sets this key.
        Condition: { StringLike: { "kms:ViaService": `${service}.*`, ...context } },
      };

export const useAdminKeys = (
  keyArns: readonly string[],
  adminSecretArn: string | undefined,
): PolicyStatement | undefined =>
  adminSecretArn === undefined
    ? undefined
    : useKeys("UseAdminKeys", keyArns, ["Decrypt"], "secretsmanager", {
        "kms:EncryptionContext:SecretARN": adminSecretArn,
      });

/** Of logins' secrets and their replicas, and of secrets that supply a password. */
export const useSecretKeys = (
  place: Place,
  keyArns: readonly string[],
  use: "manage" | "rotate",
): PolicyStatement | undefined =>
  useKeys(
    "UseSecretKeys",
    keyArns,
    // Encrypt: a secret that gets another key, and replicas.
    ["Decrypt", "GenerateDataKey", ...(use === "manage" ? ["Encrypt"] : [])],
    "secretsmanager",
    { "kms:EncryptionContext:SecretARN": arn({ ...place, region: "*" }, "secretsmanager", "secret:*") },
  );

/** Of published passwords. They are written here and read by others. */
export const useParameterKeys = (place: Place, keyArns: readonly string[]): PolicyStatement | undefined =>
  useKeys("UseParameterKeys", keyArns, ["Encrypt"], "ssm", {
    "kms:EncryptionContext:PARAMETER_ARN": arn(place, "ssm", "parameter/*"),
  });
