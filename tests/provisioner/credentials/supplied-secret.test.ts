import assert from "node:assert/strict";
import type { LoginClaim } from "../../../provisioner/access/claims";
import { prepareSecret, type PreparedSecret } from "../../../provisioner/credentials/user-secret";
import { Endpoint, loginOf, orderOf } from "./endpoint";

describe("a supplied password", () => {
  let endpoint: Endpoint;
  let count = 0;

  before(async () => {
    endpoint = await Endpoint.start();
  });
  after(async () => {
    await endpoint.stop();
  });

  const claimOf = (suppliedSecretArn: string): LoginClaim =>
    loginOf("app", {}, { auth: { kind: "password", suppliedSecretArn } });
  const supply = async (value: object): Promise<string> => {
    const made = await endpoint.secret("CreateSecret", { Name: `theirs/${(count += 1)}`, ...value });
    return String(made.ARN);
  };
  const take = (arn: string): Promise<PreparedSecret> => prepareSecret(orderOf(claimOf(arn), { password: "supplied" }));
  const passwordFrom = async (SecretString: string): Promise<string> =>
    (await take(await supply({ SecretString }))).password;

  it("is the password of a JSON secret, or the text of one that is no JSON object", async () => {
    const hard = `"quoted" \\back\\ 100% 'single' żółć 密码`;
    for (const [text, expected] of [
      [JSON.stringify({ password: hard }), hard],
      [JSON.stringify({ username: "app", password: hard, host: "x" }), hard],
      [hard, hard],
      ["12345678", "12345678"],
      ['"in quotes"', '"in quotes"'],
      ["{not json", "{not json"],
      ["ü".repeat(128), "ü".repeat(128)],
    ])
      assert.equal(await passwordFrom(text), expected);
  });

  it("makes and changes no secret, and needs one call", async () => {
    const arn = await supply({ SecretString: "theirs" });
    let taken: PreparedSecret | undefined;
    const calls = await endpoint.callsOf(async () => (taken = await take(arn)));
    assert.deepEqual(calls, ["GetSecretValue"]);
    assert.deepEqual([taken?.arn, taken?.pending, taken?.fresh], [arn, false, false]);
  });

  it("that is none is refused, and the value is not told", async () => {
    const refused = async (value: object, message: RegExp): Promise<void> => {
      const arn = await supply(value);
      const error = (await take(arn).catch((caught: unknown) => caught)) as Error;
      assert.deepEqual(
        [error.name, "code" in error && error.code, "property" in error && error.property],
        ["DbAccessError", "SecretUnavailable", "auth.suppliedSecretArn"],
      );
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /hidden/);
    };
    await refused({ SecretString: JSON.stringify({ username: "hidden" }) }, /holds no password/);
    await refused({ SecretString: JSON.stringify({ password: "" }) }, /holds no password/);
    await refused({ SecretString: JSON.stringify({ password: 1 }) }, /holds no password/);
    await refused({ SecretBinary: Buffer.from("hidden").toString("base64") }, /holds no password/);
    await refused({ SecretString: "hidden".repeat(22) }, /more than 128 characters/);
    await refused({ SecretString: "hidden\n" }, /line break/);
  });

  it("from a secret that is not there is refused", async () => {
    const arn = await supply({ SecretString: "theirs" });
    await endpoint.secret("DeleteSecret", { SecretId: arn, RecoveryWindowInDays: 7 });
    for (const gone of [arn, arn.replace("theirs", "nobodys")])
      await assert.rejects(take(gone), { code: "SecretUnavailable", message: /does not exist or is scheduled/ });
  });
});
