import type { S3Client } from "@aws-sdk/client-s3";
import { DbAccessError, type ProvisionerRef } from "../../provisioner/protocol";
import { credentialsFor } from "./credentials";
import { awsFailure, type Call } from "./errors";
import { CallFailure } from "./failure";
import { handler, placeOf } from "./connection";
import { s3Sdk } from "./sdk";
import type { StoredObject } from "./transport";

/** Longer than any upload that a function would read. */
const MOST_MS = 300_000;

/**
 * With the same credentials as an invocation. The bucket has to belong to the provisioner's account: a name that somebody
 * else has taken since gets nothing.
 */
export async function storeObject(ref: ProvisionerRef, object: StoredObject, timeoutMs: number): Promise<void> {
  const { region, endpointUrl, invoke } = ref;
  const { bucket, key, bytes, sha256 } = object;
  const call: Call = {
    action: "s3:PutObject",
    resource: `s3://${bucket}/${key}`,
    region,
    role: invoke?.roleArn,
  };
  let client: S3Client | undefined;
  try {
    const { PutObjectCommand, S3Client } = await s3Sdk();
    client = new S3Client({
      ...placeOf(region, endpointUrl),
      // An address of one's own has no names in front of it.
      forcePathStyle: endpointUrl !== undefined,
      maxAttempts: 1,
      credentials: credentialsFor(invoke, { region, endpointUrl }),
      requestHandler: handler(Math.min(timeoutMs, MOST_MS)),
    });
    const there = { Bucket: bucket, Key: key, ExpectedBucketOwner: ref.account };
    const ChecksumSHA256 = Buffer.from(sha256, "hex").toString("base64");
    if (await isThere(client, there, ChecksumSHA256)) return;
    const ContentType = "application/gzip";
    await client.send(new PutObjectCommand({ ...there, Body: bytes, ContentType, ChecksumSHA256 }));
  } catch (error) {
    throw storeFailure(error, call, object);
  } finally {
    client?.destroy();
  }
}

/** What S3 says of the object's content counts, and not its name. Who may only write is not told, and writes. */
async function isThere(
  client: S3Client,
  there: { Bucket: string; Key: string; ExpectedBucketOwner: string },
  checksum: string,
): Promise<boolean> {
  const { HeadObjectCommand } = await s3Sdk();
  try {
    const { ChecksumSHA256 } = await client.send(new HeadObjectCommand({ ...there, ChecksumMode: "ENABLED" }));
    return ChecksumSHA256 === checksum;
  } catch (error) {
    const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
    // Such an answer has no body that says why; that to the object itself has one.
    if (status !== undefined && status >= 300 && status < 500) return false;
    throw error;
  }
}

/** S3's own names for a bucket that is elsewhere, or nowhere. */
const misplaced = new Set(["NoSuchBucket", "PermanentRedirect", "AuthorizationHeaderMalformed"]);

function storeFailure(error: unknown, call: Call, { bucket }: StoredObject): CallFailure {
  if (!(error instanceof Error) || !misplaced.has(error.name)) return awsFailure(error, call);
  const words = `There is no bucket ${bucket} in ${call.region} (${error.name}); see migrations.bucketName of the Provisioner.`;
  return new CallFailure("final", new DbAccessError("InvalidInput", words));
}
