import * as pulumi from "@pulumi/pulumi";
import type { ProvisionerArgs } from "./args";
import type { Aws } from "./aws";
import type { Children } from "./children";
import type { MigrationsBucket } from "./policies/migrations";
import { isLater, keyArn, keyFix, type Rules } from "./rules";

/** 26 characters follow, and a bucket's name has 63 at most. */
const LONGEST_PREFIX = 37;
/** A deployment needs its files for minutes; a bucket that nobody looks after stays small. */
const DAYS = 30;

/** Where files go that are too large for a request. Undefined: they have to fit. */
export interface MigrationsPlace {
  bucketName?: pulumi.Input<string>;
  bucketKmsKeyArn?: pulumi.Input<string>;
  ready: pulumi.Output<string>[];
}

export function makeMigrationsPlace(
  aws: Aws,
  children: Children,
  { migrations = {}, clusterName }: ProvisionerArgs,
): MigrationsPlace {
  const { bucketName, bucketKmsKeyArn, bucket: wanted } = migrations;
  if (wanted !== true) return { bucketName, bucketKmsKeyArn, ready: [] };
  const made = children.make("bucket", aws.s3.Bucket, "migrations", {
    bucketPrefix: `db-access-${clusterName}-`.slice(0, LONGEST_PREFIX),
    // Copies of what is in somebody's version control.
    forceDestroy: true,
  });
  const bucket = made.bucket;
  const closed = children.make("bucketSetting", aws.s3.BucketPublicAccessBlock, "migrations-access", {
    bucket,
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
  });
  const encrypted = children.make(
    "bucketSetting",
    aws.s3.BucketServerSideEncryptionConfiguration,
    "migrations-encryption",
    {
      bucket,
      rules: [
        bucketKmsKeyArn === undefined
          ? { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }
          : {
              applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: bucketKmsKeyArn },
              bucketKeyEnabled: true,
            },
      ],
    },
  );
  const expiring = children.make("bucketSetting", aws.s3.BucketLifecycleConfiguration, "migrations-lifecycle", {
    bucket,
    rules: [
      {
        id: "expire",
        status: "Enabled",
        filter: { prefix: "" },
        expiration: { days: DAYS },
        abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
      },
    ],
  });
  return { bucketName: bucket, bucketKmsKeyArn, ready: [closed.id, encrypted.id, expiring.id] };
}

/** For policies, once it is known. */
export const bucketOf = ({
  bucketName,
  bucketKmsKeyArn,
}: MigrationsPlace): pulumi.Output<pulumi.Unwrap<MigrationsBucket>> =>
  pulumi.output({ migrationsBucket: bucketName, migrationsKeyArn: bucketKmsKeyArn });

/** What is wrong with the bucket. */
export function assertMigrations({ fail, keys, text }: Rules, migrations: unknown): void {
  const given = keys("migrations", migrations, ["bucketName", "bucket", "bucketKmsKeyArn"]);
  if (given.bucket !== undefined && typeof given.bucket !== "boolean")
    fail("migrations.bucket", isLater(given.bucket) ? "an output" : given.bucket, "use true or false");
  const named = given.bucketName !== undefined;
  if (migrations !== undefined && named === (given.bucket === true))
    fail("migrations.bucketName", named ? "beside bucket" : undefined, "name a bucket of yours, or say bucket: true");
  text(
    "migrations.bucketName",
    given.bucketName,
    /^(?=.{3,63}$)[a-z0-9][a-z0-9.-]*[a-z0-9]$/,
    "use the bucket's name, not its ARN",
  );
  text("migrations.bucketKmsKeyArn", given.bucketKmsKeyArn, keyArn, keyFix);
}
