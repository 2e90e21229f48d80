import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { AwsError } from "../../../local/aws";
import { withAdmin, type AdminLogin } from "../../../provisioner/credentials/admin-secret";
import { connectToken, forgetToken, withIamAdmin } from "../../../provisioner/credentials/admin-token";
import { DbAccessError } from "../../../provisioner/errors";
import { Endpoint } from "./endpoint";

const refuse = (): Promise<never> => Promise.reject(new DbAccessError("AdminLoginRefused", "refused"));

describe("the admin", () => {
  let endpoint: Endpoint;

  beforeEach(async () => {
    endpoint = await Endpoint.start();
    forgetToken();
  });
  afterEach(async () => {
    await endpoint.stop();
  });

  it("with a secret that cannot be had has a code of its own", async () => {
    const admin = (arn: string): Promise<AdminLogin> => withAdmin(arn, (login) => Promise.resolve(login));
    await assert.rejects(admin("nowhere"), { code: "AdminSecretUnavailable" });
    const made = await endpoint.secret("CreateSecret", { Name: "admin", SecretString: "hidden" });
    await assert.rejects(admin(String(made.ARN)), { code: "AdminSecretUnavailable", message: /must be JSON/ });
    const stop = endpoint.aws.intercept(() => {
      throw new AwsError("AccessDeniedException", "hidden");
    });
    await assert.rejects(admin(String(made.ARN)), {
      code: "AdminSecretUnavailable",
      message:
        "The provisioner's role may not secretsmanager:GetSecretValue on the admin secret; allow it in the role or the secret's policy.",
    });
    stop();
  });

  describe("as an IAM user", () => {
    const user = { user: "db admin+1", host: "db.example", port: 5432, region: "eu-west-1" };
    const at = new Date("2026-03-04T05:06:07Z");

    /** AWS's own steps for a presigned URL, written out. */
    function signatureOf(token: string, secretKey: string): string {
      const url = new URL(`https://${token}`);
      const query = [...url.searchParams]
        .filter(([name]) => name !== "X-Amz-Signature")
        .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
        .sort()
        .join("&");
      const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
      const canonical = ["GET", "/", query, `host:${url.host}`, "", "host", hash("")].join("\n");
      const scope = "20260304/eu-west-1/rds-db/aws4_request";
      const toSign = ["AWS4-HMAC-SHA256", "20260304T050607Z", scope, hash(canonical)].join("\n");
      const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
      const signingKey = scope.split("/").reduce<string | Buffer>(hmac, `AWS4${secretKey}`);
      return hmac(signingKey, toSign).toString("hex");
    }

    it("logs in with a signed request to connect, good for a quarter of an hour", async () => {
      process.env.AWS_SESSION_TOKEN = "session/token+=";
      const token = await connectToken(user, at);
      const url = new URL(`https://${token}`);
      assert.ok(token.startsWith("db.example:5432/?"));
      assert.deepEqual(
        ["Action", "DBUser", "X-Amz-Expires", "X-Amz-Algorithm", "X-Amz-SignedHeaders", "X-Amz-Security-Token"].map(
          (name) => url.searchParams.get(name),
        ),
        ["connect", "db admin+1", "900", "AWS4-HMAC-SHA256", "host", "session/token+="],
      );
      assert.doesNotMatch(token, /[ +]/);
      assert.equal(url.searchParams.get("X-Amz-Signature"), signatureOf(token, "local"));
    });

    it("uses a token for less than ten minutes", async () => {
      let now = at.getTime();
      const login = (): Promise<AdminLogin> =>
        withIamAdmin(
          user,
          (one) => Promise.resolve(one),
          () => now,
        );
      const first = await login();
      assert.deepEqual([first.username, first.iam], ["db admin+1", true]);
      now += 8 * 60_000;
      assert.equal((await login()).password, first.password);
      now += 2 * 60_000;
      assert.notEqual((await login()).password, first.password);
      const other = await withIamAdmin(
        { ...user, user: "second" },
        (one) => Promise.resolve(one),
        () => now,
      );
      assert.equal(other.username, "second");
    });

    it("tries a fresh token once when a cached one is refused, and says what to look at", async () => {
      let now = at.getTime();
      const clock = (): number => now;
      await withIamAdmin(user, () => Promise.resolve(), clock);
      now += 60_000;
      const tried: string[] = [];
      const error: unknown = await withIamAdmin(
        user,
        (one) => {
          tried.push(one.password);
          return refuse();
        },
        clock,
      ).catch((one: unknown) => one);
      assert.equal(new Set(tried).size, 2);
      assert.ok(error instanceof DbAccessError);
      assert.equal(error.code, "AdminLoginRefused");
      assert.match(error.message, /rds-db:connect/);
      assert.ok(tried.every((token) => !error.message.includes(token)));
      let attempts = 0;
      await assert.rejects(
        withIamAdmin(
          user,
          () => {
            attempts += 1;
            return refuse();
          },
          clock,
        ),
      );
      assert.equal(attempts, 1);
    });

    it("lets every other failure through as it is", async () => {
      const lost = new DbAccessError("NetworkPathDatabase", "no way");
      await assert.rejects(
        withIamAdmin(
          user,
          () => Promise.reject(lost),
          () => at.getTime(),
        ),
        (error) => error === lost,
      );
    });
  });
});
