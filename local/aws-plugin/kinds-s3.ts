import { kept } from "./kept";
import type { Kind } from "./kind";
import type { Place } from "./place";

const setting = (inputs: Kind["inputs"]): Kind =>
  kept({
    inputs: { bucket: "text", ...inputs },
    required: ["bucket"],
    replacedBy: ["bucket"],
    made: (making) => ({ id: String(making.inputs.bucket) }),
  });

/** Buckets are in the local S3; what is said of their content is remembered. */
export const bucketKinds = ({ control, partition }: Place): Record<string, Kind> => ({
  "aws:s3/bucket:Bucket": {
    ...kept({
      inputs: { bucketPrefix: "text", forceDestroy: "boolean", tags: { "*": "text" } },
      required: ["bucketPrefix"],
      replacedBy: ["bucketPrefix"],
      made: () => ({ id: "" }),
    }),
    async create({ inputs }) {
      // As the plugin: the time and a counter, 26 characters.
      const name = `${String(inputs.bucketPrefix)}${Date.now().toString().padEnd(26, "0")}`;
      await control({ operation: "createBucket", name });
      return { id: name, outputs: { bucket: name, arn: `arn:${partition}:s3:::${name}`, tagsAll: inputs.tags ?? {} } };
    },
    async delete(name) {
      await control({ operation: "deleteBucket", name });
    },
  },
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": setting({
    blockPublicAcls: "boolean",
    blockPublicPolicy: "boolean",
    ignorePublicAcls: "boolean",
    restrictPublicBuckets: "boolean",
  }),
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": setting({
    rules: [
      {
        applyServerSideEncryptionByDefault: { sseAlgorithm: "text", kmsMasterKeyId: "text" },
        bucketKeyEnabled: "boolean",
      },
    ],
  }),
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": setting({
    rules: [
      {
        id: "text",
        status: "text",
        filter: { prefix: "text" },
        expiration: { days: "number" },
        abortIncompleteMultipartUpload: { daysAfterInitiation: "number" },
      },
    ],
  }),
});
