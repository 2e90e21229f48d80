import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { AwsEndpoint, staticKeyOf } from "../../local/aws";

const account = "111122223333";
const region = "us-east-1";
const roleArn = `arn:aws:iam::${account}:role/worker`;
const Bucket = "files";
const ChecksumSHA256 = createHash("sha256").update("content").digest("base64");

/** Each row that is not obvious names the page of the AWS documentation that decides it. */
describe("the local S3", () => {
  let aws: AwsEndpoint;
  const clients: S3Client[] = [];
  const clientOf = (accessKeyId: string, where = region): S3Client => {
    const credentials = { accessKeyId, secretAccessKey: "local" };
    clients.push(new S3Client({ endpoint: aws.url, region: where, credentials, maxAttempts: 1 }));
    return clients[clients.length - 1];
  };
  const worker = (): S3Client => clientOf(aws.identities.issue(roleArn, "session", 900).credentials.accessKeyId);
  const policy = (Action: string, Resource: string): object => ({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action, Resource }],
  });

  before(async () => {
    aws = await AwsEndpoint.start({ account, region });
    aws.objects.ensure(Bucket, { account, region });
  });
  after(async () => {
    for (const client of clients) client.destroy();
    await aws.close();
  });

  it("gives back what was put, with its type and its checksum where that is asked for", async () => {
    const s3 = clientOf(staticKeyOf(account));
    // A key may hold anything.
    const Key = "a folder/ä+b%2F.gz";
    const ContentType = "application/gzip";
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: Buffer.from("content"), ContentType, ChecksumSHA256 }));
    assert.ok(aws.objects.named(Bucket)?.objects.has(Key));
    const found = await s3.send(new GetObjectCommand({ Bucket, Key, ExpectedBucketOwner: account }));
    assert.equal(await found.Body?.transformToString(), "content");
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));
    assert.deepEqual([head.ContentLength, head.ContentType, head.ChecksumSHA256], [7, ContentType, ChecksumSHA256]);
    assert.equal((await s3.send(new HeadObjectCommand({ Bucket, Key }))).ChecksumSHA256, undefined);
  });

  it("refuses what is not what its checksum says", async () => {
    const put = new PutObjectCommand({ Bucket, Key: "other", Body: Buffer.from("other"), ChecksumSHA256 });
    await assert.rejects(clientOf(staticKeyOf(account)).send(put), { name: "BadDigest" });
    assert.ok(!aws.objects.named(Bucket)?.objects.has("other"));
  });

  it("has names for what is not there, in another Region, or somebody else's", async () => {
    const s3 = clientOf(staticKeyOf(account));
    await assert.rejects(s3.send(new GetObjectCommand({ Bucket, Key: "none" })), { name: "NoSuchKey" });
    // API HeadObject: without a body there is no name but the status.
    await assert.rejects(s3.send(new HeadObjectCommand({ Bucket, Key: "none" })), { name: "NotFound" });
    await assert.rejects(s3.send(new GetObjectCommand({ Bucket: "nowhere", Key: "x" })), { name: "NoSuchBucket" });
    const other = { Bucket, Key: "x", ExpectedBucketOwner: "999988887777" };
    await assert.rejects(s3.send(new GetObjectCommand(other)), { name: "AccessDenied" });
    const far = clientOf(staticKeyOf(account), "eu-west-1");
    await assert.rejects(far.send(new GetObjectCommand({ Bucket, Key: "x" })), {
      name: "AuthorizationHeaderMalformed",
    });
  });

  it("does not have the rest of S3, and says so", () =>
    assert.rejects(clientOf(staticKeyOf(account)).send(new ListObjectsV2Command({ Bucket })), {
      name: "NotImplementedLocally",
    }));

  it("holds a role to its policies, object by object", async () => {
    aws.roles.attach(roleArn, [policy("s3:PutObject", `arn:aws:s3:::${Bucket}/mine/*`)]);
    const s3 = worker();
    await s3.send(new PutObjectCommand({ Bucket, Key: "mine/one", Body: Buffer.from("x") }));
    for (const Key of ["theirs/one", "mine"])
      await assert.rejects(s3.send(new PutObjectCommand({ Bucket, Key, Body: Buffer.from("x") })), {
        name: "AccessDenied",
        message: new RegExp(`s3:PutObject on resource: arn:aws:s3:::${Bucket}/${Key} because no identity-based policy`),
      });
    await assert.rejects(s3.send(new GetObjectCommand({ Bucket, Key: "mine/one" })), { name: "AccessDenied" });
  });

  it("tells only who may list a bucket that an object is not there", async () => {
    // API GetObject, Permissions.
    const get = new GetObjectCommand({ Bucket, Key: "mine/none" });
    aws.roles.attach(roleArn, [policy("s3:GetObject", `arn:aws:s3:::${Bucket}/mine/*`)]);
    await assert.rejects(worker().send(get), { name: "AccessDenied" });
    aws.roles.attach(roleArn, [
      policy("s3:GetObject", `arn:aws:s3:::${Bucket}/mine/*`),
      policy("s3:ListBucket", `arn:aws:s3:::${Bucket}`),
    ]);
    await assert.rejects(worker().send(get), { name: "NoSuchKey" });
  });

  it("asks for the bucket's own key", async () => {
    // User Guide, Using SSE-KMS: GenerateDataKey to write, Decrypt to read.
    const key = `arn:aws:kms:${region}:${account}:key/files`;
    aws.objects.ensure("sealed", { account, region }, key);
    const object = { Bucket: "sealed", Key: "x" };
    aws.roles.attach(roleArn, [policy("s3:*", "*"), policy("kms:GenerateDataKey", key)]);
    const s3 = worker();
    await s3.send(new PutObjectCommand({ ...object, Body: Buffer.from("x") }));
    await assert.rejects(s3.send(new GetObjectCommand(object)), { name: "AccessDenied", message: /KMS/ });
    aws.roles.attach(roleArn, [policy("s3:*", "*"), policy("kms:Decrypt", key)]);
    assert.equal(await (await s3.send(new GetObjectCommand(object))).Body?.transformToString(), "x");
  });
});
