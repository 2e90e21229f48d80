import { arn, type Place, type PolicyStatement } from "./document";

/** Keys of the account's own services need no permission: `undefined` where no customer's key is used. */
const keyStatement = (
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

/** Of the admin's secret, of logins' secrets and their replicas, and of secrets that supply a password. */
export const useSecretKeys = (
  place: Place,
  keyArns: readonly string[],
  use: "read" | "write",
): PolicyStatement | undefined =>
  keyStatement(
    "UseSecretKeys",
    keyArns,
    use === "read" ? ["Decrypt"] : ["Decrypt", "Encrypt", "GenerateDataKey"],
    "secretsmanager",
    { "kms:EncryptionContext:SecretARN": arn({ ...place, region: "*" }, "secretsmanager", "secret:*") },
  );

/** Of published passwords. They are written here and read by others. */
export const useParameterKeys = (place: Place, keyArns: readonly string[]): PolicyStatement | undefined =>
  keyStatement("UseParameterKeys", keyArns, ["Encrypt"], "ssm", {
    "kms:EncryptionContext:PARAMETER_ARN": arn(place, "ssm", "parameter/*"),
  });
