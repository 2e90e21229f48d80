import type * as pulumi from "@pulumi/pulumi";

/** The bucket for files of migrations that are too large for a request. Name one, or let one be made. */
export interface MigrationsArgs {
  /**
   * A bucket of yours, in the provisioner's account and Region. Only what lies under
   * `db-access/<clusterName>/migrations/` is used; it may expire after a day.
   */
  bucketName?: pulumi.Input<string>;
  /** Makes a bucket: encrypted, not public, and what is in it expires after 30 days. Default false. */
  bucket?: boolean;
  /** The customer managed key of the bucket, yours or the one that is made. Default: none besides AWS's own. */
  bucketKmsKeyArn?: pulumi.Input<string>;
}
