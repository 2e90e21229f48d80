import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { AwsTransport, createClient, type MigrationCall } from "../../components/client";
import { ConnectionLost } from "../../local/aws";
import { migrationsKeyOf } from "../../provisioner/protocol";
import { apply, byHand, startWorld, type World } from "../support/world";
import { migrateRaw, migrationRequest, type Texts } from "./request";

const MB = 1024 * 1024;
const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

/** A file that nothing makes smaller. */
const bulky = (sql: string, bytes: number): string => `-- ${randomBytes(bytes / 2).toString("hex")}\n${sql}`;

/** What the client is called with for these files. */
function callOf(action: "plan" | "apply", texts: Texts): MigrationCall {
  const request = migrationRequest("orders", action, texts, { database: "shop" });
  const { operation, owner, migration, files, texts: packed } = request;
  return { operation, owner, migration, files, texts: packed };
}

const files = (table: string, count = 3): Texts =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `000${index + 1}_${table}.sql`,
      bulky(`CREATE TABLE ${table}_${index} (id int);`, 4 * MB),
    ]),
  );

// What travels is the same with every engine.
describe("migrations that are larger than a request", function () {
  this.timeout(120_000);
  let world: World;
  const client = createClient(new AwsTransport());

  before(async () => {
    world = await startWorld("postgresql@17");
    await apply(world, { claim: { kind: "role", name: "shop_owner", deletion: "drop" } });
    await apply(world, { claim: { kind: "database", name: "shop", owner: "shop_owner", deletion: "drop" } });
  });
  after(() => world?.stop());

  const bucketOf = () => {
    const found = world.stack.aws.objects.named(world.target.ref.migrationsBucket ?? "");
    assert.ok(found !== undefined);
    return found;
  };
  const tables = async (): Promise<unknown[]> =>
    (await byHand(world, "shop", "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")).map(
      ({ tablename }) => tablename,
    );
  const calls = (operation: string): number =>
    world.stack.aws.calls.filter((call) => call.service === "s3" && call.operation === operation).length;

  /** A request that names an object, and what is under that name: by default what the client would put there. */
  function archived(table: string, change: { key?: string; bucket?: string; body?: Buffer | null } = {}) {
    const { texts, ...request } = migrationRequest(
      "orders",
      "apply",
      { [`0009_${table}.sql`]: `CREATE TABLE ${table} ()` },
      {
        database: "shop",
        historyTable: "by_hand",
      },
    );
    const bytes = Buffer.from(texts, "base64");
    const hash = sha256(bytes);
    const key = change.key ?? migrationsKeyOf("orders", hash);
    const body = change.body === undefined ? bytes : change.body;
    if (body !== null) bucketOf().objects.set(key, { body, modified: Date.now() });
    return { ...request, archive: { bucket: change.bucket ?? bucketOf().name, key, sha256: hash } };
  }
  async function refusal(request: unknown): Promise<string> {
    const before = await tables();
    const { error, migration } = await migrateRaw(world, request);
    assert.ok(error !== undefined, JSON.stringify(migration));
    assert.deepEqual(await tables(), before);
    return `${error.code}: ${error.message}`;
  }

  const texts = files("parts");

  it("run, and go to the bucket once", async () => {
    const call = callOf("apply", texts);
    assert.ok((call.texts?.length ?? 0) > 5_500_000);
    const planned = await client.migrations(world.target.ref, { ...call, operation: "plan" });
    assert.deepEqual(planned.pending, Object.keys(texts));
    const status = await client.migrations(world.target.ref, call);
    assert.equal(status.failure, undefined);
    assert.deepEqual(
      status.ran.map(({ name }) => name),
      Object.keys(texts),
    );
    for (const table of ["parts_0", "parts_1", "parts_2"]) assert.ok((await tables()).includes(table));
    assert.deepEqual(calls("PutObject"), 1);
    assert.deepEqual(
      [...bucketOf().objects.keys()],
      [migrationsKeyOf("orders", sha256(Buffer.from(call.texts ?? "", "base64")))],
    );
  });

  it("are sent again when something else has their name", async () => {
    const [[key, object]] = bucketOf().objects;
    bucketOf().objects.set(key, { body: Buffer.from("something else"), modified: 0 });
    const status = await client.migrations(world.target.ref, callOf("apply", texts));
    assert.deepEqual(status.ran, []);
    assert.deepEqual(bucketOf().objects.get(key)?.body, object.body);
  });

  it("run by hand as well, which the refusals below are compared with", async () => {
    const { error, migration } = await migrateRaw(world, archived("fine"));
    assert.equal(error, undefined);
    assert.deepEqual(
      migration?.ran.map(({ name }) => name),
      ["0009_fine.sql"],
    );
  });

  it("run nothing when what is in the bucket is not what was promised", async () => {
    const words = await refusal(
      archived("tampered", { body: gzipSync(JSON.stringify({ "0009_tampered.sql": "DROP TABLE parts_0" })) }),
    );
    assert.match(words, /^MigrationRefused: .* is not what the program sent; run it again\. Nothing was changed\.$/);
  });

  it("run nothing when a file in the object is not the one that was promised", async () => {
    const { files: promised, ...request } = archived("swapped");
    const others = promised.map(({ name }) => ({ name, sha256: "0".repeat(64) }));
    assert.match(
      await refusal({ ...request, files: others }),
      /0009_swapped\.sql: what came is not what the program read/,
    );
  });

  it("run nothing when the object is not there", async () => {
    assert.match(
      await refusal(archived("missing", { body: null })),
      /\.json\.gz is not there, or the function may not read it/,
    );
  });

  it("run nothing from another cluster's prefix, from another name under one's own, or from another bucket", async () => {
    const alone = /files of orders are read from s3:\/\/db-access-local-\S+\/db-access\/orders\/migrations\/ alone/;
    assert.match(await refusal(archived("stolen", { key: migrationsKeyOf("stock", "0".repeat(64)) })), alone);
    assert.match(await refusal(archived("named", { key: "db-access/orders/migrations/../x.json.gz" })), alone);
    world.stack.aws.objects.ensure("somebody-elses", world.stack);
    assert.match(await refusal(archived("foreign", { bucket: "somebody-elses" })), alone);
    assert.match(await refusal({ ...archived("both"), texts: "" }), /files of its own and in S3/);
  });

  it("run nothing out of a bucket of another account that has taken the name", async () => {
    const request = archived("sniped");
    const bucket = bucketOf();
    const { account } = bucket;
    bucket.account = "999988887777";
    try {
      assert.match(await refusal(request), /may not read it/);
      const sent = client.migrations(world.target.ref, callOf("apply", files("leak", 2)));
      await assert.rejects(sent, { code: "NotAuthorized", message: /may not s3:PutObject on s3:\/\/db-access-local-/ });
    } finally {
      bucket.account = account;
    }
  });

  it("run nothing when S3 cannot be reached", async () => {
    const end = world.stack.aws.intercept(({ service, next }) => {
      if (service === "s3") throw new ConnectionLost();
      return next();
    });
    try {
      assert.match(await refusal(archived("lost")), /S3 cannot be reached; give the function's subnets a gateway/);
    } finally {
      end();
    }
  });

  it("are read up to a size", async () => {
    assert.match(await refusal(archived("huge", { body: Buffer.alloc(33 * MB) })), /more than 33554432 bytes/);
    const zeros = gzipSync(JSON.stringify({ "0009_wide.sql": "-".repeat(65 * MB) }));
    const request = archived("wide");
    const archive = { ...request.archive, sha256: sha256(zeros), key: migrationsKeyOf("orders", sha256(zeros)) };
    bucketOf().objects.set(archive.key, { body: zeros, modified: 0 });
    assert.match(await refusal({ ...request, archive }), /files have more than 67108864 bytes/);
  });

  it("need a bucket, which the error says how to get", async () => {
    const { ref } = world.target;
    await assert.rejects(client.migrations({ ...ref, migrationsBucket: undefined }, callOf("apply", texts)), {
      code: "InvalidInput",
      property: "directory",
      message: /give the Provisioner migrations\.bucketName, or load data/,
    });
    await assert.rejects(client.migrations({ ...ref, migrationsBucket: "not-there" }, callOf("apply", texts)), {
      code: "InvalidInput",
      message: /no bucket not-there in us-east-1/,
    });
    const { lambda } = world.stack;
    const { env } = lambda.get(world.target.migrateFunctionName).spec;
    const bare = Object.fromEntries(Object.entries(env).filter(([name]) => name !== "DB_ACCESS_MIGRATIONS_BUCKET"));
    await lambda.updateFunction(world.target.migrateFunctionName, { env: bare });
    assert.match(await refusal(archived("bare")), /has no bucket for files; give it migrations\.bucketName/);
    await lambda.updateFunction(world.target.migrateFunctionName, { env });
  });
});
