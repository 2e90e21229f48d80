import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import type { FunctionConfig } from "../config";
import { isAws, isDenied, isUnreachable } from "../credentials/aws-error";
import { DbAccessError } from "../errors";
import type { MigrationRequest } from "../protocol/migrations";
import { migrationsKeyOf, migrationsPrefixOf } from "../protocol/ref";

type Archive = NonNullable<MigrationRequest["archive"]>;
export type ArchivePlace = Pick<FunctionConfig, "account" | "cluster" | "migrationsBucket">;

/** Packed; what it unpacks to has a limit of its own. */
const MOST_BYTES = 32 * 1024 * 1024;

/** The bytes that a request's hash promises. Which bucket and whose files, the function's configuration says alone. */
export async function readArchive(archive: Archive, place: ArchivePlace): Promise<Buffer> {
  const { bucket, key, sha256 } = archive;
  const { migrationsBucket, cluster, account } = place;
  if (migrationsBucket === undefined)
    throw refused("this provisioner has no bucket for files; give it migrations.bucketName");
  if (bucket !== migrationsBucket || key !== migrationsKeyOf(cluster, sha256))
    throw refused(
      `files of ${cluster} are read from s3://${migrationsBucket}/${migrationsPrefixOf(cluster)} alone, and the request names others; run it again with the provisioner's present ref`,
    );
  const bytes = await download(archive, account);
  if (createHash("sha256").update(bytes).digest("hex") !== sha256)
    throw refused(`what is in ${nameOf(archive)} is not what the program sent; run it again`);
  return bytes;
}

const nameOf = ({ bucket, key }: Archive): string => `s3://${bucket}/${key}`;

const refused = (words: string, transient = false): DbAccessError =>
  new DbAccessError("MigrationRefused", `The files cannot be had: ${words}. Nothing was changed.`, { transient });

async function download(archive: Archive, account: string): Promise<Buffer> {
  const client = new S3Client({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 60_000 },
    // The hash that the request names is compared, and is worth more.
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  try {
    const object = { Bucket: archive.bucket, Key: archive.key, ExpectedBucketOwner: account };
    const { Body } = await client.send(new GetObjectCommand(object));
    return await bounded(Body as Readable);
  } catch (error) {
    throw error instanceof DbAccessError ? error : failure(error, archive);
  } finally {
    client.destroy();
  }
}

async function bounded(body: Readable): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body) {
    size += (part as Buffer).length;
    if (size > MOST_BYTES) {
      body.destroy();
      throw refused(`they are more than ${MOST_BYTES} bytes, compressed; load data in another way than by migrations`);
    }
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts);
}

/** S3 tells nobody without the right to list a bucket that an object is not there. */
function failure(error: unknown, archive: Archive): DbAccessError {
  const name = nameOf(archive);
  if (isAws(error, "NoSuchKey")) return refused(`there is no ${name}; run it again`);
  if (isAws(error, "NoSuchBucket")) return refused(`there is no bucket ${archive.bucket}; see migrations.bucketName`);
  if (isDenied(error))
    return refused(
      `${name} is not there, or the function may not read it; run it again, and allow its role s3:GetObject on it and kms:Decrypt with the bucket's key`,
    );
  if (isUnreachable(error))
    return refused(
      "S3 cannot be reached; give the function's subnets a gateway endpoint for s3 or a route to it",
      true,
    );
  return refused(
    `${name} could not be read (${error instanceof Error ? error.name : typeof error}); run it again`,
    true,
  );
}
