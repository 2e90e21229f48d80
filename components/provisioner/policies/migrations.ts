import { migrationsPrefixOf } from "../../../provisioner/protocol";
import type { Place, PolicyStatement } from "./document";
import { useKeys } from "./keys";

/** A bucket through which large files of migrations travel. */
export interface MigrationsBucket {
  migrationsBucket?: string;
  /** The customer's key that its objects are encrypted with. */
  migrationsKeyArn?: string;
}

type Cluster = Place & MigrationsBucket & { clusterName: string };

/** Whose a bucket is does not stand in its ARN. */
const bucketArn = ({ partition }: Place, bucket: string): string => `arn:${partition}:s3:::${bucket}`;

const statementsOf = (cluster: Cluster, use: { files: string; keys: string; actions: string[]; key: string[] }) => {
  const { migrationsBucket, migrationsKeyArn, clusterName } = cluster;
  if (migrationsBucket === undefined) return [];
  const bucket = bucketArn(cluster, migrationsBucket);
  const objects = `${bucket}/${migrationsPrefixOf(clusterName)}*`;
  const files: PolicyStatement = {
    Sid: use.files,
    Effect: "Allow",
    Action: use.actions.map((action) => `s3:${action}`),
    Resource: [objects],
  };
  const keys = useKeys(use.keys, migrationsKeyArn === undefined ? [] : [migrationsKeyArn], use.key, "s3", {
    // With a key of the bucket, S3 names the bucket alone.
    "kms:EncryptionContext:aws:s3:arn": [objects, bucket],
  });
  return [files, ...(keys === undefined ? [] : [keys])];
};

/** The function reads its own cluster's files, which it knows by their hash. It lists nothing and writes nothing. */
export const readMigrations = (cluster: Cluster): PolicyStatement[] =>
  statementsOf(cluster, {
    files: "ReadMigrations",
    keys: "UseMigrationsKey",
    actions: ["GetObject"],
    key: ["Decrypt"],
  });

/** Of callers, who look whether a file is there before they send it. */
export const sendMigrations = (cluster: Cluster): PolicyStatement[] =>
  statementsOf(cluster, {
    files: "SendMigrations",
    keys: "UseMigrationsKey",
    actions: ["PutObject", "GetObject"],
    key: ["GenerateDataKey", "Decrypt"],
  });
