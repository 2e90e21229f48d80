import type { Replica } from "./claims";

/** A login's secret as Secrets Manager describes it. Never its value. */
export interface SecretState {
  arn: string;
  name: string;
  /** The version that is current. */
  versionId: string;
  /** A version that is staged as pending and not current. */
  pendingVersionId?: string;
  /** Undefined: the account's `aws/secretsmanager`. */
  kmsKeyArn?: string;
  tags: Record<string, string>;
  /** Undefined when nobody asked, null when there is none. */
  policy?: string | null;
  replicas: Replica[];
  rotation?: AttachedRotation;
}

/** What Secrets Manager does by itself, and through whom. */
export interface AttachedRotation {
  functionArn: string;
  days?: number;
  schedule?: string;
}

/** What of the admin's secret may be inherited. */
export interface PrimarySecret {
  tags: Record<string, string>;
  policy?: string | null;
  rotation?: Pick<AttachedRotation, "days" | "schedule">;
}

/** One change of a secret that is there. Values are never part of it. */
export type SecretChange =
  /** Null: the account's `aws/secretsmanager`. */
  | { set: "key"; kmsKeyArn: string | null }
  /** Null takes the policy away. */
  | { set: "policy"; policy: string | null }
  | { set: "tags"; add: Record<string, string>; remove: string[] }
  | { set: "replicas"; add: Replica[]; remove: string[] }
  /** Null: Secrets Manager does not rotate any more. */
  | { set: "rotation"; rotation: AttachedRotation | null };

/** One parameter that the claim publishes. */
export interface ParameterState {
  name: string;
  /** Undefined for a SecureString, which is not decrypted to look. */
  value?: string;
  secure: boolean;
  /** Its tag names another principal, or nobody. */
  foreign?: boolean;
}

export type ParameterChange =
  | { set: "text"; name: string; value: string; create: boolean }
  /** The password itself is filled in by whoever carries this out. */
  | { set: "password"; name: string; kmsKeyArn: string; create: boolean }
  | { set: "nothing"; name: string };

/** The function's own surroundings, as far as plans depend on them. */
export interface ServiceFacts {
  host: string;
  port: number;
  account: string;
  partition: string;
  region: string;
  engine: "postgres" | "mysql" | "mariadb";
  /** Of the cluster or instance, as RDS tools expect it in a secret. */
  identifier?: { dbClusterIdentifier: string } | { dbInstanceIdentifier: string };
  adminSecretArn: string;
  secretNamePrefixes: string[];
  /** Our own rotation function. Undefined: this provisioner rotates nothing. */
  rotationFunctionArn?: string;
}
