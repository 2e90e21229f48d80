import { partitionOf, type Caller } from "../identity";

export interface StoredObject {
  body: Buffer;
  contentType?: string;
  /** In base64, where whoever wrote it gave one. */
  checksumSha256?: string;
  modified: number;
}

export interface Bucket {
  account: string;
  region: string;
  /** One for all accounts. */
  name: string;
  /** With which key of a customer its objects are encrypted. */
  kmsKeyArn?: string;
  objects: Map<string, StoredObject>;
}

type Place = Pick<Caller, "account" | "region">;

/** Buckets, for as long as the process lives. */
export class ObjectStore {
  private readonly buckets = new Map<string, Bucket>();

  named(name: string): Bucket | undefined {
    return this.buckets.get(name);
  }

  /** As it is, where there is one. */
  ensure(name: string, { account, region }: Place, kmsKeyArn?: string): Bucket {
    const known = this.buckets.get(name);
    if (known !== undefined) return known;
    const bucket: Bucket = { account, region, name, kmsKeyArn, objects: new Map() };
    this.buckets.set(name, bucket);
    return bucket;
  }

  /** With all that is in it. */
  remove(name: string): void {
    this.buckets.delete(name);
  }
}

/** Whose a bucket is does not stand in its ARN. */
export const objectArn = (bucket: string, key: string, { region }: Pick<Caller, "region">): string =>
  `arn:${partitionOf(region)}:s3:::${bucket}/${key}`;

export const bucketArn = (bucket: string, { region }: Pick<Caller, "region">): string =>
  `arn:${partitionOf(region)}:s3:::${bucket}`;
