import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { AwsTransport, CallFailure, type MigrationCall, type StoredObject } from "../../components/client";
import { AwsEndpoint, AwsError } from "../../local/aws";
import { DbAccessError, type MigrationRequest, type ProvisionerRef, type Reply } from "../../provisioner/protocol";
import { clientOf, FakeProvisioner, reply } from "./support/fake-provisioner";
import { ref } from "./support/inputs";

const bucket = "files";
const bytes = Buffer.from("content");
const sha256 = createHash("sha256").update(bytes).digest("hex");
const object: StoredObject = { bucket, key: `db-access/orders/migrations/${sha256}.json.gz`, bytes, sha256 };

const status: Reply["migration"] = {
  runAs: "owner",
  history: [],
  pending: [],
  blocks: [],
  findings: [],
  others: [],
  ran: [],
  incomplete: false,
};

describe("files that are too large for a request", () => {
  const callOf = (length: number): MigrationCall => ({
    operation: "apply",
    owner: "test",
    migration: {
      database: "shop",
      historyTable: "history",
      order: "strict",
      resolve: {},
      onChecksumMismatch: "error",
      lint: "refuse",
    },
    files: [],
    texts: randomBytes(length).toString("base64"),
  });
  const sent = async (to: ProvisionerRef, length: number, fake: FakeProvisioner): Promise<MigrationRequest> => {
    await clientOf(fake).migrations(to, callOf(length));
    return fake.requests[0] as unknown as MigrationRequest;
  };
  const fakeOf = (): FakeProvisioner => new FakeProvisioner(() => ({ ...reply([]), migration: status }));

  it("go by the bucket from 3 MB on, before the request that names them", async () => {
    const small = await sent(ref({ migrationsBucket: bucket }), 2_240_000, fakeOf());
    assert.deepEqual([small.archive, typeof small.texts], [undefined, "string"]);
    const fake = fakeOf();
    const large = await sent(ref({ migrationsBucket: bucket }), 2_260_000, fake);
    assert.equal(large.texts, undefined);
    assert.match(large.archive?.key ?? "", /^db-access\/orders\/migrations\/[0-9a-f]{64}\.json\.gz$/);
    assert.deepEqual(fake.stored, [large.archive?.key]);
  });

  it("stay in the request as long as they fit, where there is no bucket", async () => {
    assert.equal(typeof (await sent(ref(), 3_000_000, fakeOf())).texts, "string");
    await assert.rejects(sent(ref(), 4_500_000, fakeOf()), { code: "InvalidInput", message: /migrations\.bucketName/ });
  });

  it("are sent again when S3 asks for patience, and not when it refuses", async () => {
    for (const [outcome, tries] of [
      ["refused", 2],
      ["final", 1],
    ] as const) {
      const fake = fakeOf();
      let calls = 0;
      fake.store = async () => {
        calls += 1;
        if (calls === 1) throw new CallFailure(outcome, new DbAccessError("Throttled", "slow down"));
      };
      const ended = sent(ref({ migrationsBucket: bucket }), 2_260_000, fake);
      await (tries === 1 ? assert.rejects(ended, { code: "Throttled" }) : ended);
      assert.deepEqual([calls, fake.requests.length], [tries, tries - 1]);
    }
  });
});

describe("what the client does with a bucket", () => {
  const account = "111122223333";
  const region = "eu-central-1";
  let aws: AwsEndpoint;
  let there: ProvisionerRef;

  beforeEach(async () => {
    aws = await AwsEndpoint.start({ account, region });
    aws.objects.ensure(bucket, { account, region });
    there = ref({ account, region, endpointUrl: aws.url, migrationsBucket: bucket });
  });
  afterEach(() => aws.close());

  const store = (to = there): Promise<void> => new AwsTransport().store(to, object, 5_000);
  const operations = (): string[] => aws.calls.map(({ operation }) => operation);
  const failure =
    (code: string, message: RegExp, outcome = "final") =>
    (error: unknown) => {
      assert.ok(error instanceof CallFailure);
      assert.deepEqual([error.outcome, error.error.code], [outcome, code]);
      assert.match(error.error.message, message);
      return true;
    };

  it("writes an object once", async () => {
    await store();
    await store();
    assert.deepEqual(operations(), ["HeadObject", "PutObject", "HeadObject"]);
    assert.deepEqual(aws.objects.named(bucket)?.objects.get(object.key)?.body, bytes);
  });

  it("writes as the role that reaches the function", async () => {
    const roleArn = `arn:aws:iam::${account}:role/reach`;
    const callers = new Set<string>();
    aws.intercept(({ service, caller, next }) => {
      if (service === "s3") callers.add(caller.arn.split("/")[1]);
      return next();
    });
    await store({ ...there, invoke: { roleArn, externalId: "agreed" } });
    assert.deepEqual([...callers], ["reach"]);
    assert.equal(aws.sts.assumed[0].externalId, "agreed");
  });

  it("needs no right but the one to write", async () => {
    const roleArn = `arn:aws:iam::${account}:role/writer`;
    const statement = { Effect: "Allow", Action: "s3:PutObject", Resource: `arn:aws:s3:::${bucket}/db-access/*` };
    aws.roles.attach(roleArn, [{ Version: "2012-10-17", Statement: [statement] }]);
    const to = { ...there, invoke: { roleArn } };
    await store(to);
    await store(to);
    assert.deepEqual(
      operations().filter((operation) => operation !== "AssumeRole"),
      ["HeadObject", "PutObject", "HeadObject", "PutObject"],
    );
    aws.roles.attach(roleArn, []);
    const words = /role\/writer may not s3:PutObject on s3:\/\/files\/db-access\/orders\/migrations\/.*; allow it/;
    await assert.rejects(store(to), failure("NotAuthorized", words));
  });

  it("says what is wrong with the bucket", async () => {
    aws.objects.remove(bucket);
    const words = /no bucket files in eu-central-1 \(NoSuchBucket\); see migrations\.bucketName/;
    await assert.rejects(store(), failure("InvalidInput", words));
    aws.objects.ensure(bucket, { account, region: "eu-west-1" });
    await assert.rejects(store(), failure("InvalidInput", /no bucket files in eu-central-1/));
  });

  it("can be asked to wait", async () => {
    aws.intercept(({ operation, next }) => {
      if (operation === "PutObject") throw new AwsError("SlowDown", "Please reduce your request rate.", 503);
      return next();
    });
    await assert.rejects(store(), failure("Throttled", /throttles s3:PutObject/, "refused"));
  });
});
