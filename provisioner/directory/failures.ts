import { awsError } from "../credentials/aws-error";
import { DbAccessError } from "../errors";

/** Never "nobody is in the group": whoever asks would take everybody's login away. */
export const unavailable = (message: string, transient = false): DbAccessError =>
  new DbAccessError("DirectoryUnavailable", `${message} Nothing was changed.`, { transient });

export const groupMissing = (group: string, where: string): DbAccessError =>
  new DbAccessError(
    "GroupMissing",
    `There is no group ${JSON.stringify(group)} in ${where}; correct its name, or make it. Nothing was changed.`,
    { property: "groups" },
  );

export const groupEmpty = (group: string): DbAccessError =>
  new DbAccessError(
    "GroupEmpty",
    `The group ${JSON.stringify(group)} has no member who could log in. No login is removed because of that: put somebody into it, or leave the group out. Nothing was changed.`,
    { property: "groups" },
  );

const storeWords = { endpoint: "identitystore", allow: "the role that reads the identity store" };

/** What the identity store, and the way to it, fail with. */
export const storeError = (error: unknown, store: string): DbAccessError =>
  awsError(error, store, {
    service: "IAM Identity Center",
    code: "DirectoryUnavailable",
    unreachable: "DirectoryUnavailable",
    ...storeWords,
  });

export const roleError = (error: unknown, role: string): DbAccessError =>
  awsError(error, role, {
    service: "STS",
    endpoint: "sts",
    code: "DirectoryUnavailable",
    unreachable: "DirectoryUnavailable",
    allow: "the provisioner's role and in the trust policy of the other",
  });

export const bindSecretError = (error: unknown): DbAccessError =>
  awsError(error, "the directory's secret", {
    service: "Secrets Manager",
    endpoint: "secretsmanager",
    code: "DirectoryUnavailable",
    unreachable: "NetworkPathSecrets",
    allow: "the role or the secret's policy",
  });
