import { createHash } from "node:crypto";
import { AwsError, notLocal } from "../errors";
import { header, type RawRequest, type Reply } from "../http";
import type { Caller } from "../identity";
import type { Service, ServiceCall } from "../service";
import type { Bucket, ObjectStore, StoredObject } from "./store";

const operations: Readonly<Record<string, string>> = { PUT: "PutObject", GET: "GetObject", HEAD: "HeadObject" };
const CHECKSUM = "x-amz-checksum-sha256";

interface ObjectRequest extends Record<string, unknown> {
  Bucket: string;
  Key: string;
  Body: Buffer;
  ContentType?: string;
  ChecksumSHA256?: string;
  /** Whether the answer is to hold the checksum. */
  ChecksumMode?: string;
  ExpectedBucketOwner?: string;
}

const escape = (text: string): string => text.replace(/[<>&'"]/g, (character) => `&#${character.charCodeAt(0)};`);

/** S3 with the bucket in the path: one object at a time, written and read as a whole. */
export class ObjectService implements Service {
  readonly name = "s3";

  constructor(private readonly store: ObjectStore) {}

  /** Nothing else in a request says that it is for S3. */
  accepts(raw: RawRequest): boolean {
    return /Credential=[^,\s]+\/s3\/aws4_request/.test(header(raw, "authorization") ?? "");
  }

  read(raw: RawRequest): ServiceCall {
    const [, Bucket = "", path = ""] = /^\/([^/]*)\/?(.*)$/.exec(raw.path) ?? [];
    const parameters = [...raw.query.keys()].filter((name) => name !== "x-id");
    const operation = path === "" || parameters.length > 0 ? undefined : operations[raw.method];
    if (operation === undefined) throw notLocal(`S3 ${raw.method} ${parameters.join("&")}`);
    const request: ObjectRequest = {
      Bucket,
      Key: decodeURIComponent(path),
      Body: raw.body,
      ContentType: header(raw, "content-type"),
      ChecksumSHA256: header(raw, CHECKSUM),
      ChecksumMode: header(raw, "x-amz-checksum-mode"),
      ExpectedBucketOwner: header(raw, "x-amz-expected-bucket-owner"),
    };
    return { operation, request };
  }

  perform({ operation, request }: ServiceCall, caller: Caller): StoredObject {
    const asked = request as ObjectRequest;
    const bucket = this.bucketOf(asked, caller);
    if (operation === "PutObject") return put(bucket, asked);
    const found = bucket.objects.get(asked.Key);
    if (found === undefined) throw new AwsError("NoSuchKey", "The specified key does not exist.", 404);
    return found;
  }

  reply({ operation, request }: ServiceCall, output: unknown): Reply {
    const { body, contentType, checksumSha256, modified } = output as StoredObject;
    const written = operation === "PutObject";
    const tells = written || (request as ObjectRequest).ChecksumMode === "ENABLED";
    return {
      status: 200,
      headers: {
        etag: `"${createHash("md5").update(body).digest("hex")}"`,
        ...(tells && checksumSha256 !== undefined ? { [CHECKSUM]: checksumSha256 } : {}),
        ...(written
          ? {}
          : {
              "content-type": contentType ?? "binary/octet-stream",
              "content-length": String(body.length),
              "last-modified": new Date(modified).toUTCString(),
            }),
      },
      body: operation === "GetObject" ? body : "",
    };
  }

  fail(error: AwsError, raw: RawRequest): Reply {
    // S3 has a name and a status of its own for what it denies, whichever service says so.
    const denied = error.code === "AccessDeniedException";
    const code = denied ? "AccessDenied" : error.code;
    const fields = { Code: code, Message: error.message, RequestId: raw.requestId };
    const members = Object.entries(fields).map(([name, text]) => `<${name}>${escape(text)}</${name}>`);
    return {
      status: denied ? 403 : error.status,
      headers: { "content-type": "application/xml" },
      // API HeadObject: a failure has no body, and so no name either.
      body: raw.method === "HEAD" ? "" : `<?xml version="1.0" encoding="UTF-8"?><Error>${members.join("")}</Error>`,
    };
  }

  private bucketOf({ Bucket, ExpectedBucketOwner }: ObjectRequest, caller: Caller): Bucket {
    const bucket = this.store.named(Bucket);
    if (bucket === undefined) throw new AwsError("NoSuchBucket", "The specified bucket does not exist", 404);
    // User Guide, Verifying bucket ownership with bucket owner condition.
    if (ExpectedBucketOwner !== undefined && ExpectedBucketOwner !== bucket.account)
      throw new AwsError("AccessDenied", "Access Denied", 403);
    if (bucket.region !== caller.region) {
      const text = `The authorization header is malformed; the region '${caller.region}' is wrong; expecting '${bucket.region}'`;
      throw new AwsError("AuthorizationHeaderMalformed", text);
    }
    return bucket;
  }
}

function put(bucket: Bucket, { Key, Body, ContentType, ChecksumSHA256 }: ObjectRequest): StoredObject {
  if (ChecksumSHA256 !== undefined && createHash("sha256").update(Body).digest("base64") !== ChecksumSHA256)
    throw new AwsError("BadDigest", "The SHA256 you specified did not match the calculated checksum.");
  const object = { body: Body, contentType: ContentType, checksumSha256: ChecksumSHA256, modified: Date.now() };
  bucket.objects.set(Key, object);
  return object;
}
